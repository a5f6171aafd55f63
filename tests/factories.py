"""Rows for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import factory
from django.contrib.auth.models import User

from assets.models import Asset, Reference
from common.vocabulary import AssetStatus, MediaType, NameKind, OperationType, id_kind
from lineage.models import LineageEdge
from providers.credentials.sealing import seal
from providers.models import ProviderAccount
from providers.records import Name, RemoteAsset

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


class RowFactory(factory.django.DjangoModelFactory):
    """A factory whose call gives a row, which its own types do not say."""

    class Meta:
        abstract = True

    if TYPE_CHECKING:

        def __new__(cls, **fields: Any) -> Any: ...


class UserFactory(RowFactory):
    """A person who can sign in."""

    class Meta:
        model = User

    username = factory.Sequence(lambda number: f"person{number}")


class AccountFactory(RowFactory):
    """A Pixverse account with an access key."""

    class Meta:
        model = ProviderAccount

    owner = factory.SubFactory(UserFactory)
    provider_id = "pixverse"
    label = factory.Sequence(lambda number: f"Account {number}")
    created_at = NOW
    updated_at = NOW

    @factory.lazy_attribute
    def sealed_credentials(self) -> str:
        return seal({"access_key": "a-test-access-key"})


class AssetFactory(RowFactory):
    """A finished clip."""

    class Meta:
        model = Asset

    owner = factory.SubFactory(UserFactory)
    provider_id = "pixverse"
    provider_asset_id = factory.Sequence(lambda number: str(400_000_000_000_000 + number))
    media_type = "video"
    status = "completed"
    operation_type = "text_to_video"
    prompt = factory.Sequence(lambda number: f"paper boats, take {number}")
    provider_created_at = NOW
    # Nothing is imported before it was made.
    created_at = factory.LazyAttribute(lambda asset: max(NOW, asset.provider_created_at or NOW))
    updated_at = NOW


class ReferenceFactory(RowFactory):
    """A name of an asset."""

    class Meta:
        model = Reference

    asset = factory.SubFactory(AssetFactory)
    owner = factory.SelfAttribute("asset.owner")
    provider_id = factory.SelfAttribute("asset.provider_id")
    value = factory.SelfAttribute("asset.provider_asset_id")
    created_at = NOW

    @factory.lazy_attribute
    def kind(self) -> str:
        return id_kind(MediaType(self.asset.media_type))


class EdgeFactory(RowFactory):
    """A parent that was extended into a child."""

    class Meta:
        model = LineageEdge

    parent = factory.SubFactory(AssetFactory)
    child = factory.SubFactory(AssetFactory, owner=factory.SelfAttribute("..parent.owner"))
    owner = factory.SelfAttribute("parent.owner")
    relation_type = "SOURCE_VIDEO"
    operation_type = "video_extend"
    evidence = "provider"
    created_at = NOW


def chain(owner: User, length: int) -> list[Asset]:
    """Clips each made from the one before, the oldest first."""
    clips = AssetFactory.create_batch(length, owner=owner)
    for parent, child in pairwise(clips):
        EdgeFactory(parent=parent, child=child)
    return clips


def remote_asset(**changes: Any) -> RemoteAsset:
    """A record as an extractor gives it: one finished clip named by id and path."""
    number = changes.pop("number", 1)
    path = f"pixverse/mp4/media/web/ori/clip{number}_seed{number}.mp4"
    kind = id_kind(changes.get("media_type", MediaType.VIDEO))
    fields: dict[str, Any] = {
        "provider_id": "pixverse",
        "provider_asset_id": str(400_000_000_000_000 + number),
        "media_type": MediaType.VIDEO,
        "names": (Name(NameKind.PATH, path), Name(kind, str(400_000_000_000_000 + number))),
        "payload": {"video_id": 400_000_000_000_000 + number, "video_path": path, "prompt": f"clip {number}"},
        "status": AssetStatus.COMPLETED,
        "operation_type": OperationType.TEXT_TO_VIDEO,
        "prompt": f"clip {number}",
    }
    return RemoteAsset(**{**fields, **changes})
