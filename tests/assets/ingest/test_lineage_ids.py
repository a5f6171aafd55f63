"""Assets whose lineage an import changes."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from assets.ingest.batch import ingest
from assets.ingest.results import Batch
from assets.models import Asset
from assets.signals import assets_imported
from lineage.models import LineageEdge
from providers import registry
from tests.factories import NOW
from tests.payloads import MP4, extend, video

# Its path, the more specific name, means clip 1, its id clip 2.
CONTRADICTING = extend(3, of_id=2, of_path=MP4.format(1, 1))


def bring(owner: User, item: dict[str, Any]) -> Batch:
    """Import one item, with its lineage."""
    record = registry.extractor("pixverse").asset(item)
    batch = ingest(owner.pk, [record], provider_id="pixverse", account_id=None, now=NOW)
    assets_imported.send(
        sender=bring,
        owner_id=owner.pk,
        asset_ids=batch.fresh_ids,
        lost_name_ids=batch.lost_name_ids,
        create_lineage=True,
        now=NOW,
    )
    return batch


class TestLineageIds:
    def test_are_those_of_what_came_in(self, alice: User) -> None:
        batch = bring(alice, video(1))

        assert (batch.fresh_ids, batch.lost_name_ids) == ([Asset.objects.get().pk], ())

    def test_hold_the_child_of_what_lost_a_name(self, alice: User) -> None:
        bring(alice, CONTRADICTING)
        bring(alice, video(2))

        bring(alice, video(1))

        child = Asset.objects.get(provider_asset_id=CONTRADICTING["video_id"])
        meant = Asset.objects.get(provider_asset_id=video(1)["video_id"])
        assert [edge.parent for edge in LineageEdge.objects.filter(child=child)] == [meant]
