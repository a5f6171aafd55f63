"""Forms of a row that somebody else may save meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from common.versions import EditConflict


class VersionedForm(forms.Form):
    """Form with the version of the row that it was filled from, in a hidden field."""

    version = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)

    def show_conflict(self, conflict: EditConflict, current: Mapping[str, Any]) -> None:
        """Keep what was entered, show the stored values beside it, and let the next save replace them.

        Args:
            conflict: the refusal.
            current: the stored values as `initial` of the form.
        """
        entered = dict(self.cleaned_data)
        self.add_error(None, str(conflict))
        for name, value in current.items():
            if name in entered and _blank_as_none(entered[name]) != _blank_as_none(value):
                self.add_error(name, f"Saved meanwhile: {self._as_text(name, value)}")
        # What was posted cannot be changed, and still holds the old version.
        posted = dict(self.data.items())
        posted[self.add_prefix("version")] = conflict.version
        self.data = posted

    def _as_text(self, name: str, value: Any) -> str:
        choices = dict(getattr(self.fields[name], "choices", ()))
        return str(choices.get(value, value)) if _blank_as_none(value) is not None else "(blank)"


def _blank_as_none(value: Any) -> Any:
    return None if value == "" else value
