"""The pages of whole-library runs: start one, watch it, cancel and resume it, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page as ListPage
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseStopPolling, trigger_client_event

from assets import runs
from assets.coverage import coverage
from assets.forms import AccountChoiceForm, RunFilterForm, StartForm
from assets.models import ListPhase, RunKind, RunState, SyncList, SyncProblem, SyncRun
from assets.progress import Progress, summarize
from assets.tasks import enqueue
from providers.base import Shelf
from providers.errors import Authentication, ProviderError, UnsupportedOperation
from providers.models import ProviderAccount
from providers.pages import PageRequest, Problem, acts, render_page, wants_part
from providers.registry import adapter_class

REPORT_PAGE = "assets/report.html"
RUN_PAGE = "assets/run.html"
RUNS_PAGE = "assets/runs.html"
RUNS_SHOWN = 20
PROBLEMS_SHOWN = 25
PROBLEMS_PART = "run-problems"
STOP_POLLING = HttpResponseStopPolling.status_code
# Screen readers are told of a run's progress so often.
SAID_EVERY_PERCENT = 10

TONES = {RunState.SUCCEEDED: "good", RunState.FAILED: "bad"}


@dataclass(frozen=True, slots=True)
class ListLine:
    """One list of a run in words."""

    name: str
    state: str
    shelf: SyncList


@dataclass(frozen=True, slots=True)
class RunCard:
    """A run as its card shows it.

    `said` is what screen readers hear, once for each `said_key`; `percent` is None while nobody knows the whole.
    """

    run: SyncRun
    progress: Progress
    provider_name: str
    state: str
    tone: str
    percent: int | None
    rate: str
    time_left: str
    lines: tuple[ListLine, ...]
    said: str
    said_key: str

    @property
    def is_scan(self) -> bool:
        """Whether it only looks."""
        return self.run.kind == RunKind.SCAN

    @property
    def needs_sign_in(self) -> bool:
        """Whether new credentials are what it waits for."""
        return self.run.error_code == Authentication.code

    @property
    def fresh(self) -> int:
        """What came in, or for a scan would come in."""
        return self.progress.created + self.progress.completed


@require_GET
@login_required
def report(request: HttpRequest) -> HttpResponse:
    """What is here and there of an account's library, and the run that is under way or has stopped."""
    page = cast(PageRequest, request)
    return _report_answer(page, _account_or_404(page, request.GET))


@require_GET
@login_required
def account_coverage(request: HttpRequest) -> HttpResponse:
    """An account's coverage in a line, for its card in the settings; to a browser, the whole report."""
    page = cast(PageRequest, request)
    account = _account_or_404(page, request.GET)
    return render_page(page, REPORT_PAGE, _report_context(account), part="coverage")


@acts(leads_to="providers:settings")
@login_required
def scan(request: HttpRequest) -> HttpResponse:
    """Start reading an account's whole library without writing anything."""
    return _start(cast(PageRequest, request), RunKind.SCAN)


@acts(leads_to="providers:settings")
@login_required
def import_missing(request: HttpRequest) -> HttpResponse:
    """Start importing what is missing of an account's whole library."""
    return _start(cast(PageRequest, request), RunKind.IMPORT)


@require_GET
@login_required
def run_list(request: HttpRequest) -> HttpResponse:
    """The reader's runs, newest first."""
    page = cast(PageRequest, request)
    form = RunFilterForm(request.GET, owner=page.user)
    context: dict[str, Any] = {"section": "runs", "form": form}
    if not form.is_valid():
        return render_page(page, RUNS_PAGE, context, part="results", status=422)
    rows = form.found(SyncRun.objects.filter(owner=page.user)).prefetch_related("lists").order_by("-created_at", "-pk")
    listed = Paginator(rows, RUNS_SHOWN).get_page(request.GET.get("page"))
    context |= {
        "cards": [_card(run) for run in listed],
        "is_filtered": any(form.cleaned_data.values()),
        **_pager(request, listed),
    }
    return render_page(page, RUNS_PAGE, context, part="results")


@require_GET
@login_required
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """One run and what it could not take in; asked by htmx its card, which polls until the run is over."""
    page = cast(PageRequest, request)
    found = _run_or_404(page, run_id)
    if not wants_part(page):
        context = _card_context(found) | _problems_context(request, found)
        return render_page(page, RUN_PAGE, context, part="card")
    if page.htmx.target == PROBLEMS_PART:
        return _problems_answer(page, found)
    return _card_answer(page, found, said_key=request.GET.get("said", ""))


@acts(leads_to="assets:runs")
@login_required
def cancel(request: HttpRequest, run_id: int) -> HttpResponse:
    """Stop a run after the page it is at; what has come in stays."""
    page = cast(PageRequest, request)
    found = runs.cancel(_run_or_404(page, run_id), now=timezone.now())
    return _after_act(page, found)


