"""The pages of a kind of run: list, card and page of one run, cancel and resume."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseStopPolling, trigger_client_event

from common.errors import AppError
from common.pages import PageRequest, is_part_request, pager, post_only, render_page
from common.runs import lifecycle
from common.runs.cards import RunCard, card_of
from common.runs.jobs import RunKind, enqueue, kinds
from common.runs.run import Run, RunState

RunT = TypeVar("RunT", bound=Run)
PagesT = TypeVar("PagesT", bound="RunPages[Any]")

CARD_PAGE = "runs/run.html"
RUNS_SHOWN = 20
STOP_POLLING = HttpResponseStopPolling.status_code


class StateFilterForm(forms.Form):
    """The filters of a list of runs, from the query string of its address."""

    state = forms.ChoiceField(required=False, label="State", choices=[("", "Any state"), *RunState.choices])

    def __init__(self, query: Any = None, **options: Any) -> None:
        super().__init__(query, **options)
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select"

    def filters(self) -> dict[str, Any]:
        """Field look-ups that the runs must match. The form must be valid."""
        return {name: value for name, value in self.cleaned_data.items() if value}


class RunPages(Generic[RunT]):
    """The pages of one kind of run.

    A kind with an own card, own filters or an own page of its runs overrides the methods below the addresses.
    """

    run_page: ClassVar[str] = CARD_PAGE
    list_page: ClassVar[str] = "runs/list.html"
    empty_text: ClassVar[str] = "Runs that you start are listed here. Nothing runs automatically."
    event: ClassVar[str] = "run-changed"
    """Event on the body after a run was cancelled, resumed or has ended; parts of pages reload on it."""

    def __init__(self, kind: RunKind[RunT], *, namespace: str = "", names: Mapping[str, str] | None = None) -> None:
        """Prepare the pages.

        Args:
            kind: the kind of run.
            namespace: namespace of its own addresses; "" for those below `runs/<kind>/`, which every kind has.
            names: names in it of the pages "list", "run", "cancel" and "resume".
        """
        self.kind = kind
        self.has_own_addresses = bool(namespace)
        named = names or {page: page for page in ("list", "run", "cancel", "resume")}
        self.names = {page: f"{namespace or 'runs'}:{name}" for page, name in named.items()}
        self._leading = [] if namespace else [kind.slug]

    # Addresses

    def urls(self, prefix: str) -> list[URLPattern]:
        """Return the addresses of list, run, cancel and resume below a prefix such as "runs/"."""
        leads_to = self.names["list"]
        views: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
            "list": ("", require_GET(login_required(self.list_view))),
            "run": ("<int:run_id>/", require_GET(login_required(self.run_view))),
            "cancel": ("<int:run_id>/cancel/", post_only(redirect_to=leads_to)(login_required(self.cancel_view))),
            "resume": ("<int:run_id>/resume/", post_only(redirect_to=leads_to)(login_required(self.resume_view))),
        }
        return [
            path(f"{prefix}{tail}", view, name=self.names[page].partition(":")[2])
            for page, (tail, view) in views.items()
        ]

    @property
    def list_address(self) -> str:
        """The address of the list."""
        return reverse(self.names["list"], args=self._leading)

    def address(self, page: str, run: Run) -> str:
        """Return the address of a page of one run: "run", "cancel" or "resume"."""
        return reverse(self.names[page], args=[*self._leading, run.pk])

    # Overridden by kinds

    def card(self, run: RunT, *, now: datetime) -> RunCard:
        """Build the card of a run."""
        return card_of(run, now=now)

    def rows(self, request: PageRequest) -> QuerySet[RunT]:
        """Return the runs of the person who asks, with what their cards read."""
        return self.kind.model._default_manager.filter(owner=request.user)

    def filter_form(self, request: PageRequest) -> StateFilterForm:
        """Build the form of the list's filters."""
        return StateFilterForm(request.GET)

    def run_context(self, request: PageRequest, run: RunT) -> dict[str, Any]:
        """Return what the page of a run shows beside its card."""
        return {}

    def announce_end(self, request: HttpRequest, card: RunCard) -> None:
        """Add a toast that says how a run ended."""
        if card.run.state == RunState.FAILED:
            messages.error(request, f"{card.title} stopped: {card.run.error_title or 'see the run'}.")
        elif card.run.state == RunState.CANCELLED:
            messages.info(request, f"{card.title} was cancelled. Resume continues it.")
        else:
            messages.success(request, f"{card.title}: {card.progress_text}.")

    # Views

    def list_view(self, request: HttpRequest) -> HttpResponse:
        """Show the runs of the person who asks, newest first."""
        page = cast(PageRequest, request)
        form = self.filter_form(page)
        context: dict[str, Any] = {
            "section": "runs",
            "form": form,
            "pages": self,
            "tabs": run_pages(),
            "address": self.list_address,
        }
        if not form.is_valid():
            return render_page(page, self.list_page, context, part="results", status=422)
        rows = self.rows(page).filter(**form.filters()).order_by("-created_at", "-pk")
        listed = Paginator(rows, RUNS_SHOWN).get_page(request.GET.get("page"))
        context |= {
            "rows": [(self.card(run, now=timezone.now()), self.address("run", run)) for run in listed],
            "is_filtered": any(form.cleaned_data.values()),
            **pager(request, listed),
        }
        return render_page(page, self.list_page, context, part="results")

    def run_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        """Show a run; htmx polls its card until the run has ended."""
        page = cast(PageRequest, request)
        found = self.run_or_404(page, run_id)
        if not is_part_request(page):
            context = self.card_context(found) | self.run_context(page, found)
            return render_page(page, self.run_page, context, part="")
        return self.card_answer(page, found)

    def cancel_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        """Cancel a run after its current batch; what is done is kept."""
        page = cast(PageRequest, request)
        return self.changed_answer(page, lifecycle.cancel(self.run_or_404(page, run_id), now=timezone.now()))

    def resume_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        """Resume a run from where it stopped."""
        page = cast(PageRequest, request)
        found = self.run_or_404(page, run_id)
        try:
            with transaction.atomic():
                found = lifecycle.resume(found)
                enqueue(found)
        except AppError as refusal:
            messages.warning(request, str(refusal))
            found.refresh_from_db()
        return self.changed_answer(page, found)

    # Parts of answers

    def run_or_404(self, request: PageRequest, run_id: int) -> RunT:
        """Return a run of the person who asks, or raise Http404."""
        return get_object_or_404(self.rows(request), pk=run_id)

    def card_context(self, run: RunT) -> dict[str, Any]:
        """Return what the card's template reads."""
        return {
            "section": "runs",
            "pages": self,
            "card": self.card(run, now=timezone.now()),
            "run_address": self.address("run", run),
            "cancel_address": self.address("cancel", run),
            "resume_address": self.address("resume", run),
        }

    def card_answer(self, request: PageRequest, run: RunT) -> HttpResponse:
        """Answer a poll with the card; when the run has ended, polling stops and a toast says how it ended."""
        context = self.card_context(run)
        context["is_news"] = context["card"].announcement_key != request.GET.get("announced", "")
        if run.is_open:
            return render_page(request, CARD_PAGE, context, part="card")
        self.announce_end(request, context["card"])
        response = render_page(request, CARD_PAGE, context, part="card", status=STOP_POLLING)
        return trigger_client_event(response, self.event)

    def changed_answer(self, request: PageRequest, run: RunT) -> HttpResponse:
        """Answer a cancel or resume: with the card for htmx, with a redirect otherwise."""
        if not is_part_request(request):
            return redirect(self.address("run", run))
        context = self.card_context(run) | {"is_news": True, "is_answer_to_act": True}
        return trigger_client_event(render_page(request, CARD_PAGE, context, part="card"), self.event)


_pages: dict[str, RunPages[Any]] = {}


def register_pages(pages: PagesT) -> PagesT:
    """Use these pages for a kind of run, instead of the ones that every kind has."""
    _pages[pages.kind.slug] = pages
    return pages


def run_pages() -> list[RunPages[Any]]:
    """The pages of all kinds, in the order in which the kinds were registered."""
    return [_pages.get(kind.slug) or RunPages(kind) for kind in kinds()]
