"""Find a provider or account of a request, or answer 404."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from common.auth import request_user
from providers.base import Adapter
from providers.models import ProviderAccount
from providers.registry import UnknownProvider, adapter_class


def provider_or_404(provider_id: str) -> type[Adapter]:
    """What a provider declares of itself; Http404 when there is none of that id."""
    try:
        return adapter_class(provider_id)
    except UnknownProvider:
        raise Http404 from None


def account_or_404(request: HttpRequest, provider_id: str, account_id: int) -> ProviderAccount:
    """The request_user's account at this provider; Http404 when it is not theirs, not there, or not known."""
    provider_or_404(provider_id)
    owned = ProviderAccount.objects.filter(owner=request_user(request), provider_id=provider_id)
    return get_object_or_404(owned, pk=account_id)