@acts(leads_to="assets:runs")
@login_required
def resume(request: HttpRequest, run_id: int) -> HttpResponse:
    """Go on with a run from where it stopped."""
    page = cast(PageRequest, request)
    found = _run_or_404(page, run_id)
    try:
        with transaction.atomic():
            found = runs.resume(found, now=timezone.now())
            enqueue(found)
    except (runs.NotResumable, runs.AlreadyRunning) as refusal:
        messages.warning(request, str(refusal))
        found.refresh_from_db()
    return _after_act(page, found)


@acts(leads_to="assets:runs")
@login_required
def retry_problems(request: HttpRequest, run_id: int) -> HttpResponse:
    """Read the items that a run could not take in once more."""
    page = cast(PageRequest, request)
    found = _run_or_404(page, run_id)
    resolved = runs.retry_problems(found, now=timezone.now())
    left = SyncProblem.objects.filter(run=found, is_resolved=False).count()
    if resolved:
        messages.success(request, f"{resolved} could be taken in now, {left} could not.")
    else:
        messages.warning(request, "None of them can be read yet.")
    if not wants_part(page):
        return redirect("assets:run", run_id)
    return _problems_answer(page, found)


def _start(request: PageRequest, kind: RunKind) -> HttpResponse:
    account = _account_or_404(request, request.POST)
    form = StartForm(request.POST)
    if not form.is_valid():
        return _report_answer(request, account, problem=_unreadable(form), status=422)
    try:
        with transaction.atomic():
            started = runs.start(account, kind=kind, now=timezone.now(), **form.cleaned_data)
            enqueue(started)
    except runs.AlreadyRunning as refusal:
        problem = Problem("One run at a time", str(refusal), "Follow it below; when it is over, start the next one.")
        return _report_answer(request, account, problem=problem, status=409)
    except UnsupportedOperation as error:
        return _report_answer(request, account, problem=_refused(account, error), status=422)
    if not wants_part(request):
        return redirect("assets:run", started.pk)
    return _report_answer(request, account, is_answer_to_act=True)


def _refused(account: ProviderAccount, error: UnsupportedOperation) -> ProviderError | Problem:
    if account.is_enabled:
        return error
    return Problem("The account is disabled", error.message, "Enable it in Provider Settings.", error.code)


def _report_answer(
    request: PageRequest,
    account: ProviderAccount,
    *,
    problem: ProviderError | Problem | None = None,
    status: int = 200,
    is_answer_to_act: bool = False,
) -> HttpResponse:
    context = _report_context(account) | {"problem": problem, "is_answer_to_act": is_answer_to_act}
    return render_page(request, REPORT_PAGE, context, part="report", status=status)


def _report_context(account: ProviderAccount) -> dict[str, Any]:
    found = coverage(account)
    last = found.last_run
    # One that came to its end is told of in the account's own card.
    shown = last if last and (last.is_open or last.is_resumable) else None
    return {
        "section": "providers",
        "account": account,
        "coverage": found,
        "display_name": adapter_class(account.provider_id).display_name,
        "has_list": bool(found.lists),
        "open_run": last if last and last.is_open else None,
        "last": _card(last) if last else None,
        "card": _card(shown) if shown else None,
    }


def _card_answer(request: PageRequest, found: SyncRun, *, said_key: str) -> HttpResponse:
    """The card for htmx; when the run is over, polling stops and the counts are told."""
    context = _card_context(found)
    context["is_news"] = context["card"].said_key != said_key
    if found.is_open:
        return render_page(request, RUN_PAGE, context, part="card")
    _tell(request, context["card"])
    response = render_page(request, RUN_PAGE, context, part="card", status=STOP_POLLING)
    return trigger_client_event(response, "account-changed")


def _after_act(request: PageRequest, found: SyncRun) -> HttpResponse:
    """The card again: in place for htmx, by a redirect otherwise."""
    if not wants_part(request):
        return redirect("assets:run", found.pk)
    context = _card_context(found) | {"is_news": True, "is_answer_to_act": True}
    return trigger_client_event(render_page(request, RUN_PAGE, context, part="card"), "account-changed")


def _problems_answer(request: PageRequest, found: SyncRun) -> HttpResponse:
    context = {"card": _card(found)} | _problems_context(request, found)
    return render_page(request, RUN_PAGE, context, part="problems")


def _card_context(found: SyncRun) -> dict[str, Any]:
    return {"section": "runs", "card": _card(found)}


def _problems_context(request: HttpRequest, found: SyncRun) -> dict[str, Any]:
    rows = SyncProblem.objects.filter(run=found).order_by("is_resolved", "pk")
    listed = Paginator(rows, PROBLEMS_SHOWN).get_page(request.GET.get("page"))
    return {
        "problems": [(row, json.dumps(row.payload, indent=2, ensure_ascii=False)) for row in listed],
        "problem_count": listed.paginator.count,
        "has_unresolved": any(not row.is_resolved for row in listed),
        **_pager(request, listed),
    }


