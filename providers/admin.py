"""Admin page of provider accounts. Credentials are neither shown nor changed here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.text import name_problem, tidy_name
from providers import accounts
from providers.credentials.sealing import WrongCredentialsKey
from providers.errors import AccountDisabled, ProviderError
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


class AccountForm(ModelForm):
    """The name and the switch of an account, with the rules of Provider Settings for names."""

    def clean_label(self) -> str:
        """Return the name as it is stored."""
        label = tidy_name(self.cleaned_data["label"])
        if problem := name_problem(label):
            raise forms.ValidationError(problem)
        same = ProviderAccount.objects.filter(
            owner_id=self.instance.owner_id, provider_id=self.instance.provider_id, label=label
        )
        if same.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(f"The owner already has an account named {label!r}.")
        return label


class ProviderAccountAdmin(AccountAdmin):
    """Accounts of all owners. New accounts are connected on the Provider Settings page, which takes credentials."""

    list_display = ("label", "provider_id", "owner", "state", "is_enabled", "display_name", "checked_at")
    list_filter = ("provider_id", "state", "is_enabled")
    list_select_related = ("owner",)
    search_fields = ("label", "display_name", "owner__username")
    ordering = ("provider_id", "label", "pk")
    date_hierarchy = "created_at"
    actions = ("test_connection",)
    form = AccountForm
    fields = (
        "owner",
        "provider_id",
        "label",
        "base_url",
        "is_enabled",
        "state",
        "state_detail",
        "display_name",
        "balances",
        "checked_at",
        "created_at",
        "updated_at",
    )
    # The base URL is read-only: stored credentials would be sent to a changed one.
    readonly_fields = tuple(field for field in fields if field not in {"label", "is_enabled"})

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: an account needs credentials, which are not entered here."""
        return False

    @admin.action(description="Test connection", permissions=["change"])
    def test_connection(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        """Test each selected account at its provider and report the results."""
        for account in queryset.order_by("pk"):
            try:
                accounts.test(account, now=timezone.now())
            except (ProviderError, AccountDisabled, WrongCredentialsKey) as error:
                self.message_user(request, f"{account}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"{account}: connected.", messages.SUCCESS)
