"""Admin page of provider accounts. Credentials are entered here as in Provider Settings, and never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.versions import EditConflict
from common.versions.forms import VersionedForm
from providers import accounts
from providers.accounts import InvalidAccount
from providers.base import CredentialField
from providers.credentials.sealing import WrongCredentialsKey
from providers.errors import AccountDisabled, ProviderError
from providers.forms import CREDENTIAL_PREFIX, add_problem, credential_field
from providers.models import ProviderAccount
from providers.registry import adapter_class, provider_ids

if TYPE_CHECKING:
    AccountAdmin = admin.ModelAdmin[ProviderAccount]
    ModelForm = forms.ModelForm[ProviderAccount]
else:
    AccountAdmin = admin.ModelAdmin
    ModelForm = forms.ModelForm


class ProviderFilter(admin.SimpleListFilter):
    """Filter by provider. Choices come from the registry, since DISTINCT over a large table is slow."""

    title = "provider"
    parameter_name = "provider_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return all registered providers."""
        return [(provider_id, adapter_class(provider_id).display_name) for provider_id in provider_ids()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of the selected provider."""
        return queryset.filter(provider_id=self.value()) if self.value() else queryset


class AccountForm(ModelForm, VersionedForm):
    """An account, saved by the operations of Provider Settings. `account_form` adds the fields of its credentials.

    When an account is changed, blank credential fields keep the stored credentials, which are never shown.
    """

    label = forms.CharField(label="Name", required=False)
    base_url = forms.CharField(
        label="Base URL",
        required=False,
        help_text="Only for a sandbox or a proxy. A changed address needs the credentials again.",
        widget=forms.TextInput(attrs={"class": "vURLField"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial = {**self.initial, "version": accounts.version_of_account(self.instance)}

    @property
    def credentials(self) -> dict[str, str]:
        """Entered credentials by field name, those of other providers too."""
        filled = {
            name.removeprefix(CREDENTIAL_PREFIX): value
            for name, value in self.cleaned_data.items()
            if name.startswith(CREDENTIAL_PREFIX)
        }
        return {name: value for name, value in filled.items() if value}

    def clean(self) -> dict[str, Any]:
        """Save the account, so that every refusal is an error of its field: the name's uniqueness shows only then.

        The admin's transaction is around it.
        """
        values = self.cleaned_data
        if not self.errors:
            try:
                self._save(values)
            except InvalidAccount as refusal:
                for field, message in refusal.errors.items():
                    add_problem(self, field, message)
            except EditConflict as conflict:
                self.show_conflict(conflict, conflict.current)
        return values

    def _save(self, values: dict[str, Any]) -> None:
        label, base_url, now = values["label"], values["base_url"], timezone.now()
        if self.instance.pk is None:
            self.instance = accounts.connect(
                values["owner"],
                provider_id=values["provider_id"],
                label=label,
                base_url=base_url,
                credentials=self.credentials,
                now=now,
            )
        else:
            accounts.update(
                self.instance,
                label=label,
                base_url=base_url,
                credentials=self.credentials or None,
                is_enabled=values["is_enabled"],
                version=values["version"],
                now=now,
            )

    def _post_clean(self) -> None:
        """Leave the saved row as it is: Django would write the entered values into it, untidied."""


def account_form(provider_id: str = "") -> type[AccountForm]:
    """Return the form of an account at a provider, with its credential fields; by default that of a new account."""
    fields: dict[str, forms.Field] = {
        CREDENTIAL_PREFIX + field.name: credential_field(field) for field in _credentials(provider_id)
    }
    if not provider_id:
        choices = [(name, adapter_class(name).display_name) for name in provider_ids()]
        fields["provider_id"] = forms.ChoiceField(label="Provider", choices=choices)
    return type("AccountForm", (AccountForm,), fields)


def _credentials(provider_id: str) -> list[CredentialField]:
    methods = (
        method
        for name in ([provider_id] if provider_id else provider_ids())
        for method in adapter_class(name).sign_in_methods
    )
    return list({field.name: field for method in methods for field in method.fields}.values())


class ProviderAccountAdmin(AccountAdmin):
    """Accounts of all owners. Saving new credentials tests the connection."""

    list_display = ("label", "provider_id", "owner", "state", "is_enabled", "display_name", "checked_at")
    list_filter = ("provider_id", "state", "is_enabled")
    list_select_related = ("owner",)
    search_fields = ("label", "display_name", "owner__username")
    ordering = ("provider_id", "label", "pk")
    date_hierarchy = "created_at"
    actions = ("test_connection",)
    new_fields = ("owner", "provider_id", "label")
    account_fields = ("owner", "provider_id", "label", "base_url", "is_enabled")
    state_fields = ("state", "state_detail", "display_name", "balances", "checked_at", "created_at", "updated_at")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form with the credential fields of the account's provider."""
        kwargs["form"] = account_form(obj.provider_id if obj else "")
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the sections of the page; credentials only for those who may enter them."""
        names = tuple(CREDENTIAL_PREFIX + field.name for field in _credentials(obj.provider_id if obj else ""))
        if obj is None:
            words = "One way to sign in is enough. The connection is tested when you save."
            advanced = {"classes": ("collapse",), "fields": ("base_url",)}
            return (
                (None, {"fields": self.new_fields}),
                ("Credentials", {"description": words, "fields": names}),
                ("Advanced", advanced),
            )
        words = "Saved credentials are hidden. Leave the fields blank to keep them, or fill them in to replace them."
        credentials = ("Credentials", {"description": words, "fields": names})
        can_change = self.has_change_permission(request, obj)
        return (
            (None, {"fields": (*self.account_fields, "version") if can_change else self.account_fields}),
            *((credentials,) if can_change else ()),
            ("State", {"description": "Found by the last test of the connection.", "fields": self.state_fields}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return what the provider reports, and what makes a stored account another one."""
        return ("owner", "provider_id", *self.state_fields) if obj else ()

    def save_model(self, request: HttpRequest, obj: ProviderAccount, form: Any, change: bool) -> None:
        """Test the connection with new credentials, after the commit. The form has saved the account already."""
        if form.credentials and obj.is_enabled:
            transaction.on_commit(lambda: self.message_user(request, *_test(obj)))

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Return the consequences for the confirmation page, as Provider Settings names them.

        Django would list every item that an account has listed at its provider.
        """
        found = [f"{account}, owned by {account.owner}, with its saved credentials" for account in objs]
        found.append("Kept: all imported assets, their lineage, and all media at the provider")
        needed = set() if self.has_delete_permission(request) else {str(ProviderAccount._meta.verbose_name)}
        return found, {str(ProviderAccount._meta.verbose_name_plural): len(objs)}, needed, []

    def delete_model(self, request: HttpRequest, obj: ProviderAccount) -> None:
        """Delete the account as Provider Settings does."""
        accounts.disconnect(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        """Delete the accounts as Provider Settings does."""
        for account in queryset.order_by("pk"):
            accounts.disconnect(account)

    @admin.action(description="Test connection", permissions=["change"])
    def test_connection(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        """Test each selected account at its provider and report the results."""
        for account in queryset.order_by("pk"):
            self.message_user(request, *_test(account))


def _test(account: ProviderAccount) -> tuple[str, int]:
    """Test an account at its provider; return the result as a message and its level."""
    try:
        accounts.test(account, now=timezone.now())
    except ProviderError as error:
        return f"{account}: {error.title}. {error.message} {error.next_step}", messages.ERROR
    except (AccountDisabled, WrongCredentialsKey) as error:
        return f"{account}: {error}", messages.ERROR
    return f"{account}: connected.", messages.SUCCESS
