"""The side panel of the graph view: a summary of the selected asset."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from assets.models import Asset
from common.pages import PageRequest, is_part_request
from providers.registry import adapter_class, provider_ids


@require_GET
@login_required
def node_panel(request: HttpRequest, asset_id: int) -> HttpResponse:
    """Show a summary of an asset; without htmx there is no panel, so redirect to the asset's own page."""
    page = cast(PageRequest, request)
    asset = get_object_or_404(Asset.objects.owned_by(page.user).without_payload(), pk=asset_id)
    if not is_part_request(page):
        return redirect("library:asset", asset_id)
    known = asset.provider_id in provider_ids()
    provider_name = adapter_class(asset.provider_id).display_name if known else asset.provider_id
    response = render(request, "lineage/inspector/_node_panel.html", {"asset": asset, "provider_name": provider_name})
    patch_vary_headers(response, ["HX-Request"])
    return response
