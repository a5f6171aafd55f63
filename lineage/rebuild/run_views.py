"""The pages of rebuilds and previews: follow one, read its results, select and apply them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from assets.models import Asset
from common.pages import PageRequest, is_part_request, pager, post_only, render_page
from common.runs import RunState
from common.runs.cards import RunCard
from common.runs.lifecycle import AlreadyRunning
from common.runs.pages import RunPages, register_pages
from lineage.models import RebuildRun
from lineage.rebuild import results
from lineage.rebuild.forms import ChoiceForm, RebuildFilterForm
from lineage.rebuild.outdated import is_outdated
from lineage.rebuild.presenters import card_of, end_text, rows_of
from lineage.rebuild.runner import REBUILD
from lineage.rebuild.start import NotApplicable
from lineage.rebuild.start import apply as apply_preview
from lineage.rebuild.tasks import begin

FINDINGS_PART = "rebuild-findings"
FINDINGS_SHOWN = 25


class RebuildPages(RunPages[RebuildRun]):
    """The pages of rebuilds and previews, which also show their results."""

    run_page = "lineage/rebuild/rebuild.html"
    event = "rebuild-over"
    empty_text = (
        "A rebuild recalculates parents and children from the stored provider data. Nothing runs automatically: "
        "start or preview one in Provider Settings."
    )

    def card(self, run: RebuildRun, *, now: datetime) -> RunCard:
        """Build the card of a rebuild or preview."""
        return card_of(run, now=now)

    def rows(self, request: PageRequest) -> QuerySet[RebuildRun]:
        """Return the person's runs without their lists of ids."""
        return super().rows(request).defer(*RebuildRun.deferred_fields)

    def filter_form(self, request: PageRequest) -> RebuildFilterForm:
        """Build the form of the list's filters."""
        return RebuildFilterForm(request.GET)

    def run_context(self, request: PageRequest, run: RebuildRun) -> dict[str, Any]:
        """Return the run's results, and the asset that it is about."""
        return _findings_context(request, run) | {"subject": _subject(run)}

    def run_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        """Show a run and its results; htmx asks for the results or polls the card."""
        page = cast(PageRequest, request)
        if is_part_request(page) and page.htmx.target == FINDINGS_PART:
            found = self.run_or_404(page, run_id)
            context = self.card_context(found) | self.run_context(page, found)
            return render_page(page, self.run_page, context, part="findings")
        return super().run_view(request, run_id)

    def announce_end(self, request: HttpRequest, card: RunCard) -> None:
        """Add a toast that says how a run ended."""
        if card.run.state == RunState.SUCCEEDED:
            messages.success(request, end_text(cast(RebuildRun, card.run)))
        else:
            super().announce_end(request, card)


pages = register_pages(
    RebuildPages(
        REBUILD,
        namespace="lineage",
        names={"list": "runs", "run": "run", "cancel": "cancel_run", "resume": "resume_run"},
    )
)


@post_only(redirect_to="lineage:runs")
@login_required
def choose(request: HttpRequest, run_id: int) -> HttpResponse:
    """Save which of a preview's assets are selected, and show another page of them."""
    page = cast(PageRequest, request)
    found = pages.run_or_404(page, run_id)
    form = _choose(page, found)
    if is_part_request(page):
        context = {"card": card_of(found, now=timezone.now()), **_chosen(found)}
        return render(request, f"{pages.run_page}#chosen", context)
    address = reverse("lineage:run", args=[run_id])
    return redirect(f"{address}?page={form.cleaned_data.get('to_page') or 1}#{FINDINGS_PART}")


@post_only(redirect_to="lineage:runs")
@login_required
def apply(request: HttpRequest, run_id: int) -> HttpResponse:
    """Rebuild the selected assets of a preview."""
    page = cast(PageRequest, request)
    found = pages.run_or_404(page, run_id)
    _choose(page, found)
    try:
        started = begin(lambda: apply_preview(found, now=timezone.now()))
    except (NotApplicable, AlreadyRunning) as refusal:
        messages.warning(request, str(refusal))
        return redirect("lineage:run", run_id)
    if not started.is_open:
        pages.announce_end(page, card_of(started, now=timezone.now()))
    return redirect("lineage:run", started.pk)


def _choose(request: PageRequest, found: RebuildRun) -> ChoiceForm:
    form = ChoiceForm(request.POST)
    form.full_clean()
    if every := form.cleaned_data.get("every"):
        results.choose_every(found, is_chosen=every == "yes")
    else:
        results.choose(found, shown=form.ids("shown"), chosen=form.ids("chosen"))
    return form


def _subject(found: RebuildRun) -> Asset | None:
    """The asset that a run of one asset is about; None when it is about more, or when it is gone."""
    if found.is_of_library or found.total_count != 1:
        return None
    return Asset.objects.filter(owner_id=found.owner_id, pk__in=found.asset_ids or []).without_payload().first()


def _findings_context(request: PageRequest, found: RebuildRun) -> dict[str, Any]:
    rows = found.findings.order_by("-is_changed", "asset_id", "pk")
    listed = Paginator(rows, FINDINGS_SHOWN).get_page(request.GET.get("page"))
    is_finished = found.is_preview and found.state == RunState.SUCCEEDED
    has_changes = is_finished and found.changed_count > 0 and listed.paginator.count > 0
    is_choosable = has_changes and not is_outdated(found)
    return {
        "rows": rows_of(listed, owner_id=found.owner_id),
        "row_count": listed.paginator.count,
        "first_number": listed.start_index(),
        "last_number": listed.end_index(),
        "listed_max": _cut_at(found),
        "is_choosable": is_choosable,
        "is_outdated": has_changes and not is_choosable,
        "applied": found.applied.order_by("-pk").first() if has_changes else None,
        "next_page": listed.next_page_number() if listed.has_next() else None,
        "previous_page": listed.previous_page_number() if listed.has_previous() else None,
        **(_chosen(found) if is_choosable else {}),
        **pager(request, listed),
    }


def _cut_at(found: RebuildRun) -> int | None:
    """Return the number of changes that a rebuild lists when it made more, else None."""
    is_cut = not found.is_preview and found.changed_count > results.CHANGES_KEPT_MAX
    return results.CHANGES_KEPT_MAX if is_cut else None


def _chosen(found: RebuildRun) -> dict[str, int]:
    return {"chosen_count": found.findings.filter(is_changed=True, is_chosen=True).count()}
