"""What an address of the inspector may ask: what to show, in which view, and what is picked in it."""

from __future__ import annotations

import re
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.urls import reverse

from common.vocabulary import MediaType, OperationType
from lineage.graph.query import (
    DEPTH_DEFAULT,
    DEPTH_MAX,
    FAN_OUT_MAX,
    NODES_DEFAULT,
    NODES_MAX,
    AssetFilter,
    Direction,
    InvalidQuery,
    NeighborhoodQuery,
    hops,
    read_closed,
    read_opened,
    write_closed,
    write_opened,
)
from providers.registry import adapter_class, provider_ids

FAN_OUT_DEFAULT = 12
VIEWS = (("cards", "Cards"), ("tree", "Tree"), ("graph", "Graph"))

_PICK = re.compile(r"([1-9]\d{0,17})(?:-([1-9]\d{0,17}))?", re.ASCII)


def _number(label: str, least: int, most: int) -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"class": "form-control", "inputmode": "numeric"})
    return forms.IntegerField(required=False, label=label, min_value=least, max_value=most, widget=widget)


def _choice(label: str, choices: Any) -> forms.ChoiceField:
    widget = forms.Select(attrs={"class": "form-select"})
    return forms.ChoiceField(required=False, label=label, choices=choices, widget=widget)


def _day(label: str) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "form-control"})
    return forms.DateField(required=False, label=label, widget=widget)


class LineageQuery(forms.Form):
    """Everything an address of the inspector says; what is left out takes its default.

    `direction` and `max_depth` are the API's words for steps each way; `up` and `down` win over them. `pick` is what
    stands in the side panel: an asset's id, or parent and child as `12-33`.
    """

    view = _choice("View", VIEWS)
    direction = _choice("Direction", [(way.value, way.name.capitalize()) for way in Direction])
    max_depth = _number("Steps", 1, DEPTH_MAX)
    up = _number("Steps up", 0, DEPTH_MAX)
    down = _number("Steps down", 0, DEPTH_MAX)
    max_nodes = _number("Most assets", 1, NODES_MAX)
    fan_out = _number("Most relatives of one asset", 1, FAN_OUT_MAX)
    open = forms.CharField(required=False, widget=forms.HiddenInput)
    close = forms.CharField(required=False, widget=forms.HiddenInput)
    provider_id = _choice("Provider", [])
    operation_type = _choice("How it was made", [("", "Any way"), *OperationType.choices])
    media_type = _choice("Media", [("", "All media"), *MediaType.choices])
    made_after = _day("Made after")
    made_before = _day("Made before")
    pick = forms.CharField(required=False, widget=forms.HiddenInput)
    focus = forms.BooleanField(required=False, label="Only what leads to the picked")

    def __init__(self, query: Any = None) -> None:
        super().__init__(query)
        names = [(provider_id, adapter_class(provider_id).display_name) for provider_id in provider_ids()]
        cast(forms.ChoiceField, self.fields["provider_id"]).choices = [("", "All providers"), *names]

    def clean_open(self) -> str:
        """Sides opened by hand, written as `write_opened` does."""
        return write_opened(self._read(read_opened, self.cleaned_data["open"]))

    def clean_close(self) -> str:
        """Sides closed by hand, written as `write_closed` does."""
        return write_closed(self._read(read_closed, self.cleaned_data["close"]))

    def clean_pick(self) -> str:
        """An asset, or a parent and its child."""
        text = str(self.cleaned_data["pick"])
        if text and not _PICK.fullmatch(text):
            raise forms.ValidationError(f"“{text[:40]}” names neither an asset nor a parent and child.")
        return text

    @property
    def view_name(self) -> str:
        """Which of the three views is asked for."""
        return str(self.cleaned_data["view"] or VIEWS[0][0])

    @property
    def neighborhood_query(self) -> NeighborhoodQuery:
        """What part of the family is asked for."""
        asked = self.cleaned_data
        up, down = hops(Direction(asked["direction"] or Direction.BOTH), asked["max_depth"] or DEPTH_DEFAULT)
        return NeighborhoodQuery(
            up=up if asked["up"] is None else asked["up"],
            down=down if asked["down"] is None else asked["down"],
            max_nodes=asked["max_nodes"] or NODES_DEFAULT,
            fan_out=asked["fan_out"] or FAN_OUT_DEFAULT,
            opened=read_opened(asked["open"]),
            closed=read_closed(asked["close"]),
            asset_filter=AssetFilter(**{name: asked[name] or default for name, default in _WANTED.items()}),
        )

    @property
    def filter_count(self) -> int:
        """How many filters are set."""
        return sum(1 for name in _WANTED if self.cleaned_data[name])

    @property
    def query_names(self) -> tuple[str, ...]:
        """The words of an address that say what part of the family is shown."""
        return _QUERY_NAMES

    @property
    def held(self) -> tuple[tuple[str, str], ...]:
        """What a form for the rest of the address has to hand on: the view and the sides opened and closed."""
        asked = {name: str(self.cleaned_data[name] or "") for name in ("open", "close")}
        held = {"view": self.view_name, **asked}
        return tuple((name, value) for name, value in held.items() if not _goes_without_saying(name, value))

    @property
    def said(self) -> tuple[tuple[str, str], ...]:
        """The whole address as fields of a form, for an act that leads back to it; nothing when it cannot be read."""
        return tuple(parse_qsl(self.query_string())) if self.is_valid() else ()

    def address(self, root_id: int, **changes: Any) -> str:
        """The inspector's page of an asset, asking the same but for the changes; None or "" leaves a word out."""
        query = self.query_string(**changes)
        page = reverse("lineage:inspector", args=[root_id])
        return f"{page}?{query}" if query else page

    def query_string(self, **changes: Any) -> str:
        """What the address says, without what is the default anyway, always in the same order."""
        words = {"view": self.view_name, "pick": self.cleaned_data["pick"], "focus": self.cleaned_data["focus"]}
        asked = {**words, **query_words(self.neighborhood_query), **changes}
        return urlencode({name: asked[name] for name in _ORDER if not _goes_without_saying(name, asked.get(name))})

    def _read(self, reader: Any, text: str) -> Any:
        try:
            return reader(text)
        except InvalidQuery as error:
            raise forms.ValidationError(str(error)) from error


def query_words(query: NeighborhoodQuery) -> dict[str, Any]:
    """A look in the words of an address, every one of them said."""
    wanted = {name: getattr(query.asset_filter, name) for name in _WANTED}
    return {
        "up": query.up,
        "down": query.down,
        "max_nodes": query.max_nodes,
        "fan_out": query.fan_out,
        "open": write_opened(query.opened),
        "close": write_closed(query.closed),
        **wanted,
    }


def _goes_without_saying(name: str, value: Any) -> bool:
    return value is None or value is False or value in ("", _USUAL.get(name, ""))


_WANTED: dict[str, Any] = {
    "provider_id": "",
    "operation_type": "",
    "media_type": "",
    "made_after": None,
    "made_before": None,
}
_QUERY_NAMES = ("up", "down", "max_nodes", "fan_out", "open", "close", *_WANTED)
_ORDER = ("view", *_QUERY_NAMES, "pick", "focus", "format")
_USUAL = {
    "view": VIEWS[0][0],
    "up": DEPTH_DEFAULT,
    "down": DEPTH_DEFAULT,
    "max_nodes": NODES_DEFAULT,
    "fan_out": FAN_OUT_DEFAULT,
}
