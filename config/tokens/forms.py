"""Form of a new API token."""

from __future__ import annotations

from django import forms

from common.text import name_problem, tidy_name
from config.tokens.store import NAME_LENGTH_MAX


class TokenForm(forms.Form):
    """The name of a new token, with the API's rules for names."""

    name = forms.CharField(
        max_length=NAME_LENGTH_MAX,
        label="Name",
        help_text="The program or device that will use the token.",
        error_messages={"required": "Enter a name for the token."},
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )

    def clean_name(self) -> str:
        """Return the name as it is stored. Raises ValidationError for an unreadable one."""
        name = tidy_name(self.cleaned_data["name"])
        if problem := name_problem(name):
            raise forms.ValidationError(problem)
        return name
