"""What an address of the origins and impact pages may ask: the order, and the same filters as the inspector."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms

from lineage.closure.query import ClosureSort
from lineage.graph.query import AssetFilter
from lineage.inspector.query_form import LineageQuery

SORTS = (
    (ClosureSort.NEAREST, "Nearest first"),
    (ClosureSort.FARTHEST, "Farthest first"),
    (ClosureSort.NEWEST, "Newest first"),
    (ClosureSort.OLDEST, "Oldest first"),
    (ClosureSort.MEDIA_TYPE, "By media"),
    (ClosureSort.OPERATION, "By how it was made"),
    (ClosureSort.PROVIDER, "By provider"),
)

FILTERS = ("operation_type", "media_type", "provider_id", "made_after", "made_before")


class ClosureForm(forms.Form):
    """Everything an address of these pages says; what is left out takes its default."""

    sort = forms.ChoiceField(
        required=False, label="Sort", choices=SORTS, widget=forms.Select(attrs={"class": "form-select"})
    )

    def __init__(self, query: Any = None) -> None:
        super().__init__(query)
        shared = LineageQuery()
        self.fields.update({name: shared.fields[name] for name in FILTERS})

    @property
    def order(self) -> ClosureSort:
        """The order asked for. The form must be valid."""
        return ClosureSort(self.cleaned_data["sort"] or ClosureSort.NEAREST)

    @property
    def asset_filter(self) -> AssetFilter:
        """The filters asked for. The form must be valid."""
        return AssetFilter(**{name: self.cleaned_data[name] for name in FILTERS if self.cleaned_data[name]})

    @property
    def filters(self) -> list[forms.BoundField]:
        """The fields of the filters."""
        return [self[name] for name in FILTERS]

    @property
    def filter_count(self) -> int:
        """How many filters are set. The form must be valid."""
        return sum(bool(self.cleaned_data[name]) for name in FILTERS)

    def query_string(self, **changes: Any) -> str:
        """What the address says, without what is the default anyway, always in the same order."""
        sort = "" if self.order is ClosureSort.NEAREST else self.order
        asked = {"sort": sort, **{name: self.cleaned_data[name] for name in FILTERS}, **changes}
        return urlencode({name: value for name, value in asked.items() if value not in (None, "")})
