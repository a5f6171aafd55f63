"""The links between a parent and a child as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router

from common.auth import request_user
from common.schemas import RowId
from lineage.usage.pair import NoSuchPair, Pair, pair_of
from lineage.usage.prompt_diff import compare_parameters, compare_texts
from lineage.usage.schemas import PairAnswer

router = Router(tags=["lineage"])


@router.get("/assets/{child_id}/lineage/from/{parent_id}", response=PairAnswer)
def get_lineage_pair(request: HttpRequest, child_id: RowId, parent_id: RowId) -> dict[str, Any]:
    """Return every use of a parent for its child, with both prompts and settings compared.

    404 when no edge joins the two. The path holds the ids of both assets because a rebuild that changes an edge also
    changes the edge's id.
    """
    try:
        pair = pair_of(request_user(request).pk, parent_id=parent_id, child_id=child_id)
    except NoSuchPair as error:
        raise Http404(str(error)) from error
    return _answer(pair)


def _answer(pair: Pair) -> dict[str, Any]:
    prompts = compare_texts(pair.parent.prompt, pair.child.prompt)
    return {
        "parent": pair.parent,
        "child": pair.child,
        "uses": [{"known_since": use.known_since, **asdict(use.edge)} for use in pair.uses],
        "input_count": pair.input_count,
        "prompt": {"pieces": prompts.pieces, "is_cut": prompts.is_cut},
        "parameters": compare_parameters(pair.parent, pair.child),
    }
