"""What may be rebuilt."""

from __future__ import annotations

from typing import Any, cast

from django import forms

from providers.registry import provider_ids


class RebuildForm(forms.Form):
    """What to rebuild: one asset, or all of a provider's."""

    asset_id = forms.IntegerField(required=False, min_value=1)
    provider_id = forms.ChoiceField(required=False)
    keep_existing = forms.BooleanField(required=False)

    def __init__(self, posted: Any = None) -> None:
        super().__init__(posted)
        cast(forms.ChoiceField, self.fields["provider_id"]).choices = [(name, name) for name in provider_ids()]

    def clean(self) -> dict[str, Any]:
        """Something must be named."""
        named = super().clean() or {}
        if not self.errors and not named.get("asset_id") and not named.get("provider_id"):
            raise forms.ValidationError("Name an asset or a provider.")
        return named
