"""The page for importing single items by ID."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from assets.sync.by_id import ByIdItem, ByIdOutcome, ByIdReport, import_by_id
from assets.sync.forms import AccountChoiceForm
from common.pages import PageRequest, Problem, render_page
from common.schemas import ROW_ID_MAX
from providers.base import MEDIA_OF_LIST, Capability, RemoteList
from providers.errors import AccountDisabled, ProviderError
from providers.models import ProviderAccount
from providers.pace import waiting_clock
from providers.registry import adapter_class

BY_ID_PAGE = "assets/sync/by_id.html"
# Fewer than in the API, since a person waits for the page.
IDS_MAX = 25
ID_LENGTH_MAX = 200

WORDS = {
    ByIdOutcome.CREATED: ("Imported", "good"),
    ByIdOutcome.COMPLETED: ("Restored", "good"),
    ByIdOutcome.EXISTING: ("Already imported", ""),
    ByIdOutcome.DELETED: ("Deleted by you", "warning"),
    ByIdOutcome.INVALID: ("Invalid", "bad"),
    ByIdOutcome.NOT_FOUND: ("Not found at {provider}", "bad"),
    ByIdOutcome.NOT_ASKED: ("Skipped", "warning"),
}


class ByIdForm(forms.Form):
    """Items to import: IDs separated by commas or white space."""

    ids = forms.CharField(label="IDs", max_length=IDS_MAX * (ID_LENGTH_MAX + 2))
    kind = forms.ChoiceField(required=False, choices=[("", "Any"), *((name, name) for name in RemoteList)])
    create_lineage = forms.BooleanField(required=False)
    bring_back = forms.BooleanField(required=False)
    return_to = forms.IntegerField(required=False, min_value=1, max_value=ROW_ID_MAX)

    def clean_ids(self) -> list[str]:
        """Return the distinct IDs in order."""
        ids = list(dict.fromkeys(self.cleaned_data["ids"].replace(",", " ").split()))
        if not 1 <= len(ids) <= IDS_MAX:
            raise forms.ValidationError(f"Enter 1 to {IDS_MAX} IDs.")
        if any(len(found) > ID_LENGTH_MAX for found in ids):
            raise forms.ValidationError("One of these IDs is too long.")
        return ids

    def wanted(self) -> dict[str, Any]:
        """Return the arguments of `import_by_id`. The form must be valid."""
        asked = self.cleaned_data
        return {
            "ids": asked["ids"],
            "media_type": MEDIA_OF_LIST[RemoteList(asked["kind"])] if asked["kind"] else None,
            "create_lineage": asked["create_lineage"],
            "restore": asked["bring_back"],
        }


@dataclass(frozen=True, slots=True)
class ByIdLine:
    """The result for one ID, as the page shows it."""

    item: ByIdItem
    words: str
    tone: str


@require_http_methods(["GET", "POST"])
@login_required
def by_id(request: HttpRequest) -> HttpResponse:
    """Import single items; the response to POST is the result, since a repeated import changes nothing.

    The page of a deleted asset restores it here; the response is then its page, with the result as a message.
    """
    page = cast(PageRequest, request)
    account = _account_or_404(page.user, request)
    form = ByIdForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form, **_context(account)}
    if request.method != "POST":
        return render_page(page, BY_ID_PAGE, context, part="result")
    if not form.is_valid():
        return render_page(page, BY_ID_PAGE, context, part="result", status=422)
    return_to = form.cleaned_data["return_to"]
    try:
        report = import_by_id(account, **form.wanted(), clock=waiting_clock())
    except (ProviderError, AccountDisabled) as error:
        if return_to:
            messages.error(page, f"Not restored: {error}")
            return redirect("library:asset", return_to)
        problem = error if isinstance(error, ProviderError) else Problem.of(error)
        status = 422 if isinstance(error, ProviderError) else error.http_status
        return render_page(page, BY_ID_PAGE, context | {"problem": problem}, part="result", status=status)
    if return_to:
        return _restored(page, report, account, return_to)
    response = render_page(page, BY_ID_PAGE, context | _result(account, report), part="result")
    # Page parts that show the account's numbers reload on this event.
    return trigger_client_event(response, "account-changed")


def _restored(page: PageRequest, report: ByIdReport, account: ProviderAccount, return_to: int) -> HttpResponse:
    """Redirect to the page of the restored asset; to the page the person came from when it was not restored."""
    item = report.items[0]
    if item.asset_id is not None:
        messages.success(page, "Restored.")
        return redirect("library:asset", item.asset_id)
    words = _line(item, adapter_class(account.provider_id).display_name).words
    messages.error(page, f"Not restored: {item.reason or words}")
    return redirect("library:asset", return_to)


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


def _result(account: ProviderAccount, report: ByIdReport) -> dict[str, Any]:
    provider = adapter_class(account.provider_id).display_name
    return {
        "problem": report.stopped_by,
        "lines": [_line(item, provider) for item in report.items],
        "deleted_ids": report.deleted_ids,
        "has_lineage_failed": report.has_lineage_failed,
    }


def _line(item: ByIdItem, provider: str) -> ByIdLine:
    words, tone = WORDS[item.outcome]
    return ByIdLine(item, words.format(provider=provider), tone)


def _account_or_404(owner: User, request: HttpRequest) -> ProviderAccount:
    form = AccountChoiceForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        raise Http404("There is no such account.")
    return get_object_or_404(ProviderAccount.objects.filter(owner=owner), pk=form.cleaned_data["account"])
