"""Template filter and tag that name an asset and link to its page."""

from __future__ import annotations

from typing import Protocol

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from assets.models import Asset

register = template.Library()

LABEL_LENGTH = 90


class Labelled(Protocol):
    """An asset, or a summary of one."""

    @property
    def description(self) -> str:
        """The title or prompt."""

    @property
    def media_type(self) -> str:
        """Video, image, audio or 3D model."""


@register.filter
def asset_label(asset: Labelled, length: int = LABEL_LENGTH) -> str:
    """Return the asset's title or prompt, cut to `length` characters, or "Untitled video" when it has neither."""
    return Truncator(asset.description).chars(length) or f"Untitled {asset.media_type}"


@register.simple_tag
def asset_link(asset: Asset, length: int = LABEL_LENGTH) -> SafeString:
    """Return a link to the asset's page, with its label as text."""
    return format_html('<a href="{}">{}</a>', reverse("library:asset", args=[asset.pk]), asset_label(asset, length))
