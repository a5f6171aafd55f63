"""Order must not matter: any order and repetition of imports and rebuilds ends in the same library."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.ingest.batch import ingest
from assets.models import Asset, AssetMerge, Reference
from lineage.models import LineageEdge
from lineage.rebuild.batch import rebuild
from providers import registry
from tests.payloads import MP4, extend, image, picture_path, video

NOW = datetime(2026, 11, 1, tzinfo=UTC)


# Every kind of naming there is: by id, by path, by both, by neither known; a chain, a repeated parent, a name that two
# clips claim, an unlisted parent, ids and paths that contradict each other, a clip that names itself.
PAGES: list[list[dict[str, Any]]] = [
    [video(1), image(1), image(2, customer_img_paths=[picture_path(1)])],
    [extend(2, of_id=1), extend(3, of_path=MP4.format(2, 2))],
    [extend(4, of_id=3, of_path=MP4.format(3, 3)), video(9, path=MP4.format(1, 1))],
    [
        video(
            5,
            create_mode="transition",
            customer_paths={
                "customer_img_paths": [picture_path(1), picture_path(1), picture_path(7)],
                "prompts": ["a", "b"],
                "durations": [3, 4],
            },
        )
    ],
    [extend(6, of_id=4, of_path=MP4.format(5, 5)), extend(7, of_id=30, of_path=MP4.format(30, 30))],
    [extend(8, of_path=MP4.format(8, 8)), extend(10, of_id=30)],
]


def import_page(owner: User, number: int) -> None:
    extractor = registry.extractor("pixverse")
    records = [extractor.asset(item) for item in PAGES[number]]
    ingest(owner.pk, records, provider_id="pixverse", account_id=None, now=NOW)


def rebuild_all(owner: User) -> None:
    ids = list(Asset.objects.owned_by(owner).order_by("pk").values_list("pk", flat=True))
    rebuild(owner.pk, asset_ids=ids, clear_existing=True, now=NOW)


def clear(owner: User) -> None:
    Asset.objects.owned_by(owner).delete()
    Reference.objects.owned_by(owner).delete()


def library_of(owner: User) -> tuple[set[Any], set[Any]]:
    """Assets and edges without our own ids: an asset is known by all its names."""
    names: dict[int | None, set[Any]] = {}
    for asset_id, *name in Reference.objects.owned_by(owner).values_list("asset_id", "kind", "value", "is_indirect"):
        names.setdefault(asset_id, set()).add(tuple(name))
    identity = {asset_id: frozenset(own) for asset_id, own in names.items()}
    assets = {
        (identity.get(asset_id, frozenset()), *columns)
        for asset_id, *columns in Asset.objects.owned_by(owner).values_list(
            "pk", "media_type", "is_stub", "provider_asset_id", "status", "prompt", "remote_url", "operation_type",
            "provider_created_at", "parent_count", "child_count",
        )
    }  # fmt: skip
    edges = {
        (identity[child], identity[parent], *columns)
        for child, parent, *columns in LineageEdge.objects.owned_by(owner).values_list(
            "child_id", "parent_id", "relation_type", "operation_type", "sequence_order", "evidence"
        )
    }
    return assets | {("shared", frozenset(names.get(None, ())))}, edges


steps = st.lists(st.integers(min_value=0, max_value=len(PAGES)), max_size=12)


@pytest.fixture
def expected(alice: User) -> tuple[set[Any], set[Any]]:
    for number in range(len(PAGES)):
        import_page(alice, number)
    rebuild_all(alice)
    library = library_of(alice)
    clear(alice)
    return library


class TestOrder:
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(order=st.permutations(range(len(PAGES))), detours=steps)
    def test_does_not_matter(
        self, alice: User, expected: tuple[set[Any], set[Any]], order: list[int], detours: list[int]
    ) -> None:
        clear(alice)
        for number in interleave(order, detours):
            step(alice, number)
        rebuild_all(alice)

        assert differences(library_of(alice), expected) == []

    def test_of_everything_twice_changes_nothing(self, alice: User, expected: tuple[set[Any], set[Any]]) -> None:
        for number in [*range(len(PAGES)), len(PAGES), *range(len(PAGES)), len(PAGES)]:
            step(alice, number)
        before = list(LineageEdge.objects.owned_by(alice).order_by("pk").values_list("pk", flat=True))
        rebuild_all(alice)

        assert differences(library_of(alice), expected) == []
        assert list(LineageEdge.objects.owned_by(alice).order_by("pk").values_list("pk", flat=True)) == before

    def test_leaves_clips_that_share_a_file_two_assets(self, alice: User) -> None:
        for number in [2, 0]:
            import_page(alice, number)

        assets = {reference.value: reference.asset for reference in Reference.objects.filter(owner=alice, kind="id")}
        assert assets["4000000000009"] != assets["4000000000001"]
        assert Reference.objects.get(owner=alice, value=MP4.format(1, 1)).asset is None
        assert not AssetMerge.objects.exists()


def differences(found: tuple[set[Any], set[Any]], expected: tuple[set[Any], set[Any]]) -> list[Any]:
    return [sorted(map(str, one ^ other)) for one, other in zip(found, expected, strict=True) if one != other]


def interleave(order: list[int], detours: list[int]) -> list[int]:
    """Every page once in this order, with repeated pages and rebuilds (the last number) between them."""
    mixed: list[int] = []
    rest = list(detours)
    for number in order:
        mixed += [*rest[:2], number]
        del rest[:2]
    return mixed + rest


def step(owner: User, number: int) -> None:
    if number == len(PAGES):
        rebuild_all(owner)
    else:
        import_page(owner, number)
