"""The library's filter form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast

from django import forms
from django.contrib.auth.models import User
from django.core.validators import MaxValueValidator
from django.http import QueryDict
from django.urls import reverse_lazy

from common.vocabulary import MediaType, OperationType
from library.browse import LibraryFilter
from library.search_syntax import is_searchable, split_unfinished
from providers.forms import account_choices, provider_choices

LINEAGE_CHOICES = [
    ("", "Any lineage"),
    ("related", "Has lineage"),
    ("orphan", "No lineage"),
    ("root", "Originals (no parents)"),
]
SORT_CHOICES = [("newest", "Newest first"), ("oldest", "Oldest first")]

# The last date that has a following day.
LAST_DAY = date(9998, 12, 31)


@dataclass(frozen=True, slots=True)
class ActiveFilter:
    """An active filter in words, and the query string of the page without it."""

    label: str
    value: str
    without: str


def _name(label: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"class": "form-control", "placeholder": "Asset ID", "autocomplete": "off"})
    return forms.CharField(required=False, max_length=500, label=label, widget=widget)


class LibraryFilterForm(forms.Form):
    """The library's filters, as in the query string of its URL."""

    text = forms.CharField(
        required=False,
        max_length=200,
        label="Search prompts or IDs",
        widget=forms.TextInput(
            attrs={
                "class": "form-control",
                "type": "search",
                "placeholder": "Search prompts or IDs",
                "autocomplete": "off",
                # While a person types, text that cannot be searched yet changes nothing.
                "hx-get": reverse_lazy("library:library"),
                "hx-trigger": "input changed delay:350ms",
                "hx-include": "closest form",
                "hx-headers": '{"X-Typing": "true"}',
            }
        ),
    )
    provider_id = forms.ChoiceField(required=False, label="Provider")
    account_id = forms.ChoiceField(required=False, label="Account")
    media_type = forms.ChoiceField(required=False, label="Media", choices=[("", "All media"), *MediaType.choices])
    operation_type = forms.ChoiceField(
        required=False, label="Operation", choices=[("", "Any operation"), *OperationType.choices]
    )
    made_after = forms.DateField(required=False, label="Created after", validators=[MaxValueValidator(LAST_DAY)])
    made_before = forms.DateField(required=False, label="Created before", validators=[MaxValueValidator(LAST_DAY)])
    lineage = forms.ChoiceField(required=False, label="Lineage", choices=LINEAGE_CHOICES)
    made_from = _name("Made from")
    used_in = _name("Used in")
    show_stubs = forms.BooleanField(required=False, label="Include placeholders (not imported)")
    show_relatives = forms.BooleanField(required=False, label="Include parents and children")
    sort = forms.ChoiceField(required=False, label="Sort", choices=SORT_CHOICES)

    def __init__(self, query: QueryDict, *, owner: User) -> None:
        super().__init__(query)
        self.query = query
        cast(forms.ChoiceField, self.fields["provider_id"]).choices = provider_choices()
        cast(forms.ChoiceField, self.fields["account_id"]).choices = account_choices(owner)
        for field in self.fields.values():
            if isinstance(field, forms.ChoiceField):
                field.widget.attrs["class"] = "form-select"
            elif isinstance(field, forms.DateField):
                field.widget = forms.DateInput(attrs={"class": "form-control", "type": "date"})
            elif isinstance(field, forms.BooleanField):
                field.widget.attrs["class"] = "form-check-input"

    def filter(self) -> LibraryFilter:
        """Return the filter for `browse`. The form must be valid."""
        chosen = self.cleaned_data
        return LibraryFilter(
            provider_id=chosen["provider_id"],
            account_id=int(chosen["account_id"]) if chosen["account_id"] else None,
            media_type=chosen["media_type"],
            operation_type=chosen["operation_type"],
            made_after=chosen["made_after"],
            made_before=chosen["made_before"],
            lineage=chosen["lineage"],
            made_from=chosen["made_from"],
            used_in=chosen["used_in"],
            text=split_unfinished(chosen["text"])[0],
            show_stubs=chosen["show_stubs"],
            show_relatives=chosen["show_relatives"],
            sort=chosen["sort"] or "newest",
        )

    @property
    def has_panel_errors(self) -> bool:
        """True when a field in the filter panel has an error; the search and sort fields are outside of it."""
        return bool(self.errors.keys() - {"text", "sort"})

    @property
    def unfinished(self) -> str:
        """How to finish an operator of the search that does not filter yet, "" when there is none."""
        return split_unfinished(self.cleaned_data.get("text", ""))[1]

    @property
    def is_searchable(self) -> bool:
        """False when the search has no letter or digit, so that it finds nothing."""
        text = self.cleaned_data.get("text", "")
        return not text or is_searchable(text)

    def active(self) -> list[ActiveFilter]:
        """Return the active filters, without the sort order. The form must be valid."""
        return [
            ActiveFilter(str(self.fields[name].label), self._in_words(name), self._without(name))
            for name in self.fields
            if name != "sort" and self.cleaned_data.get(name)
        ]

    def _in_words(self, name: str) -> str:
        field, value = self.fields[name], self.cleaned_data[name]
        if isinstance(field, forms.ChoiceField):
            return str(dict(field.choices)[value])  # type: ignore[arg-type]
        return "" if value is True else str(value)

    def _without(self, name: str) -> str:
        query = self.query.copy()
        for gone in (name, "cursor"):
            query.pop(gone, None)
        return query.urlencode()
