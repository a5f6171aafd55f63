"""Forms of the pages that ask one account."""

from __future__ import annotations

from django import forms


class AccountChoiceForm(forms.Form):
    """Which account something is asked of."""

    account = forms.IntegerField(min_value=1)
