"""Lookups of providers and accounts that raise Http404 when there is none."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from common.auth import request_user
from providers.base import Adapter
from providers.models import ProviderAccount
from providers.registry import UnknownProvider, adapter_class


def provider_or_404(provider_id: str) -> type[Adapter]:
    """Return a provider's adapter class. Raises Http404 when there is no such provider."""
    try:
        return adapter_class(provider_id)
    except UnknownProvider:
        raise Http404 from None


def account_or_404(request: HttpRequest, provider_id: str, account_id: int) -> ProviderAccount:
    """Return the signed-in user's account at this provider. Raises Http404 when there is none."""
    provider_or_404(provider_id)
    owned = ProviderAccount.objects.filter(owner=request_user(request), provider_id=provider_id)
    return get_object_or_404(owned, pk=account_id)
