"""Forms that start and filter runs."""

from __future__ import annotations

from typing import cast

from django import forms
from django.contrib.auth.models import User
from django.http import QueryDict

from assets.models import RunKind, RunMode
from common.runs.pages import StateFilterForm
from providers.forms import account_choices, provider_choices


class StartForm(forms.Form):
    """Options of a scan or import; by default it reads the whole library."""

    mode = forms.ChoiceField(required=False, choices=RunMode.choices)
    create_lineage = forms.BooleanField(required=False)

    def clean_mode(self) -> RunMode:
        """Return the mode, full when none is given."""
        return RunMode(self.cleaned_data["mode"] or RunMode.FULL)


class RunFilterForm(StateFilterForm):
    """The filters of the list of scans and imports, from the query string of its address."""

    provider_id = forms.ChoiceField(required=False, label="Provider")
    account_id = forms.ChoiceField(required=False, label="Account")
    kind = forms.ChoiceField(required=False, label="Kind", choices=[("", "Scans and imports"), *RunKind.choices])

    field_order = ("provider_id", "account_id", "kind", "state")

    def __init__(self, query: QueryDict, *, owner: User) -> None:
        super().__init__(query)
        cast(forms.ChoiceField, self.fields["provider_id"]).choices = provider_choices()
        cast(forms.ChoiceField, self.fields["account_id"]).choices = account_choices(owner)
