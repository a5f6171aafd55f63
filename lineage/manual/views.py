"""Pages to add, edit and remove manual edges."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from assets.lookup import search
from assets.models import Asset
from common.pages import PageRequest, render_page
from common.versions import EditConflict
from common.vocabulary import Evidence, MediaType
from lineage.graph.edge_text import evidence_words
from lineage.manual import edges
from lineage.manual.edges import EdgeReadOnly, EdgeRefused
from lineage.manual.forms import USUAL_RELATIONS, ChooseForm, EdgeFieldsForm, values_of
from lineage.models import LineageEdge

ADD_PAGE = "lineage/manual/add_edge.html"
FOUND_MAX = 12


@require_http_methods(["GET", "POST"])
@login_required
def add(request: HttpRequest, asset_id: int) -> HttpResponse:
    """Find another asset and add an edge between it and this one."""
    page = cast(PageRequest, request)
    asset = _asset_or_404(page, asset_id)
    chosen = ChooseForm(page.POST if page.method == "POST" else page.GET)
    if not chosen.is_valid():
        raise Http404
    context: dict[str, Any] = {"section": "library", "asset": asset, "chosen": chosen, "is_up": chosen.is_up}
    if chosen.cleaned_data["other"] is None:
        return render_page(page, ADD_PAGE, context | {"found": _found(page, chosen, asset)}, part="found")
    other = _asset_or_404(page, chosen.cleaned_data["other"])
    parent, child = (other, asset) if chosen.is_up else (asset, other)
    usual = {"relation_type": USUAL_RELATIONS.get(MediaType(parent.media_type), "DERIVATION")}
    form = EdgeFieldsForm(page.POST) if page.method == "POST" else EdgeFieldsForm(initial=usual)
    context |= {"other": other, "parent": parent, "child": child, "form": form}
    if page.method == "POST" and form.is_valid():
        try:
            edges.add(parent, child, form.edge_fields(), now=timezone.now())
        except EdgeRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(page, "Link added.")
            return redirect(_inspector(asset.pk, parent.pk, child.pk))
    return render(page, ADD_PAGE, context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@login_required
def edit(request: HttpRequest, edge_id: int) -> HttpResponse:
    """Edit a manual edge; other edges are only shown."""
    page = cast(PageRequest, request)
    edge = _edge_or_404(page, edge_id)
    form = EdgeFieldsForm(page.POST) if page.method == "POST" else EdgeFieldsForm.of(edge)
    status = 422
    if page.method == "POST" and form.is_valid():
        try:
            edges.update(edge, form.edge_fields(), version=form.cleaned_data["version"])
        except EdgeRefused as refusal:
            form.add_error(None, str(refusal))
        except EditConflict as conflict:
            status = conflict.http_status
            edge.refresh_from_db()
            form.show_conflict(conflict, values_of(edge))
        else:
            messages.success(page, "Link updated.")
            return redirect(_inspector(edge.child_id, edge.parent_id, edge.child_id))
    context = _edge_context(edge) | {"form": form, "is_manual": edge.evidence == Evidence.MANUAL}
    return render(page, "lineage/manual/edit_edge.html", context, status=status if form.errors else 200)


@require_http_methods(["GET", "POST"])
@login_required
def remove(request: HttpRequest, edge_id: int) -> HttpResponse:
    """Show the confirmation page; on POST, remove a manual edge."""
    page = cast(PageRequest, request)
    edge = _edge_or_404(page, edge_id)
    if page.method == "GET" and edge.evidence == Evidence.MANUAL:
        return render(page, "lineage/manual/remove_edge.html", _edge_context(edge) | {"note": edges.note_of(edge)})
    if page.method == "GET":
        return redirect("lineage:edit_edge", edge.pk)
    try:
        edges.remove(edge)
    except EdgeReadOnly as refusal:
        messages.error(page, str(refusal))
    else:
        messages.success(page, "Link removed.")
    return redirect("lineage:inspector", edge.child_id)


def _found(page: PageRequest, chosen: ChooseForm, asset: Asset) -> list[Asset]:
    """Return the assets that match the search, an exact id first; the newest ones when the search is empty."""
    found = {other.pk: other for other in search(page.user.pk, chosen.cleaned_data["q"], limit=FOUND_MAX + 1)}
    found.pop(asset.pk, None)
    return list(found.values())[:FOUND_MAX]


def _edge_context(edge: LineageEdge) -> dict[str, Any]:
    return {
        "section": "library",
        "edge": edge,
        "evidence": evidence_words(edge.evidence),
        "parent": edge.parent,
        "child": edge.child,
        "back": _inspector(edge.child_id, edge.parent_id, edge.child_id),
    }


def _inspector(root_id: int, parent_id: int, child_id: int) -> str:
    return f"{reverse('lineage:inspector', args=[root_id])}?{urlencode({'pick': f'{parent_id}-{child_id}'})}"


def _asset_or_404(page: PageRequest, asset_id: int) -> Asset:
    return get_object_or_404(Asset.objects.owned_by(page.user).without_payload(), pk=asset_id)


def _edge_or_404(page: PageRequest, edge_id: int) -> LineageEdge:
    large = ("media_metadata", "search_vector")
    unread = [f"{end}__{name}" for end in ("parent", "child") for name in large]
    rows = LineageEdge.objects.filter(owner=page.user).select_related("parent", "child").defer(*unread)
    return get_object_or_404(rows, pk=edge_id)
