"""By which operations an asset's children were made."""

from __future__ import annotations

from django.contrib.auth.models import User

from lineage.origins_impact.operations import operations_of_children
from tests.factories import AssetFactory, EdgeFactory


class TestWaysDown:
    def test_names_the_most_frequent_first_and_leaves_out_what_is_unknown(self, alice: User) -> None:
        parent = AssetFactory(owner=alice)
        for operation_type in ("fusion", "video_extend", "video_extend", "unknown"):
            EdgeFactory(parent=parent, child=AssetFactory(owner=alice), operation_type=operation_type)

        assert operations_of_children(parent.pk) == ("video_extend", "fusion")
