"""Forms of a new API token."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django import forms

from common.text import name_problem, tidy_name
from config.models import ApiToken
from config.tokens.store import NAME_LENGTH_MAX

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[ApiToken]
else:
    ModelForm = forms.ModelForm


class TokenName(forms.CharField):
    """The name of a token, with the API's rules for names."""

    default_error_messages = {"required": "Enter a name for the token."}

    def clean(self, value: str) -> str:
        """Return the name as it is stored. Raises ValidationError for an unreadable one."""
        name = tidy_name(super().clean(value))
        if problem := name_problem(name):
            raise forms.ValidationError(problem)
        return name


class TokenForm(forms.Form):
    """The name of one's new token."""

    name = TokenName(
        max_length=NAME_LENGTH_MAX,
        label="Name",
        help_text="The program or device that will use the token.",
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )


class OwnedTokenForm(ModelForm):
    """The owner and the name of a new token."""

    name = TokenName(max_length=NAME_LENGTH_MAX)

    class Meta:
        model = ApiToken
        fields: ClassVar[list[str]] = ["owner", "name"]
