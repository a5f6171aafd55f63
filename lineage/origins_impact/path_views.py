"""The page of the path from an ancestor down to an asset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from assets.models import Asset
from common.load.heavy import heavy
from common.pages import PageRequest, pager
from common.vocabulary import OperationType, RelationType
from lineage.graph.rows import GraphAsset
from lineage.origins_impact.path import PathStep, shortest_path

PATH_PAGE = "lineage/origins_impact/path.html"
STEPS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class PathLine:
    """An asset of the path, with the link from its parent in words; the first asset has none."""

    asset: GraphAsset
    parent_id: int | None
    relation: str = ""
    operation: str = ""


@require_GET
@login_required
@heavy
def path(request: HttpRequest, child_id: int, ancestor_id: int) -> HttpResponse:
    """Show a shortest path from an ancestor down to an asset, link by link."""
    page = cast(PageRequest, request)
    assets = Asset.objects.owned_by(page.user).without_payload()
    root, ancestor = get_object_or_404(assets, pk=child_id), get_object_or_404(assets, pk=ancestor_id)
    steps = shortest_path(root.pk, ancestor.pk)
    if not steps:
        raise Http404("The asset was not made from that one.")
    listed = Paginator(_lines(steps), STEPS_SHOWN).get_page(page.GET.get("page"))
    context = {
        "section": "library",
        "root": root,
        "ancestor": ancestor,
        "lines": listed.object_list,
        "first_number": listed.start_index(),
        "link_count": len(steps) - 1,
        **pager(page, listed),
    }
    return render(page, PATH_PAGE, context)


def _lines(steps: Sequence[PathStep]) -> list[PathLine]:
    first, *later = steps
    return [
        PathLine(first.asset, None),
        *(
            PathLine(
                step.asset,
                before.asset.id,
                RelationType(step.relation_type).label,
                OperationType(step.operation_type).label if step.operation_type != OperationType.UNKNOWN else "",
            )
            for before, step in zip(steps, later, strict=False)
        ),
    ]
