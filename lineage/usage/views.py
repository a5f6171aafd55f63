"""The page of one parent and its child: how the one was used for the other."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from common.pages import PageRequest, render_page
from lineage.usage.pair import NoSuchPair, Pair, pair_of
from lineage.usage.presenter import tell_uses, tracks_of
from lineage.usage.prompt_diff import compare_parameters, compare_texts

EDGE_PAGE = "lineage/usage/edge.html"


@require_GET
@login_required
def edge(request: HttpRequest, child_id: int, parent_id: int) -> HttpResponse:
    """Every use of a parent for its child, both compared, both side by side; for htmx only the panel."""
    page = cast(PageRequest, request)
    try:
        pair = pair_of(page.user.pk, parent_id=parent_id, child_id=child_id)
    except NoSuchPair as error:
        raise Http404(str(error)) from error
    return render_page(page, EDGE_PAGE, _context(pair), part="panel")


def _context(pair: Pair) -> dict[str, Any]:
    return {
        "section": "library",
        "parent": pair.parent,
        "child": pair.child,
        "uses": tell_uses(pair),
        "input_count": pair.input_count,
        "tracks": tracks_of(pair),
        "prompts": compare_texts(pair.parent.prompt, pair.child.prompt),
        "parameters": compare_parameters(pair.parent, pair.child),
    }
