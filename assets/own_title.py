"""The owner's own title of an asset, which no import ever writes."""

from __future__ import annotations

from typing import ClassVar

from assets.models import Asset
from assets.models.asset import OWN_TITLE_LENGTH
from common.errors import AppError
from common.text import name_problem, tidy_name
from common.versions import require_version, version_of


class InvalidTitle(AppError):
    """The title is too long or cannot be read; the message says why."""

    http_status: ClassVar[int] = 422
    code: ClassVar[str] = "invalid_title"
    title: ClassVar[str] = "This title cannot be used"


def version_of_title(asset: Asset) -> str:
    """Return the version of an asset's own title."""
    return version_of({"own_title": asset.own_title})


def require_title_version(asset: Asset, version: str) -> None:
    """Lock a stored asset and raise EditConflict when its title has another version; "" accepts any."""
    stored = Asset.objects.select_for_update().only("own_title").get(pk=asset.pk)
    require_version(version, {"own_title": stored.own_title}, version_of_title(stored))


def set_own_title(asset: Asset, title: str) -> None:
    """Give an asset its owner's title; "" returns to the provider's. Raises InvalidTitle, see `tidy_title`."""
    asset.own_title = tidy_title(title)
    Asset.objects.filter(pk=asset.pk).update(own_title=asset.own_title)


def tidy_title(title: str) -> str:
    """Return a title as it is stored.

    Raises:
        InvalidTitle: it is too long or cannot be read.
    """
    title = tidy_name(title)
    if len(title) > OWN_TITLE_LENGTH:
        raise InvalidTitle(f"Titles can have up to {OWN_TITLE_LENGTH} characters.")
    if problem := name_problem(title) if title else "":
        raise InvalidTitle(problem.replace("Names", "Titles", 1))
    return title
