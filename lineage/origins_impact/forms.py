"""Validation of the URL parameters of the origins and impact pages: the order, and the inspector's filters."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms

from lineage.graph.query import AssetFilter
from lineage.inspector.forms import InspectorForm
from lineage.origins_impact.query import ClosureSort

SORTS = (
    (ClosureSort.NEAREST, "Nearest first"),
    (ClosureSort.FARTHEST, "Farthest first"),
    (ClosureSort.NEWEST, "Newest first"),
    (ClosureSort.OLDEST, "Oldest first"),
    (ClosureSort.MEDIA_TYPE, "By media"),
    (ClosureSort.OPERATION, "By operation"),
    (ClosureSort.PROVIDER, "By provider"),
)

FILTERS = ("operation_type", "media_type", "provider_id", "made_after", "made_before")


class ClosureForm(forms.Form):
    """All parameters of the URL of these pages; none is required."""

    sort = forms.ChoiceField(
        required=False, label="Sort", choices=SORTS, widget=forms.Select(attrs={"class": "form-select"})
    )

    originals = forms.BooleanField(
        required=False, label="Originals only", widget=forms.CheckboxInput(attrs={"class": "form-check-input"})
    )

    def __init__(self, parameters: Any = None, *, is_up: bool) -> None:
        super().__init__(parameters)
        shared = InspectorForm()
        self.fields.update({name: shared.fields[name] for name in FILTERS})
        if not is_up:
            del self.fields["originals"]

    @property
    def order(self) -> ClosureSort:
        """Return the requested order. The form must be valid."""
        return ClosureSort(self.cleaned_data["sort"] or ClosureSort.NEAREST)

    @property
    def asset_filter(self) -> AssetFilter:
        """Return the requested filters. The form must be valid."""
        return AssetFilter(**{name: self.cleaned_data[name] for name in FILTERS if self.cleaned_data[name]})

    @property
    def filters(self) -> list[forms.BoundField]:
        """Return the fields of the filters, without the box for originals."""
        return [self[name] for name in FILTERS]

    @property
    def only_originals(self) -> bool:
        """Return whether only ancestors without parents are listed. The form must be valid."""
        return bool(self.cleaned_data.get("originals"))

    @property
    def filter_count(self) -> int:
        """Count the filters that are set. The form must be valid."""
        return sum(bool(self.cleaned_data[name]) for name in FILTERS) + self.only_originals

    def query_string(self, **changes: Any) -> str:
        """Return the URL's query string: the parameters that are not the default, always in the same order."""
        sort = "" if self.order is ClosureSort.NEAREST else self.order
        filters = {name: self.cleaned_data[name] for name in FILTERS}
        values = {"sort": sort, "originals": "on" if self.only_originals else "", **filters, **changes}
        return urlencode({name: value for name, value in values.items() if value not in (None, "")})
