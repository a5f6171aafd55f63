"""Form of a person's preferences."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.conf import settings

from config.preferences.time_zone import zone_names


class PreferencesForm(forms.Form):
    """The time zone, by name."""

    time_zone = forms.ChoiceField(
        required=False,
        label="Time zone",
        help_text="Dates and times on all pages are shown in it, and date filters count its days.",
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", f"Default ({settings.TIME_ZONE})"), *((name, name.replace("_", " ")) for name in zone_names())]
        cast(forms.ChoiceField, self.fields["time_zone"]).choices = choices
