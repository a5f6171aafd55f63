"""JSON for the script of the graph view: the graph as the API returns it, URLs of other graphs, and labels."""

from __future__ import annotations

import json
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from common.vocabulary import AssetStatus, MediaType, OperationType, RelationType
from lineage.graph.neighborhood import LineageGraph
from lineage.graph.query import DEPTH_DEFAULT, DEPTH_MAX, NODES_DEFAULT, NODES_MAX
from lineage.graph.schemas import LineageAnswer
from lineage.inspector.state import FAN_OUT_DEFAULT
from providers.registry import adapter_class, provider_ids

# HTML must not contain these in text; in JSON they occur only inside strings.
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def graph_json(graph: LineageGraph) -> SafeString:
    """Return JSON for a `<template>` in the page: the API's answer, URLs with 0 for an asset's id, and labels.

    htmx removes scripts from the parts it swaps, even those that only hold JSON; it keeps templates.
    """
    picture = LineageAnswer.from_orm(graph).model_dump(mode="json")
    text = json.dumps({"picture": picture, **_CONSTANTS, "providers": _provider_names(), "addresses": _urls()})
    return mark_safe(text.translate(_ESCAPES))  # noqa: S308 - no character in it can end the element


def _urls() -> dict[str, str]:
    return {
        "picture": reverse("api:get_lineage", args=[0]),
        "inspector": reverse("lineage:inspector", args=[0]),
        "panel": reverse("lineage:node-panel", args=[0]),
    }


def _provider_names() -> dict[str, str]:
    return {provider_id: adapter_class(provider_id).display_name for provider_id in provider_ids()}


_CONSTANTS: dict[str, Any] = {
    "usual": {"up": DEPTH_DEFAULT, "down": DEPTH_DEFAULT, "max_nodes": NODES_DEFAULT, "fan_out": FAN_OUT_DEFAULT},
    "most": {"steps": DEPTH_MAX, "nodes": NODES_MAX},
    "words": {
        "media": dict(MediaType.choices),
        "operations": dict(OperationType.choices),
        "relations": dict(RelationType.choices),
        "statuses": dict(AssetStatus.choices),
    },
}
