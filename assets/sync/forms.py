"""Forms of the pages for one account."""

from __future__ import annotations

from django import forms


class AccountChoiceForm(forms.Form):
    """The account to act on."""

    account = forms.IntegerField(min_value=1)
