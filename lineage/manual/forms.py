"""What an owner fills in to draw an edge by hand."""

from __future__ import annotations

from typing import Any

from django import forms

from common.schemas import ROW_ID_MAX
from common.vocabulary import MediaType, OperationType, RelationType
from lineage.manual.edges import NOTE_LENGTH_MAX, ORDER_MAX, EdgeFields, fields_of
from lineage.models import LineageEdge

SIDES = (("parents", "a parent"), ("children", "a child"))

# What a parent of each media most often is to its child.
USUAL_RELATIONS = {
    MediaType.IMAGE: RelationType.SOURCE_IMAGE,
    MediaType.VIDEO: RelationType.SOURCE_VIDEO,
    MediaType.AUDIO: RelationType.AUDIO_TRACK,
}


class ChooseForm(forms.Form):
    """Which relative to add: on which side, and which asset."""

    side = forms.ChoiceField(required=False, choices=SIDES)
    q = forms.CharField(
        required=False,
        max_length=200,
        label="Find it by its id, a name, or words of its prompt",
        widget=forms.TextInput(attrs={"class": "form-control", "type": "search", "autocomplete": "off"}),
    )
    other = forms.IntegerField(required=False, min_value=1, max_value=ROW_ID_MAX)

    @property
    def is_up(self) -> bool:
        """Whether a parent is added. The form must be valid."""
        return str(self.cleaned_data["side"]) != "children"


class EdgeFieldsForm(forms.Form):
    """What the owner says of an edge; all but the relation may be left open."""

    relation_type = forms.ChoiceField(label="What the parent was", choices=RelationType.choices)
    operation_type = forms.ChoiceField(
        required=False, label="How the child was made", choices=[("", "As the child says"), *OperationType.choices]
    )
    sequence_order = forms.IntegerField(
        required=False, min_value=1, max_value=ORDER_MAX + 1, label="Place among the inputs"
    )
    parent_start_time = forms.FloatField(required=False, min_value=0, max_value=1_000_000, label="Used from second")
    parent_end_time = forms.FloatField(required=False, min_value=0, max_value=1_000_000, label="to second")
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
        """The form filled in with what an edge says."""
        drawn = fields_of(edge)
        order = (drawn.sequence_order or 0) + 1
        return cls(initial={name: getattr(drawn, name) for name in cls.base_fields} | {"sequence_order": order})

    def drawing(self) -> EdgeFields:
        """What was filled in, as the verb takes it: places are counted from 0 there. The form must be valid."""
        said = self.cleaned_data
        place = said["sequence_order"]
        return EdgeFields(
            relation_type=RelationType(said["relation_type"]),
            operation_type=OperationType(said["operation_type"]) if said["operation_type"] else None,
            sequence_order=None if place is None else place - 1,
            note=said["note"],
            parent_start_time=said["parent_start_time"],
            parent_end_time=said["parent_end_time"],
        )
