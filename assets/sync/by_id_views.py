"""The page on which single items are imported by their ids."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from assets.sync.by_id import ByIdItem, ByIdOutcome, ByIdReport, import_by_id
from assets.sync.forms import AccountChoiceForm
from common.pages import PageRequest, Problem, render_page
from common.throttle import Clock
from providers.accounts import AccountDisabled
from providers.base import MEDIA_OF_LIST, Capability, RemoteList
from providers.errors import ProviderError
from providers.models import ProviderAccount
from providers.registry import adapter_class

BY_ID_PAGE = "assets/sync/by_id.html"
# A person waits for the answer.
IDS_MAX = 25
ID_LENGTH_MAX = 200

WORDS = {
    ByIdOutcome.CREATED: ("New", "good"),
    ByIdOutcome.COMPLETED: ("Completed", "good"),
    ByIdOutcome.EXISTING: ("Already here", ""),
    ByIdOutcome.DELETED: ("Deleted here", "warning"),
    ByIdOutcome.INVALID: ("Cannot be read", "bad"),
    ByIdOutcome.NOT_FOUND: ("Not found there", "bad"),
    ByIdOutcome.NOT_ASKED: ("Not asked for", "warning"),
}


class ByIdForm(forms.Form):
    """Which items, one id a line or with commas between."""

    ids = forms.CharField(label="Ids", max_length=IDS_MAX * (ID_LENGTH_MAX + 2))
    kind = forms.ChoiceField(required=False, choices=[("", "Any"), *((name, name) for name in RemoteList)])
    create_lineage = forms.BooleanField(required=False)
    bring_back = forms.BooleanField(required=False)

    def clean_ids(self) -> list[str]:
        """The ids as the verb takes them."""
        ids = list(dict.fromkeys(self.cleaned_data["ids"].replace(",", " ").split()))
        if not 1 <= len(ids) <= IDS_MAX:
            raise forms.ValidationError(f"Give 1 to {IDS_MAX} ids at once.")
        if any(len(found) > ID_LENGTH_MAX for found in ids):
            raise forms.ValidationError("One of these is too long to be an id.")
        return ids

    def wanted(self) -> dict[str, Any]:
        """What is asked for, as the verb takes it. The form must be valid."""
        asked = dict(self.cleaned_data)
        kind = asked.pop("kind")
        return asked | {"media_type": MEDIA_OF_LIST[RemoteList(kind)] if kind else None}


@dataclass(frozen=True, slots=True)
class ByIdLine:
    """One id as the page shows what became of it."""

    item: ByIdItem
    words: str
    tone: str


@require_http_methods(["GET", "POST"])
@login_required
def by_id(request: HttpRequest) -> HttpResponse:
    """Import single items; the answer to the form is the result, since asking again changes nothing."""
    page = cast(PageRequest, request)
    account = _account_or_404(page.user, request)
    form = ByIdForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form, **_context(account)}
    if request.method != "POST":
        return render_page(page, BY_ID_PAGE, context, part="result")
    if not form.is_valid():
        return render_page(page, BY_ID_PAGE, context, part="result", status=422)
    try:
        report = import_by_id(account, **form.wanted(), clock=Clock(now=timezone.now, sleep=time.sleep))
    except ProviderError as error:
        return render_page(page, BY_ID_PAGE, context | {"problem": error}, part="result", status=422)
    except AccountDisabled as error:
        problem = Problem("The account is disabled", str(error))
        return render_page(page, BY_ID_PAGE, context | {"problem": problem}, part="result", status=422)
    response = render_page(page, BY_ID_PAGE, context | _result(report), part="result")
    # The account's numbers have changed; whatever shows them asks anew.
    return trigger_client_event(response, "account-changed")


def _context(account: ProviderAccount) -> dict[str, Any]:
    adapter = adapter_class(account.provider_id)
    return {
        "section": "providers",
        "account": account,
        "usable": [account],
        "display_name": adapter.display_name,
        "kinds": adapter.fetchable_by_id,
        "can_ask": Capability.GET_ASSET in adapter.capabilities,
    }


def _result(report: ByIdReport) -> dict[str, Any]:
    return {
        "problem": report.stopped_by,
        "lines": [ByIdLine(item, *WORDS[item.outcome]) for item in report.items],
        "deleted_ids": report.deleted_ids,
        "has_lineage_failed": report.has_lineage_failed,
    }


def _account_or_404(owner: User, request: HttpRequest) -> ProviderAccount:
    form = AccountChoiceForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        raise Http404("There is no such account.")
    return get_object_or_404(ProviderAccount.objects.filter(owner=owner), pk=form.cleaned_data["account"])
