"""The pages of scans and imports of a whole library: start one, follow it, and retry its problems."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from assets.models import RunKind, SyncProblem, SyncRun
from assets.sync.forms import AccountChoiceForm
from assets.sync_runs import problems
from assets.sync_runs.coverage import coverage
from assets.sync_runs.forms import RunFilterForm, StartForm
from assets.sync_runs.next_step import step_after
from assets.sync_runs.presenters import card_of, end_text, list_name
from assets.sync_runs.runner import SYNC
from assets.sync_runs.start import start
from common.pages import PageRequest, Problem, is_part_request, pager, post_only, render_page
from common.runs import RunState
from common.runs.cards import RunCard
from common.runs.jobs import enqueue
from common.runs.lifecycle import AlreadyRunning
from common.runs.pages import RunPages, register_pages
from providers.errors import AccountDisabled, ProviderError, UnsupportedOperation
from providers.models import ProviderAccount
from providers.registry import adapter_class

REPORT_PAGE = "assets/sync_runs/report.html"
PROBLEMS_SHOWN = 25
PROBLEMS_PART = "run-problems"


class SyncRunPages(RunPages[SyncRun]):
    """The pages of scans and imports, which also show the items that could not be read."""

    run_page = "assets/sync_runs/run.html"
    event = "account-changed"
    empty_text = (
        "A run scans or imports the whole library of one account. Nothing runs automatically: "
        "start one in Provider Settings."
    )

    def card(self, run: SyncRun, *, now: datetime) -> RunCard:
        """Build the card of a scan or import."""
        return card_of(run, now=now)

    def rows(self, request: PageRequest) -> QuerySet[SyncRun]:
        """Return the person's runs with their accounts and lists."""
        return super().rows(request).select_related("account").prefetch_related("lists")

    def filter_form(self, request: PageRequest) -> RunFilterForm:
        """Build the form of the list's filters."""
        return RunFilterForm(request.GET, owner=request.user)

    def run_context(self, request: PageRequest, run: SyncRun) -> dict[str, Any]:
        """Return the run's problems."""
        rows = SyncProblem.objects.filter(run=run).order_by("is_resolved", "pk")
        listed = Paginator(rows, PROBLEMS_SHOWN).get_page(request.GET.get("page"))
        return {
            "problems": [
                (row, list_name(row.list_key), json.dumps(row.payload, indent=2, ensure_ascii=False)) for row in listed
            ],
            "problem_count": listed.paginator.count,
            "has_unresolved": any(not row.is_resolved for row in listed),
            **pager(request, listed),
        }

    def run_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        """Show a run and its problems; htmx asks for the problems or polls the card."""
        page = cast(PageRequest, request)
        if is_part_request(page) and page.htmx.target == PROBLEMS_PART:
            return self.problems_answer(page, self.run_or_404(page, run_id))
        return super().run_view(request, run_id)

    def problems_answer(self, request: PageRequest, run: SyncRun) -> HttpResponse:
        """Answer with the problems of a run."""
        context = self.card_context(run) | self.run_context(request, run)
        return render_page(request, self.run_page, context, part="problems")

    def announce_end(self, request: HttpRequest, card: RunCard) -> None:
        """Add a toast that says how a run ended."""
        if card.run.state == RunState.SUCCEEDED:
            messages.success(request, end_text(card))
        else:
            super().announce_end(request, card)


pages = register_pages(
    SyncRunPages(
        SYNC,
        namespace="assets",
        names={"list": "runs", "run": "run", "cancel": "cancel_run", "resume": "resume_run"},
    )
)


@require_GET
@login_required
def report(request: HttpRequest) -> HttpResponse:
    """Show an account's coverage, and its run that is open or has stopped."""
    page = cast(PageRequest, request)
    return _report_answer(page, _account_or_404(page, request.GET))


@require_GET
@login_required
def account_coverage(request: HttpRequest) -> HttpResponse:
    """Show an account's coverage in a line, for its card in the settings; to a browser, the whole report."""
    page = cast(PageRequest, request)
    account = _account_or_404(page, request.GET)
    return render_page(page, REPORT_PAGE, _report_context(account), part="coverage")


@post_only(redirect_to="providers:settings")
@login_required
def scan(request: HttpRequest) -> HttpResponse:
    """Start a scan of an account's whole library."""
    return _start(cast(PageRequest, request), RunKind.SCAN)


@post_only(redirect_to="providers:settings")
@login_required
def import_missing(request: HttpRequest) -> HttpResponse:
    """Start an import of what is missing of an account's whole library."""
    return _start(cast(PageRequest, request), RunKind.IMPORT)


@post_only(redirect_to="assets:runs")
@login_required
def retry_problems(request: HttpRequest, run_id: int) -> HttpResponse:
    """Parse the stored data of a run's problems again."""
    page = cast(PageRequest, request)
    found = pages.run_or_404(page, run_id)
    resolved = problems.retry_problems(found, now=timezone.now())
    left = SyncProblem.objects.filter(run=found, is_resolved=False).count()
    if resolved:
        messages.success(request, f"{resolved:,} imported, {left:,} failed.")
    else:
        messages.warning(request, "None of them can be read yet.")
    if not is_part_request(page):
        return redirect("assets:run", run_id)
    return pages.problems_answer(page, found)


def _start(request: PageRequest, kind: RunKind) -> HttpResponse:
    account = _account_or_404(request, request.POST)
    form = StartForm(request.POST)
    if not form.is_valid():
        return _report_answer(request, account, problem=_form_problem(form), status=422)
    try:
        with transaction.atomic():
            started = start(account, kind=kind, now=timezone.now(), **form.cleaned_data)
            enqueue(started)
    except AlreadyRunning as refusal:
        problem = Problem("One run at a time", str(refusal), "Follow the open run below.")
        return _report_answer(request, account, problem=problem, status=409)
    except UnsupportedOperation as error:
        return _report_answer(request, account, problem=error, status=422)
    except AccountDisabled as refusal:
        return _report_answer(request, account, problem=Problem.of(refusal), status=409)
    if not is_part_request(request):
        return redirect("assets:run", started.pk)
    return _report_answer(request, account, is_answer_to_act=True)


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
    # A run that has finished is named in the account's own card.
    shown = last if last and (last.is_open or last.is_resumable) else None
    return {
        "account": account,
        "coverage": found,
        "display_name": adapter_class(account.provider_id).display_name,
        "has_list": bool(found.lists),
        "open_run": last if last and last.is_open else None,
        "last": card_of(last, now=timezone.now()) if last else None,
        "next_step": step_after(last),
        **(pages.card_context(shown) if shown else {}),
        "section": "providers",
    }


def _form_problem(form: forms.Form) -> Problem:
    details = " ".join(f"{name}: {error}" for name, errors in form.errors.items() for error in errors)
    return Problem("This cannot be started", details, "Open Provider Settings and start again.")


def _account_or_404(request: PageRequest, chosen: Mapping[str, Any]) -> ProviderAccount:
    form = AccountChoiceForm(chosen)
    if not form.is_valid():
        raise Http404("There is no such account.")
    return get_object_or_404(ProviderAccount.objects.filter(owner=request.user), pk=form.cleaned_data["account"])
