"""Forms to connect and change provider accounts, and the choices of provider and account filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth.models import User

from common.versions.forms import VersionedForm
from providers.accounts import (
    BASE_URL_LENGTH_MAX,
    CREDENTIAL_LENGTH_MAX,
    LABEL_LENGTH_MAX,
    values_of,
    version_of_account,
)
from providers.base import CredentialField, SignInMethod
from providers.models import ProviderAccount
from providers.registry import adapter_class, provider_ids

CREDENTIAL_PREFIX = "credential_"
# Suggested name of a new account.
DEFAULT_LABEL = "Main"


class AccountForm(VersionedForm):
    """Form of one account, with the credential fields of one sign-in method of the provider.

    When an account is changed, blank credential fields keep the stored credentials, which are never shown.
    """

    label = forms.CharField(
        max_length=LABEL_LENGTH_MAX,
        label="Name",
        help_text="Your name for this account in Stemma.",
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    base_url = forms.CharField(
        required=False,
        max_length=BASE_URL_LENGTH_MAX,
        label="Base URL",
        help_text="Only for a sandbox or a proxy. Leave blank to use the provider’s own address.",
        widget=forms.URLInput(attrs={"class": "form-control", "placeholder": "https://"}),
    )

    def __init__(
        self,
        posted: Mapping[str, Any] | None = None,
        *,
        method: SignInMethod,
        account: ProviderAccount | None = None,
    ) -> None:
        initial = values_of(account) | {"version": version_of_account(account)} if account else {"label": DEFAULT_LABEL}
        super().__init__(posted, initial=initial)
        self.method = method
        for field in method.fields:
            self.fields[CREDENTIAL_PREFIX + field.name] = credential_field(field, required=account is None)
        self.order_fields(["label", *(CREDENTIAL_PREFIX + field.name for field in method.fields), "base_url"])

    @property
    def credentials(self) -> dict[str, str]:
        """Entered credentials by field name; empty when all fields are blank."""
        filled = {field.name: self.cleaned_data[CREDENTIAL_PREFIX + field.name] for field in self.method.fields}
        return {name: value for name, value in filled.items() if value}


def add_problem(form: forms.BaseForm, field: str, message: str) -> None:
    """Add a refusal to the field of an account or of its credentials, or to the whole form when it has neither."""
    name = next((name for name in (field, CREDENTIAL_PREFIX + field) if name in form.fields), None)
    form.add_error(name, message)


def credential_field(field: CredentialField, *, required: bool = False) -> forms.CharField:
    """Return the form field of a credential, which never shows a stored value."""
    widget = forms.PasswordInput if field.is_secret else forms.TextInput
    return forms.CharField(
        required=required,
        max_length=CREDENTIAL_LENGTH_MAX,
        label=field.label,
        help_text=field.help_text,
        widget=widget(attrs={"class": "form-control", "autocomplete": "off", "spellcheck": "false"}),
    )


def provider_choices() -> list[tuple[str, str]]:
    """Return the choices of a provider filter, all providers first."""
    return [("", "All providers"), *((name, adapter_class(name).display_name) for name in provider_ids())]


def account_choices(owner: User) -> list[tuple[str, str]]:
    """Return the choices of an account filter, all accounts first."""
    accounts = ProviderAccount.objects.filter(owner=owner).order_by("provider_id", "label", "id")
    return [("", "All accounts"), *((str(account.pk), account.label) for account in accounts)]
