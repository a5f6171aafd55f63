"""The state of the inspector page, as its URL holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.urls import reverse

from lineage.graph.query import (
    DEPTH_DEFAULT,
    NODES_DEFAULT,
    AssetFilter,
    Direction,
    NeighborhoodQuery,
    hops,
    read_closed,
    read_opened,
    write_closed,
    write_opened,
)

FAN_OUT_DEFAULT = 12
VIEWS = (("cards", "Cards"), ("tree", "Tree"), ("graph", "Graph"))


@dataclass(frozen=True, slots=True)
class InspectorState:
    """The asset at the center, the query around it, the view, and the selection.

    `pick` is what the side panel shows: the id of an asset, or the ids of a parent and its child as `12-33`. `focus`
    hides everything but the path to it.
    """

    root_id: int
    query: NeighborhoodQuery
    view: str = VIEWS[0][0]
    pick: str = ""
    focus: bool = False

    @classmethod
    def parse(cls, root_id: int, cleaned: Mapping[str, Any]) -> InspectorState:
        """Read the cleaned values of a valid InspectorForm; `up` and `down` override `direction` and `max_depth`."""
        up, down = hops(Direction(cleaned["direction"] or Direction.BOTH), cleaned["max_depth"] or DEPTH_DEFAULT)
        query = NeighborhoodQuery(
            up=up if cleaned["up"] is None else cleaned["up"],
            down=down if cleaned["down"] is None else cleaned["down"],
            max_nodes=cleaned["max_nodes"] or NODES_DEFAULT,
            fan_out=cleaned["fan_out"] or FAN_OUT_DEFAULT,
            opened=read_opened(cleaned["open"]),
            closed=read_closed(cleaned["close"]),
            asset_filter=AssetFilter(**{name: cleaned[name] or default for name, default in _FILTERS.items()}),
        )
        return cls(root_id, query, cleaned["view"] or VIEWS[0][0], cleaned["pick"], cleaned["focus"])

    @property
    def filter_count(self) -> int:
        """Count the filters that are set."""
        return sum(1 for name in _FILTERS if getattr(self.query.asset_filter, name))

    @property
    def picked_edge(self) -> tuple[int, int] | None:
        """Return the ids of the selected parent and child; None when no edge is selected."""
        parent_id, _, child_id = self.pick.partition("-")
        return (int(parent_id), int(child_id)) if child_id else None

    @property
    def hidden_fields(self) -> tuple[tuple[str, str], ...]:
        """Return the parameters that the query form has no visible field for: view, open and close."""
        values = {"view": self.view, **query_parameters(self.query)}
        return tuple((name, str(values[name])) for name in _HIDDEN if not _is_default(name, values[name]))

    @property
    def all_fields(self) -> tuple[tuple[str, str], ...]:
        """Return all parameters of the URL as names and values, for a form that redirects back to it."""
        return tuple(parse_qsl(self.query_string()))

    def url(self, *, root_id: int | None = None, **changes: Any) -> str:
        """Return the URL of this state with some parameters changed.

        Args:
            root_id: another asset at the center.
            changes: new values by parameter name; None or "" removes a parameter.
        """
        page = reverse("lineage:inspector", args=[self.root_id if root_id is None else root_id])
        query = self.query_string(**changes)
        return f"{page}?{query}" if query else page

    def plain_url(self) -> str:
        """Return the URL of the same view and selection with the default query."""
        return self.url(**dict.fromkeys(_QUERY_NAMES))

    def query_string(self, **changes: Any) -> str:
        """Return the URL's query string: the parameters that are not the default, always in the same order."""
        values = {
            "view": self.view,
            **query_parameters(self.query),
            "pick": self.pick,
            "focus": self.focus,
            **changes,
        }
        return urlencode({name: values[name] for name in _ORDER if not _is_default(name, values.get(name))})


def query_parameters(query: NeighborhoodQuery) -> dict[str, Any]:
    """Return all URL parameters of a query by name, defaults included."""
    return {
        "up": query.up,
        "down": query.down,
        "max_nodes": query.max_nodes,
        "fan_out": query.fan_out,
        "open": write_opened(query.opened),
        "close": write_closed(query.closed),
        **{name: getattr(query.asset_filter, name) for name in _FILTERS},
    }


def _is_default(name: str, value: Any) -> bool:
    return value is None or value is False or value in ("", _DEFAULTS.get(name, ""))


_FILTERS: dict[str, Any] = {
    "provider_id": "",
    "operation_type": "",
    "media_type": "",
    "made_after": None,
    "made_before": None,
}
_QUERY_NAMES = ("up", "down", "max_nodes", "fan_out", "open", "close", *_FILTERS)
_ORDER = ("view", *_QUERY_NAMES, "pick", "focus", "format")
_HIDDEN = ("view", "open", "close")
_DEFAULTS = {
    "view": VIEWS[0][0],
    "up": DEPTH_DEFAULT,
    "down": DEPTH_DEFAULT,
    "max_nodes": NODES_DEFAULT,
    "fan_out": FAN_OUT_DEFAULT,
}
