"""Validation of the inspector's URL parameters, and the fields of its query form."""

from __future__ import annotations

import re
from typing import Any, cast

from django import forms

from common.vocabulary import MediaType, OperationType
from lineage.graph.query import (
    DEPTH_MAX,
    FAN_OUT_MAX,
    NODES_MAX,
    Direction,
    InvalidQuery,
    read_closed,
    read_opened,
    write_closed,
    write_opened,
)
from lineage.inspector.state import VIEWS, InspectorState
from providers.registry import adapter_class, provider_ids

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


class InspectorForm(forms.Form):
    """All parameters of the inspector's URL; none is required. See InspectorState for their meaning."""

    view = _choice("View", VIEWS)
    direction = _choice("Direction", [(direction.value, direction.name.capitalize()) for direction in Direction])
    max_depth = _number("Levels", 1, DEPTH_MAX)
    up = _number("Levels up", 0, DEPTH_MAX)
    down = _number("Levels down", 0, DEPTH_MAX)
    max_nodes = _number("Maximum assets", 1, NODES_MAX)
    fan_out = _number("Maximum parents or children of one asset", 1, FAN_OUT_MAX)
    open = forms.CharField(required=False, widget=forms.HiddenInput)
    close = forms.CharField(required=False, widget=forms.HiddenInput)
    provider_id = _choice("Provider", [])
    operation_type = _choice("Operation", [("", "Any operation"), *OperationType.choices])
    media_type = _choice("Media", [("", "All media"), *MediaType.choices])
    made_after = _day("Created after")
    made_before = _day("Created before")
    pick = forms.CharField(required=False, widget=forms.HiddenInput)
    focus = forms.BooleanField(required=False, label="Show path only")

    def __init__(self, parameters: Any = None) -> None:
        super().__init__(parameters)
        names = [(provider_id, adapter_class(provider_id).display_name) for provider_id in provider_ids()]
        cast(forms.ChoiceField, self.fields["provider_id"]).choices = [("", "All providers"), *names]

    def clean_open(self) -> str:
        """Return the opened sides in the form of `write_opened`."""
        return write_opened(self._read(read_opened, self.cleaned_data["open"]))

    def clean_close(self) -> str:
        """Return the closed sides in the form of `write_closed`."""
        return write_closed(self._read(read_closed, self.cleaned_data["close"]))

    def clean_pick(self) -> str:
        """Accept the id of an asset, or of a parent and its child."""
        text = str(self.cleaned_data["pick"])
        if text and not _PICK.fullmatch(text):
            raise forms.ValidationError(f"“{text[:40]}” is not an asset ID or a pair of parent and child IDs.")
        return text

    def state(self, root_id: int) -> InspectorState:
        """Return the state of the page of this asset. The form must be valid."""
        return InspectorState.parse(root_id, self.cleaned_data)

    def _read(self, reader: Any, text: str) -> Any:
        try:
            return reader(text)
        except InvalidQuery as error:
            raise forms.ValidationError(str(error)) from error
