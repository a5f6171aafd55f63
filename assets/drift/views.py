"""The page of the drift check."""

from __future__ import annotations

import json
import time
from typing import Any, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.text import Truncator
from django.views.decorators.http import require_http_methods

from assets.drift.check import AssetDrift, Comparison, DriftReport, Paths, check, check_paths
from common.pages import PageRequest, Problem, render_page
from common.throttle import Clock
from providers.accounts import AccountDisabled
from providers.errors import ProviderError
from providers.models import ProviderAccount
from providers.registry import adapter_class

DRIFT_PAGE = "assets/drift/drift.html"
SAMPLE_MAX = 50
# A provider is asked once a second, and a person waits for the answer.
SAMPLE = 20
VALUE_LENGTH = 160

WORDS = {
    Comparison.SAME: "the same",
    Comparison.DIFFERENT: "different",
    Comparison.NOT_FOUND: "not found by their id",
    Comparison.UNREADABLE: "not readable",
}


HEADS = {
    Paths.STORED_AND_NOW: ("Stored", "Now"),
    Paths.LIST_AND_ITEM: ("In its list", "By its id"),
    Paths.KEPT_AND_JOINED: ("Kept", "Brought along"),
}


class DriftForm(forms.Form):
    """What to compare, and how many of the newest."""

    compare = forms.ChoiceField(required=False, choices=[("stored", "Stored"), ("paths", "Two ways")])
    limit = forms.IntegerField(required=False, min_value=1, max_value=SAMPLE_MAX, initial=SAMPLE, label="Newest assets")

    def sample(self) -> int:
        """The number asked for, or the usual one. The form must be valid."""
        return self.cleaned_data["limit"] or SAMPLE


@require_http_methods(["GET", "POST"])
@login_required
def drift(request: HttpRequest, account_id: int) -> HttpResponse:
    """Compare an account's newest assets with what the provider says of them now; asked for by a press of the button.

    Nothing is stored, so there is nothing to redirect to: the answer to the form is the result.
    """
    page = cast(PageRequest, request)
    account = get_object_or_404(ProviderAccount.objects.filter(owner=page.user), pk=account_id)
    form = DriftForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {
        "section": "providers",
        "account": account,
        "form": form,
        "provider_name": adapter_class(account.provider_id).display_name,
    }
    if request.method != "POST":
        return render_page(page, DRIFT_PAGE, context, part="result")
    if not form.is_valid():
        return render_page(page, DRIFT_PAGE, context, part="result", status=422)
    try:
        ask = check_paths if form.cleaned_data["compare"] == "paths" else check
        report = ask(account, sample=form.sample(), clock=Clock(now=timezone.now, sleep=time.sleep))
    except ProviderError as error:
        return render_page(page, DRIFT_PAGE, context | {"problem": error}, part="result")
    except AccountDisabled as error:
        problem = Problem("The account is disabled", str(error))
        return render_page(page, DRIFT_PAGE, context | {"problem": problem}, part="result", status=422)
    return render_page(page, DRIFT_PAGE, context | _result(report), part="result")


def _result(report: DriftReport) -> dict[str, Any]:
    return {
        "report": report,
        "problem": report.stopped_by,
        "counts": [(words, count) for name, words in WORDS.items() if (count := report.count(name))],
        "expected": list(report.expected_by_reason.items()),
        "items": [_item(item) for item in report.items if item.unexpected or item.reason],
    }


def _item(item: AssetDrift) -> dict[str, Any]:
    first, second = HEADS[item.paths]
    return {
        "first": first,
        "second": second,
        "asset_id": item.asset_id,
        "words": Truncator(item.description or item.provider_asset_id).chars(80),
        "reason": item.reason,
        "rows": [(found.field, _shown(found.stored), _shown(found.now)) for found in item.unexpected],
    }


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    return Truncator(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).chars(VALUE_LENGTH)
