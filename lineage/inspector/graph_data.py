"""What the script of the graph view draws: the picture as the API says it, where to ask for others, and our words."""

from __future__ import annotations

import json
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from common.vocabulary import AssetStatus, MediaType, OperationType, RelationType
from lineage.graph.neighborhood import LineageGraph
from lineage.graph.query import DEPTH_DEFAULT, DEPTH_MAX, NODES_DEFAULT, NODES_MAX
from lineage.graph.schemas import LineageAnswer
from lineage.inspector.query_form import FAN_OUT_DEFAULT
from providers.registry import adapter_class, provider_ids

# In text none of these may stand as themselves; in JSON they only ever stand inside strings.
_SAFE = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def drawing_of(graph: LineageGraph) -> SafeString:
    """JSON for a `<template>` in the page: the very answer of the API, addresses with 0 for an asset's id, and words.

    htmx takes scripts out of what it swaps in, even those that only hold JSON; a template stays.
    """
    picture = LineageAnswer.from_orm(graph).model_dump(mode="json")
    text = json.dumps({"picture": picture, **_FIXED, "providers": _provider_names(), "addresses": _addresses()})
    return mark_safe(text.translate(_SAFE))  # noqa: S308 - nothing in it can end the element


def _addresses() -> dict[str, str]:
    return {
        "picture": reverse("api:get_lineage", args=[0]),
        "inspector": reverse("lineage:inspector", args=[0]),
        "panel": reverse("lineage:node-panel", args=[0]),
    }


def _provider_names() -> dict[str, str]:
    return {provider_id: adapter_class(provider_id).display_name for provider_id in provider_ids()}


_FIXED: dict[str, Any] = {
    "usual": {"up": DEPTH_DEFAULT, "down": DEPTH_DEFAULT, "max_nodes": NODES_DEFAULT, "fan_out": FAN_OUT_DEFAULT},
    "most": {"steps": DEPTH_MAX, "nodes": NODES_MAX},
    "words": {
        "media": dict(MediaType.choices),
        "operations": dict(OperationType.choices),
        "relations": dict(RelationType.choices),
        "statuses": dict(AssetStatus.choices),
    },
}
