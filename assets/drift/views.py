"""The drift check page."""

from __future__ import annotations

import json
from typing import Any, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.text import Truncator
from django.views.decorators.http import require_http_methods

from assets.drift.check import AssetDrift, Comparison, DriftReport, Paths, check, check_paths
from common.pages import PageRequest, Problem, render_page
from providers.errors import AccountDisabled, ProviderError
from providers.models import ProviderAccount
from providers.pace import waiting_clock
from providers.registry import adapter_class

DRIFT_PAGE = "assets/drift/drift.html"
SAMPLE_MAX = 50
# One request per second, and a person waits for the page.
SAMPLE = 20
VALUE_LENGTH = 160

WORDS = {
    Comparison.SAME: "identical",
    Comparison.DIFFERENT: "different",
    Comparison.NOT_FOUND: "not found by ID",
    Comparison.UNREADABLE: "unreadable",
}


HEADS = {
    Paths.STORED_AND_NOW: ("Stored", "Now"),
    Paths.LIST_AND_ITEM: ("In the list", "By ID"),
    Paths.KEPT_AND_JOINED: ("Stored", "From merged copy"),
}


class DriftForm(forms.Form):
    """The comparison, and the number of newest items."""

    compare = forms.ChoiceField(required=False, choices=[("stored", "Stored"), ("paths", "List and detail responses")])
    limit = forms.IntegerField(
        required=False, min_value=1, max_value=SAMPLE_MAX, initial=SAMPLE, label="Newest items to check"
    )

    def sample(self) -> int:
        """Return the entered number, or the default. The form must be valid."""
        return self.cleaned_data["limit"] or SAMPLE


@require_http_methods(["GET", "POST"])
@login_required
def drift(request: HttpRequest, account_id: int) -> HttpResponse:
    """Compare the stored data of an account's newest assets with the provider's current data, on POST only.

    Nothing is stored, so there is no page to redirect to: the response to POST is the result.
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
        compare = check_paths if form.cleaned_data["compare"] == "paths" else check
        report = compare(account, sample=form.sample(), clock=waiting_clock())
    except ProviderError as error:
        return render_page(page, DRIFT_PAGE, context | {"problem": error}, part="result")
    except AccountDisabled as error:
        return render_page(
            page, DRIFT_PAGE, context | {"problem": Problem.of(error)}, part="result", status=error.http_status
        )
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
        return "none"
    return Truncator(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).chars(VALUE_LENGTH)
