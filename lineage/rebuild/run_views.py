"""The pages of rebuilds and previews: watch one, cancel and resume it, see what it found, and apply it."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseStopPolling, trigger_client_event

from assets.models import Asset
from common.pages import PageRequest, is_part_request, pager, post_only, render_page
from common.runs import RunState
from lineage.models import RebuildRun
from lineage.rebuild import lifecycle, results
from lineage.rebuild.forms import ChoiceForm, RebuildFilterForm
from lineage.rebuild.presenters import card_of, rows_of, tell_end
from lineage.rebuild.tasks import begin, enqueue

RUN_PAGE = "lineage/rebuild/rebuild.html"
RUNS_PAGE = "lineage/rebuild/rebuilds.html"
FINDINGS_PART = "rebuild-findings"
FINDINGS_SHOWN = 25
RUNS_SHOWN = 20
STOP_POLLING = HttpResponseStopPolling.status_code


@require_GET
@login_required
def run_list(request: HttpRequest) -> HttpResponse:
    """The reader's rebuilds and previews, newest first."""
    page = cast(PageRequest, request)
    form = RebuildFilterForm(request.GET)
    context: dict[str, Any] = {"section": "runs", "form": form, "address": reverse("lineage:runs")}
    if not form.is_valid():
        return render_page(page, RUNS_PAGE, context, part="results", status=422)
    rows = form.found(_runs(page)).order_by("-created_at", "-pk")
    listed = Paginator(rows, RUNS_SHOWN).get_page(request.GET.get("page"))
    context |= {
        "cards": [card_of(found, now=timezone.now()) for found in listed],
        "is_filtered": any(form.cleaned_data.values()),
        **pager(request, listed),
    }
    return render_page(page, RUNS_PAGE, context, part="results")


@require_GET
@login_required
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """One run and what it found; asked by htmx its card, which polls until the run is over, or its findings."""
    page = cast(PageRequest, request)
    found = _run_or_404(page, run_id)
    if not is_part_request(page) or page.htmx.target == FINDINGS_PART:
        context = _card_context(found) | _findings_context(page, found) | {"subject": _subject(found)}
        return render_page(page, RUN_PAGE, context, part="findings")
    return _card_answer(page, found, said_key=request.GET.get("said", ""))


@post_only(redirect_to="lineage:runs")
@login_required
def cancel(request: HttpRequest, run_id: int) -> HttpResponse:
    """Stop a run after the batch it is at; what it has rebuilt stays."""
    page = cast(PageRequest, request)
    return _after_act(page, lifecycle.cancel(_run_or_404(page, run_id), now=timezone.now()))


@post_only(redirect_to="lineage:runs")
@login_required
def resume(request: HttpRequest, run_id: int) -> HttpResponse:
    """Go on with a run from where it stopped."""
    page = cast(PageRequest, request)
    found = _run_or_404(page, run_id)
    try:
        with transaction.atomic():
            found = lifecycle.resume(found, now=timezone.now())
            enqueue(found)
    except (lifecycle.NotResumable, lifecycle.RebuildUnderWay) as refusal:
        messages.warning(request, str(refusal))
        found.refresh_from_db()
    return _after_act(page, found)


@post_only(redirect_to="lineage:runs")
@login_required
def choose(request: HttpRequest, run_id: int) -> HttpResponse:
    """Note which of a preview's assets are to be rebuilt, and show another page of them."""
    page = cast(PageRequest, request)
    found = _run_or_404(page, run_id)
    form = _choose(page, found)
    if is_part_request(page):
        return render(request, f"{RUN_PAGE}#chosen", {"card": card_of(found, now=timezone.now()), **_chosen(found)})
    address = reverse("lineage:run", args=[run_id])
    return redirect(f"{address}?page={form.cleaned_data.get('to_page') or 1}#{FINDINGS_PART}")


