"""The page of the links between one parent and one child."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from common.pages import PageRequest, render_page
from lineage.usage.pair import NoSuchPair, Pair, pair_of
from lineage.usage.presenter import build_tracks, describe_uses
from lineage.usage.prompt_diff import compare_parameters, compare_texts

EDGE_PAGE = "lineage/usage/edge.html"


@require_GET
@login_required
def edge(request: HttpRequest, child_id: int, parent_id: int) -> HttpResponse:
    """Show every use of a parent for its child, with both assets side by side and compared; for htmx the panel only."""
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
        "uses": describe_uses(pair),
        "input_count": pair.input_count,
        "tracks": build_tracks(pair),
        "prompts": compare_texts(pair.parent.prompt, pair.child.prompt),
        "parameters": compare_parameters(pair.parent, pair.child),
    }
