"""Forms that start and filter runs."""

from __future__ import annotations

from typing import cast

from django import forms
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import QueryDict

from assets.models import RunKind, RunMode, SyncRun
from common.runs import RunState
from providers.forms import account_choices, provider_choices


class StartForm(forms.Form):
    """How a whole-library run is to read; everything, unless it says otherwise."""

    mode = forms.ChoiceField(required=False, choices=RunMode.choices)
    create_lineage = forms.BooleanField(required=False)

    def clean_mode(self) -> RunMode:
        """The mode as the verb takes it."""
        return RunMode(self.cleaned_data["mode"] or RunMode.FULL)


class RunFilterForm(forms.Form):
    """The filters of the list of runs, as the query string of its address holds them."""

    provider_id = forms.ChoiceField(required=False, label="Provider")
    account_id = forms.ChoiceField(required=False, label="Account")
    kind = forms.ChoiceField(required=False, label="Kind", choices=[("", "Scans and imports"), *RunKind.choices])
    state = forms.ChoiceField(required=False, label="State", choices=[("", "Any state"), *RunState.choices])

    def __init__(self, query: QueryDict, *, owner: User) -> None:
        super().__init__(query)
        cast(forms.ChoiceField, self.fields["provider_id"]).choices = provider_choices()
        cast(forms.ChoiceField, self.fields["account_id"]).choices = account_choices(owner)
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select"

    def found(self, rows: QuerySet[SyncRun]) -> QuerySet[SyncRun]:
        """The rows that the filters let through. The form must be valid."""
        return rows.filter(**{name: value for name, value in self.cleaned_data.items() if value})