def _pager(request: HttpRequest, listed: ListPage[Any]) -> dict[str, str]:
    return {
        "next_query": _with_page(request, listed.next_page_number()) if listed.has_next() else "",
        "previous_query": _with_page(request, listed.previous_page_number()) if listed.has_previous() else "",
    }


def _with_page(request: HttpRequest, number: int) -> str:
    query = request.GET.copy()
    query["page"] = str(number)
    return query.urlencode()


def _tell(request: PageRequest, card: RunCard) -> None:
    """Say in a toast how a run ended."""
    progress, kind = card.progress, card.run.get_kind_display().lower()
    if card.run.state == RunState.FAILED:
        messages.error(request, f"The {kind} of “{card.run.account_label}” stopped: {card.run.error_title}.")
    elif card.run.state == RunState.CANCELLED:
        messages.info(request, f"The {kind} of “{card.run.account_label}” is cancelled; Resume goes on from there.")
    elif card.is_scan:
        messages.success(
            request, f"Scanned {progress.seen}: {progress.existing} already here, {progress.created} missing"
        )
    else:
        messages.success(
            request, f"Imported {card.fresh} new, {progress.existing} already here, {progress.invalid} invalid"
        )


def _card(found: SyncRun) -> RunCard:
    progress = summarize(found, now=timezone.now())
    percent = int(progress.fraction * 100) if progress.fraction is not None else None
    state, tone = _state(found, progress)
    decile = percent // SAID_EVERY_PERCENT * SAID_EVERY_PERCENT if percent is not None else None
    is_counting = found.state == RunState.RUNNING and decile is not None
    return RunCard(
        run=found,
        progress=progress,
        provider_name=adapter_class(found.provider_id).display_name,
        state=state,
        tone=tone,
        percent=percent,
        rate=_rate(progress.items_per_second) if found.is_open else "",
        time_left=_in_words(progress.time_left) if progress.time_left is not None else "",
        lines=tuple(_line(shelf, found) for shelf in progress.lists),
        said=f"{found}: {state}, {decile} % read." if is_counting else f"{found}: {state}.",
        said_key=f"{state} {decile if is_counting else ''}".strip(),
    )


def _state(found: SyncRun, progress: Progress) -> tuple[str, str]:
    """How a run stands, in words and as the tone that colors them."""
    if found.state != RunState.RUNNING:
        return found.get_state_display(), TONES.get(RunState(found.state), "")
    if found.cancel_requested_at:
        return "Stopping after this page", "warning"
    if found.continue_at:
        return "Resting", "warning"
    if progress.is_looking_again:
        return "Looking again at the newest", "good"
    return ("Scanning" if found.kind == RunKind.SCAN else "Importing"), "good"


def _line(shelf: SyncList, found: SyncRun) -> ListLine:
    if shelf.phase == ListPhase.WALKING and not (shelf.pages or found.state == RunState.RUNNING):
        state = "Not read yet"
    elif shelf.phase != ListPhase.DONE and not found.is_open:
        state = "Not read to its end"
    elif shelf.phase == ListPhase.DONE and not shelf.is_complete:
        state = "Read as far as the provider goes"
    else:
        state = ListPhase(shelf.phase).label
    return ListLine(_shelf_name(shelf.shelf), state, shelf)


def _shelf_name(key: str) -> str:
    try:
        shelf = Shelf.of_key(key)
    except ValueError:
        return key
    return f"{shelf.remote_list}, {shelf.origin}".capitalize() if shelf.origin else str(shelf.remote_list).capitalize()


def _rate(items_per_second: float | None) -> str:
    if not items_per_second:
        return ""
    return f"{items_per_second:,.0f} items/s" if items_per_second >= 10 else f"{items_per_second:.1f} items/s"


def _in_words(span: timedelta) -> str:
    """A time that is left, as roughly as it is known."""
    minutes = round(span.total_seconds() / 60)
    if minutes < 1:
        return "less than a minute left"
    if minutes < 60:
        return f"about {minutes} min left"
    return f"about {minutes // 60} h {minutes % 60} min left"


def _unreadable(form: forms.Form) -> Problem:
    said = " ".join(f"{name}: {error}" for name, errors in form.errors.items() for error in errors)
    return Problem("This cannot be started", said, "Open Provider Settings and start again.")


def _account_or_404(request: PageRequest, chosen: Mapping[str, Any]) -> ProviderAccount:
    form = AccountChoiceForm(chosen)
    if not form.is_valid():
        raise Http404("There is no such account.")
    return get_object_or_404(ProviderAccount.objects.filter(owner=request.user), pk=form.cleaned_data["account"])


def _run_or_404(request: PageRequest, run_id: int) -> SyncRun:
    return get_object_or_404(SyncRun.objects.filter(owner=request.user).prefetch_related("lists"), pk=run_id)
