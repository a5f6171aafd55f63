"""Forms to choose a parent or child and to edit a manual edge."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django import forms

from common.schemas import ROW_ID_MAX
from common.versions.forms import VersionedForm
from common.vocabulary import MediaType, OperationType, RelationType
from lineage.manual.edges import FRAME_MAX, NOTE_LENGTH_MAX, ORDER_MAX, EdgeFields, fields_of, version_of_edge
from lineage.models import LineageEdge

SIDES = (("parents", "a parent"), ("children", "a child"))

# The most frequent relation of a parent by its media.
USUAL_RELATIONS = {
    MediaType.IMAGE: RelationType.SOURCE_IMAGE,
    MediaType.VIDEO: RelationType.SOURCE_VIDEO,
    MediaType.AUDIO: RelationType.AUDIO_TRACK,
}


class ChooseForm(forms.Form):
    """The side to add to, the search, and the chosen asset."""

    side = forms.ChoiceField(required=False, choices=SIDES)
    q = forms.CharField(
        required=False,
        max_length=200,
        label="Search by prompt or ID",
        widget=forms.TextInput(attrs={"class": "form-control", "type": "search", "autocomplete": "off"}),
    )
    other = forms.IntegerField(required=False, min_value=1, max_value=ROW_ID_MAX)

    @property
    def is_up(self) -> bool:
        """Return whether a parent is added. The form must be valid."""
        return str(self.cleaned_data["side"]) != "children"


class EdgeFieldsForm(VersionedForm):
    """The editable fields of an edge; only the relation is required."""

    relation_type = forms.ChoiceField(label="Role of the parent", choices=RelationType.choices)
    operation_type = forms.ChoiceField(
        required=False, label="Operation", choices=[("", "Same as the child"), *OperationType.choices]
    )
    sequence_order = forms.IntegerField(required=False, min_value=1, max_value=ORDER_MAX + 1, label="Input number")
    parent_start_time = forms.FloatField(required=False, min_value=0, max_value=1_000_000, label="Start (s)")
    parent_end_time = forms.FloatField(required=False, min_value=0, max_value=1_000_000, label="End (s)")
    parent_frame = forms.IntegerField(required=False, min_value=0, max_value=FRAME_MAX, label="Frame (from 0)")
    note = forms.CharField(
        required=False, max_length=NOTE_LENGTH_MAX, label="Note", widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            is_choice = isinstance(field, forms.ChoiceField)
            field.widget.attrs["class"] = "form-select" if is_choice else "form-control"

    @classmethod
    def of(cls, edge: LineageEdge) -> EdgeFieldsForm:
        """Return the form with the current values of an edge."""
        return cls(initial=initial_of(edge))

    def edge_fields(self) -> EdgeFields:
        """Return the values for `add` and `update`, which count inputs from 0. The form must be valid."""
        values = self.cleaned_data
        number = values["sequence_order"]
        return EdgeFields(
            relation_type=RelationType(values["relation_type"]),
            operation_type=OperationType(values["operation_type"]) if values["operation_type"] else None,
            sequence_order=None if number is None else number - 1,
            note=values["note"],
            parent_start_time=values["parent_start_time"],
            parent_end_time=values["parent_end_time"],
            parent_frame=values["parent_frame"],
        )


def initial_of(edge: LineageEdge) -> dict[str, Any]:
    """Return the current values of an edge by form field, with their version."""
    return values_of(edge) | {"version": version_of_edge(edge)}


def values_of(edge: LineageEdge) -> dict[str, Any]:
    """Return the current values of an edge by form field; inputs are counted from 1."""
    current = fields_of(edge)
    return asdict(current) | {"sequence_order": (current.sequence_order or 0) + 1}
