"""Forms to start a rebuild, to filter the list of runs, and to select assets of a preview."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.http import QueryDict

from common.runs.pages import StateFilterForm
from lineage.models import RebuildMode
from providers.registry import provider_ids

_LARGEST_ID = 2**63 - 1
_TOO_LONG = len(str(_LARGEST_ID)) + 1


class RebuildForm(forms.Form):
    """The assets to rebuild or preview: one asset, all of a provider, or those of an earlier run."""

    run_id = forms.IntegerField(required=False, min_value=1, max_value=_LARGEST_ID)
    asset_id = forms.IntegerField(required=False, min_value=1, max_value=_LARGEST_ID)
    provider_id = forms.ChoiceField(required=False)
    keep_existing = forms.BooleanField(required=False)

    def __init__(self, posted: Any = None) -> None:
        super().__init__(posted)
        cast(forms.ChoiceField, self.fields["provider_id"]).choices = [(name, name) for name in provider_ids()]

    def clean(self) -> dict[str, Any]:
        """Require one of the three."""
        named = super().clean() or {}
        if not self.errors and not any(named.get(name) for name in ("run_id", "asset_id", "provider_id")):
            raise forms.ValidationError("Choose an asset or a provider.")
        return named


class RebuildFilterForm(StateFilterForm):
    """The filters of the list of rebuilds, from the query string of its address."""

    mode = forms.ChoiceField(required=False, label="Kind", choices=[("", "Any kind"), *RebuildMode.choices])

    field_order = ("mode", "state")


class ChoiceForm(forms.Form):
    """The selected assets of a preview: the boxes of one page, or all or none; and the page to show next."""

    every = forms.ChoiceField(required=False, choices=[("yes", "All"), ("no", "None")])
    to_page = forms.IntegerField(required=False, min_value=1, max_value=_LARGEST_ID)

    def ids(self, name: str) -> list[int]:
        """Return the ids of the checked boxes with that name; values that are not ids are ignored."""
        texts = cast(QueryDict, self.data).getlist(name)
        numbers = (int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < _TOO_LONG)
        return [number for number in numbers if number <= _LARGEST_ID]
