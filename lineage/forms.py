"""What may be asked about lineage: which way, and how far to walk."""

from __future__ import annotations

from typing import Any

from django import forms

from lineage.graph import DEPTH_MAX, NODES_MAX, Direction

DEPTH_DEFAULT = 1
NODES_DEFAULT = 50


class LineageQuery(forms.Form):
    """Which way, how far and how much to walk; what is left out takes its default."""

    direction = forms.ChoiceField(
        required=False,
        label="Direction",
        choices=[
            (Direction.BOTH.value, "Parents and children"),
            (Direction.PARENTS.value, "Parents"),
            (Direction.CHILDREN.value, "Children"),
        ],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    max_depth = forms.IntegerField(
        required=False,
        label="Steps",
        min_value=1,
        max_value=DEPTH_MAX,
        widget=forms.NumberInput(attrs={"class": "form-control", "inputmode": "numeric"}),
    )
    max_nodes = forms.IntegerField(
        required=False, label="Most assets", min_value=1, max_value=NODES_MAX, widget=forms.HiddenInput
    )

    def __init__(self, query: Any = None) -> None:
        super().__init__(query)
        self.initial = {"direction": Direction.BOTH, "max_depth": DEPTH_DEFAULT, "max_nodes": NODES_DEFAULT}

    def clean_direction(self) -> Direction:
        """Both ways unless said otherwise."""
        return Direction(self.cleaned_data["direction"] or Direction.BOTH)

    def clean_max_depth(self) -> int:
        """One step unless said otherwise."""
        return self.cleaned_data["max_depth"] or DEPTH_DEFAULT

    def clean_max_nodes(self) -> int:
        """50 assets unless said otherwise."""
        return self.cleaned_data["max_nodes"] or NODES_DEFAULT
