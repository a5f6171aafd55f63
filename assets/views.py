"""The library's pages: the grid, one asset, and the steps of a scan or an import."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET
from django_htmx.http import trigger_client_event

from assets import sync
from assets.forms import LibraryFilterForm, ListProgress, Walk, WalkForm, remote_list
from assets.library import InvalidCursor, LibraryPage, browse
from assets.models import Asset
from assets.sync import AccountDisabled
from providers.base import RemoteList
from providers.errors import ProviderError
from providers.models import ProviderAccount
from providers.pages import PageRequest, Problem, acts, render_page
from providers.registry import adapter_class
from providers.vocabulary import MediaType

LIBRARY_PAGE = "assets/library.html"
SCAN_PAGE = "assets/scan.html"
PAGE_SIZE = 48
STEP_SIZE = 100

MEDIA_OF_LIST = {
    RemoteList.VIDEOS: MediaType.VIDEO,
    RemoteList.IMAGES: MediaType.IMAGE,
    RemoteList.AUDIO: MediaType.AUDIO,
}

# Words that payloads of several providers use for what was asked for, and how the page says them. What is not among
# them is in the payload, which the page shows whole.
PARAMETER_WORDS = {
    "negative_prompt": "Negative prompt",
    "quality": "Quality",
    "resolution": "Resolution",
    "aspect_ratio": "Aspect ratio",
    "seed": "Seed",
    "style": "Style",
    "motion_mode": "Motion",
    "camera_movement": "Camera",
}


@require_GET
@login_required
def library(request: HttpRequest) -> HttpResponse:
    """Everything the reader has, filtered, one page at a time."""
    page = cast(PageRequest, request)
    form = LibraryFilterForm(request.GET, owner=page.user)
    context: dict[str, Any] = {"section": "library", "form": form, "cursor": request.GET.get("cursor", "")}
    if not form.is_valid():
        return render_page(page, LIBRARY_PAGE, context, part="results", status=422)
    try:
        found = browse(page.user.pk, form.filter(), cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    except InvalidCursor:
        context["problem"] = Problem(
            "This page is gone", "Its address cannot be read.", "Start again from the first page."
        )
        return render_page(page, LIBRARY_PAGE, context, part="results", status=422)
    return render_page(page, LIBRARY_PAGE, context | _library_context(request, form, found), part="results")


@require_GET
@login_required
def asset(request: HttpRequest, asset_id: int) -> HttpResponse:
    """One asset: its media, how it was made, and every name it has."""
    page = cast(PageRequest, request)
    found = get_object_or_404(Asset.objects.owned_by(page.user).select_related("account"), pk=asset_id)
    context = {
        "section": "library",
        "asset": found,
        "provider_name": adapter_class(found.provider_id).display_name,
        "parameters": _parameters(found.media_metadata),
        "references": list(found.references.order_by("is_hearsay", "kind", "value")),
        "merges": list(found.merges.defer("absorbed_payload").order_by("merged_at", "pk")),
        "payload": json.dumps(found.media_metadata, indent=2, ensure_ascii=False) if found.media_metadata else "",
    }
    return render(request, "assets/asset.html", context)


@require_GET
@login_required
def report(request: HttpRequest) -> HttpResponse:
    """What has been imported from an account, before anything was scanned."""
    page = cast(PageRequest, request)
    form = WalkForm(request.GET)
    if not form.is_valid():
        return _walk_answer(page, None, problem=_unreadable(form), status=422)
    account = get_object_or_404(ProviderAccount.objects.filter(owner=page.user), pk=form.cleaned_data["account"])
    return _walk_answer(page, account, counts=_imported_counts(account))


@acts(leads_to="providers:settings")
@login_required
def scan(request: HttpRequest) -> HttpResponse:
    """One step of a scan of a whole library."""
    return _step(cast(PageRequest, request), is_import=False)


@acts(leads_to="providers:settings")
@login_required
def import_missing(request: HttpRequest) -> HttpResponse:
    """One step of an import of a whole library; after the last one, the library is scanned again."""
    return _step(cast(PageRequest, request), is_import=True)


def _library_context(request: HttpRequest, form: LibraryFilterForm, found: LibraryPage) -> dict[str, Any]:
    active = form.active()
    return {
        "assets": found.items,
        "active": active,
        "next_query": _with_cursor(request, found.next_cursor),
        "previous_query": _with_cursor(request, found.previous_cursor),
        "is_empty": not found.items and not active and not request.GET.get("cursor"),
    }


def _with_cursor(request: HttpRequest, cursor: str | None) -> str:
    if cursor is None:
        return ""
    query = request.GET.copy()
    query["cursor"] = cursor
    return query.urlencode()


def _parameters(payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (word, str(payload[key]))
        for key, word in PARAMETER_WORDS.items()
        if isinstance(payload.get(key), str | int | float) and payload[key] not in ("", False)
    ]


def _step(request: PageRequest, *, is_import: bool) -> HttpResponse:
    form = WalkForm(request.POST)
    if not form.is_valid():
        return _walk_answer(request, None, problem=_unreadable(form), status=422)
    account = get_object_or_404(ProviderAccount.objects.filter(owner=request.user), pk=form.cleaned_data["account"])
    try:
        walk = form.next_step(account, is_import=is_import)
    except forms.ValidationError as refusal:
        unreadable = Problem("This step cannot be taken", str(refusal.message), "Start the scan or the import again.")
        return _walk_answer(request, account, problem=unreadable, status=422)
    walk, problem = _advance(walk, account)
    if problem is None and walk.is_done:
        walk = _finish(request, account, walk)
    return _walk_answer(request, account, walk=walk, problem=problem, status=422 if problem else 200)


def _advance(walk: Walk, account: ProviderAccount) -> tuple[Walk, ProviderError | Problem | None]:
    """Take each unfinished list one window further; what an earlier list brought stays when a later one fails."""
    for index, progress in enumerate(walk.lists):
        try:
            if not progress.is_done:
                walk = _advance_list(walk, account, index, progress)
        except AccountDisabled as refusal:
            return walk, Problem("The account is disabled", str(refusal))
        except ProviderError as error:
            return walk, error
    return walk, None


def _advance_list(walk: Walk, account: ProviderAccount, index: int, progress: ListProgress) -> Walk:
    imported, wanted, now = walk.imported, remote_list(progress), timezone.now()
    if walk.is_import and imported is not None:
        brought = sync.import_page(
            account,
            remote_list=wanted,
            position=progress.position,
            size=STEP_SIZE,
            create_lineage=walk.create_lineage,
            now=now,
        )
        imported, further = imported.after(brought), progress.after(brought, existing=brought.existing)
    else:
        seen = sync.scan(account, remote_list=wanted, position=progress.position, size=STEP_SIZE, now=now)
        further = progress.after(seen, existing=seen.existing_count)
    return replace(walk, lists=(*walk.lists[:index], further, *walk.lists[index + 1 :]), imported=imported)


def _finish(request: PageRequest, account: ProviderAccount, walk: Walk) -> Walk:
    """Say what the walk found; an import is followed by a scan, which begins with the next step."""
    imported = walk.imported
    if walk.is_import and imported is not None:
        messages.success(
            request,
            f"Imported {imported.created + imported.completed} new, {imported.existing} already here, "
            f"{imported.invalid_count} invalid",
        )
        return replace(Walk.start(account, is_import=False), imported=imported)
    if imported is None:
        missing = max(walk.scanned - walk.existing, 0)
        messages.success(request, f"Scanned {walk.scanned}: {walk.existing} already here, {missing} missing")
    return walk


def _imported_counts(account: ProviderAccount) -> list[tuple[str, int]]:
    """How many of each of the provider's lists are here, from this account."""
    owned = Asset.objects.filter(owner_id=account.owner_id, account=account).listed()
    counted = dict(owned.order_by().values_list("media_type").annotate(Count("pk")))
    lists = adapter_class(account.provider_id).lists
    return [(name.value, counted.get(MEDIA_OF_LIST[name], 0)) for name in lists]


def _walk_answer(
    request: PageRequest,
    account: ProviderAccount | None,
    *,
    walk: Walk | None = None,
    counts: list[tuple[str, int]] | None = None,
    problem: ProviderError | Problem | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"section": "providers", "account": account, "walk": walk, "counts": counts, "problem": problem}
    response = render_page(request, SCAN_PAGE, context, part="report", status=status)
    # A failure may have changed what the account's state says, which stands elsewhere on the page.
    return trigger_client_event(response, "account-changed") if problem else response


def _unreadable(form: forms.Form) -> Problem:
    return Problem(
        "This step cannot be taken",
        " ".join(f"{name}: {error}" for name, errors in form.errors.items() for error in errors),
        "Open Provider Settings and start again.",
    )