@post_only(redirect_to="lineage:runs")
@login_required
def apply(request: HttpRequest, run_id: int) -> HttpResponse:
    """Rebuild the assets of a preview that are chosen."""
    page = cast(PageRequest, request)
    found = _run_or_404(page, run_id)
    _choose(page, found)
    try:
        started = begin(lambda: lifecycle.apply(found, now=timezone.now()))
    except (lifecycle.NotApplicable, lifecycle.RebuildUnderWay) as refusal:
        messages.warning(request, str(refusal))
        return redirect("lineage:run", run_id)
    if not started.is_open:
        tell_end(page, card_of(started, now=timezone.now()))
    return redirect("lineage:run", started.pk)


def _choose(request: PageRequest, found: RebuildRun) -> ChoiceForm:
    form = ChoiceForm(request.POST)
    form.full_clean()
    if every := form.cleaned_data.get("every"):
        results.choose_every(found, is_chosen=every == "yes")
    else:
        results.choose(found, shown=form.ids("shown"), chosen=form.ids("chosen"))
    return form


def _card_answer(request: PageRequest, found: RebuildRun, *, said_key: str) -> HttpResponse:
    """The card for htmx; when the run is over, polling stops and the counts are told."""
    context = _card_context(found)
    context["is_news"] = context["card"].said_key != said_key
    if found.is_open:
        return render_page(request, RUN_PAGE, context, part="card")
    tell_end(request, context["card"])
    response = render_page(request, RUN_PAGE, context, part="card", status=STOP_POLLING)
    return trigger_client_event(response, "rebuild-over")


def _after_act(request: PageRequest, found: RebuildRun) -> HttpResponse:
    """The card again: in place for htmx, by a redirect otherwise."""
    if not is_part_request(request):
        return redirect("lineage:run", found.pk)
    context = _card_context(found) | {"is_news": True, "is_answer_to_act": True}
    return trigger_client_event(render_page(request, RUN_PAGE, context, part="card"), "rebuild-over")


def _card_context(found: RebuildRun) -> dict[str, Any]:
    return {"section": "runs", "card": card_of(found, now=timezone.now())}


def _subject(found: RebuildRun) -> Asset | None:
    """The asset that a run of one asset is about; None when it is about more, or when it is gone."""
    if found.is_of_library or found.total_count != 1:
        return None
    return Asset.objects.filter(owner_id=found.owner_id, pk__in=found.asset_ids or []).without_payload().first()


def _findings_context(request: PageRequest, found: RebuildRun) -> dict[str, Any]:
    rows = found.findings.order_by("-is_changed", "asset_id", "pk")
    listed = Paginator(rows, FINDINGS_SHOWN).get_page(request.GET.get("page"))
    is_choosable = found.is_preview and found.state == RunState.SUCCEEDED and found.changed_count > 0
    return {
        "rows": rows_of(listed, owner_id=found.owner_id),
        "row_count": listed.paginator.count,
        "first_number": listed.start_index(),
        "last_number": listed.end_index(),
        "listed_max": _cut_at(found),
        "is_choosable": is_choosable and listed.paginator.count > 0,
        "applied": found.applied.order_by("-pk").first() if is_choosable else None,
        "next_page": listed.next_page_number() if listed.has_next() else None,
        "previous_page": listed.previous_page_number() if listed.has_previous() else None,
        **(_chosen(found) if is_choosable else {}),
        **pager(request, listed),
    }


def _cut_at(found: RebuildRun) -> int | None:
    """How many changes a rebuild lists when it made more, else None."""
    is_cut = not found.is_preview and found.changed_count > results.CHANGES_KEPT_MAX
    return results.CHANGES_KEPT_MAX if is_cut else None


def _chosen(found: RebuildRun) -> dict[str, int]:
    return {"chosen_count": found.findings.filter(is_changed=True, is_chosen=True).count()}


def _runs(request: PageRequest) -> QuerySet[RebuildRun]:
    return RebuildRun.objects.filter(owner=request.user).defer("asset_ids")


def _run_or_404(request: PageRequest, run_id: int) -> RebuildRun:
    return get_object_or_404(_runs(request), pk=run_id)
