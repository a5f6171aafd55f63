"""The pages of whole-library runs: start one, watch it, cancel and resume it, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseStopPolling, trigger_client_event

from assets.models import RunKind, SyncProblem, SyncRun
from assets.sync.forms import AccountChoiceForm
from assets.sync_runs import lifecycle
from assets.sync_runs.coverage import coverage
from assets.sync_runs.forms import RunFilterForm, StartForm
from assets.sync_runs.presenters import RunCard, card_of
from assets.sync_runs.tasks import enqueue
from common.pages import PageRequest, Problem, is_part_request, pager, post_only, render_page
from common.runs import RunState
from providers.errors import ProviderError, UnsupportedOperation
from providers.models import ProviderAccount
from providers.registry import adapter_class

REPORT_PAGE = "assets/sync_runs/report.html"
RUN_PAGE = "assets/sync_runs/run.html"
RUNS_PAGE = "assets/sync_runs/runs.html"
RUNS_SHOWN = 20
PROBLEMS_SHOWN = 25
PROBLEMS_PART = "run-problems"
STOP_POLLING = HttpResponseStopPolling.status_code


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


@post_only(redirect_to="providers:settings")
@login_required
def scan(request: HttpRequest) -> HttpResponse:
    """Start reading an account's whole library without writing anything."""
    return _start(cast(PageRequest, request), RunKind.SCAN)


@post_only(redirect_to="providers:settings")
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
    context: dict[str, Any] = {"section": "runs", "form": form, "address": reverse("assets:runs")}
    if not form.is_valid():
        return render_page(page, RUNS_PAGE, context, part="results", status=422)
    rows = form.found(SyncRun.objects.filter(owner=page.user)).prefetch_related("lists").order_by("-created_at", "-pk")
    listed = Paginator(rows, RUNS_SHOWN).get_page(request.GET.get("page"))
    context |= {
        "cards": [card_of(run, now=timezone.now()) for run in listed],
        "is_filtered": any(form.cleaned_data.values()),
        **pager(request, listed),
    }
    return render_page(page, RUNS_PAGE, context, part="results")


@require_GET
@login_required
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """One run and what it could not take in; asked by htmx its card, which polls until the run is over."""
    page = cast(PageRequest, request)
    found = _run_or_404(page, run_id)
    if not is_part_request(page):
        context = _card_context(found) | _problems_context(request, found)
        return render_page(page, RUN_PAGE, context, part="card")
    if page.htmx.target == PROBLEMS_PART:
        return _problems_answer(page, found)
    return _card_answer(page, found, said_key=request.GET.get("said", ""))


@post_only(redirect_to="assets:runs")
@login_required
def cancel(request: HttpRequest, run_id: int) -> HttpResponse:
    """Stop a run after the page it is at; what has come in stays."""
    page = cast(PageRequest, request)
    found = lifecycle.cancel(_run_or_404(page, run_id), now=timezone.now())
    return _after_act(page, found)


@post_only(redirect_to="assets:runs")
@login_required
def resume(request: HttpRequest, run_id: int) -> HttpResponse:
    """Go on with a run from where it stopped."""
    page = cast(PageRequest, request)
    found = _run_or_404(page, run_id)
    try:
        with transaction.atomic():
            found = lifecycle.resume(found, now=timezone.now())
            enqueue(found)
    except (lifecycle.NotResumable, lifecycle.AlreadyRunning) as refusal:
        messages.warning(request, str(refusal))
        found.refresh_from_db()
    return _after_act(page, found)


@post_only(redirect_to="assets:runs")
@login_required
def retry_problems(request: HttpRequest, run_id: int) -> HttpResponse:
    """Read the items that a run could not take in once more."""
    page = cast(PageRequest, request)
    found = _run_or_404(page, run_id)
    resolved = lifecycle.retry_problems(found, now=timezone.now())
    left = SyncProblem.objects.filter(run=found, is_resolved=False).count()
    if resolved:
        messages.success(request, f"{resolved} could be taken in now, {left} could not.")
    else:
        messages.warning(request, "None of them can be read yet.")
    if not is_part_request(page):
        return redirect("assets:run", run_id)
    return _problems_answer(page, found)


def _start(request: PageRequest, kind: RunKind) -> HttpResponse:
    account = _account_or_404(request, request.POST)
    form = StartForm(request.POST)
    if not form.is_valid():
        return _report_answer(request, account, problem=_unreadable(form), status=422)
    try:
        with transaction.atomic():
            started = lifecycle.start(account, kind=kind, now=timezone.now(), **form.cleaned_data)
            enqueue(started)
    except lifecycle.AlreadyRunning as refusal:
        problem = Problem("One run at a time", str(refusal), "Follow it below; when it is over, start the next one.")
        return _report_answer(request, account, problem=problem, status=409)
    except UnsupportedOperation as error:
        return _report_answer(request, account, problem=_refused(account, error), status=422)
    if not is_part_request(request):
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
        "last": card_of(last, now=timezone.now()) if last else None,
        "card": card_of(shown, now=timezone.now()) if shown else None,
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
    if not is_part_request(request):
        return redirect("assets:run", found.pk)
    context = _card_context(found) | {"is_news": True, "is_answer_to_act": True}
    return trigger_client_event(render_page(request, RUN_PAGE, context, part="card"), "account-changed")


def _problems_answer(request: PageRequest, found: SyncRun) -> HttpResponse:
    context = {"card": card_of(found, now=timezone.now())} | _problems_context(request, found)
    return render_page(request, RUN_PAGE, context, part="problems")


def _card_context(found: SyncRun) -> dict[str, Any]:
    return {"section": "runs", "card": card_of(found, now=timezone.now())}


def _problems_context(request: HttpRequest, found: SyncRun) -> dict[str, Any]:
    rows = SyncProblem.objects.filter(run=found).order_by("is_resolved", "pk")
    listed = Paginator(rows, PROBLEMS_SHOWN).get_page(request.GET.get("page"))
    return {
        "problems": [(row, json.dumps(row.payload, indent=2, ensure_ascii=False)) for row in listed],
        "problem_count": listed.paginator.count,
        "has_unresolved": any(not row.is_resolved for row in listed),
        **pager(request, listed),
    }


def _tell(request: PageRequest, card: RunCard) -> None:
    """Say in a toast how a run ended."""
    progress, kind = card.progress, card.run.get_kind_display().lower()
    if card.run.state == RunState.FAILED:
        messages.error(request, f"The {kind} of “{card.run.account_label}” stopped: {card.run.error_title}.")
    elif card.run.state == RunState.CANCELLED:
        messages.info(request, f"The {kind} of “{card.run.account_label}” is cancelled; Resume goes on from there.")
    elif card.is_scan:
        messages.success(
            request, f"Scanned {progress.seen:,}: {progress.existing:,} already here, {progress.created:,} missing"
        )
    else:
        messages.success(
            request, f"Imported {card.fresh:,} new, {progress.existing:,} already here, {progress.invalid:,} invalid"
        )


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
