"""The key of a name: unique per name, and found by the index, for any characters."""

from __future__ import annotations

import hashlib
import re

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection

from assets.ingest import sql
from assets.models import Reference
from common.vocabulary import NameKind
from providers.records import Name
from providers.registry import provider_ids
from tests.factories import AssetFactory, ReferenceFactory

ODD = [
    "a\\b.mp4",
    "a\\\\b.mp4",
    "a\\134b.mp4",
    "a'b\"c%s.mp4",
    "a b.mp4",
    "ab.mp4",
    "päpierböötchen/日本の船🚢.mp4",
    "x" * 2_000,
    "x" * 1_999,
    "/",
    ".",
]


def key_of(kind: str, value: str, provider_id: str = "pixverse") -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT stemma_name_key(%s, %s, %s)", [provider_id, kind, value])
        return bytes(cursor.fetchone()[0])


def in_python(kind: str, value: str, provider_id: str = "pixverse") -> bytes:
    digest = hashlib.sha256(f"{provider_id} {kind} {value}".encode()).digest()
    return value.rsplit("/", 1)[-1][:4].encode() + digest[:15]


@pytest.fixture
def _many_names(alice: User) -> None:
    """Store enough names, with statistics, that the planner's choice does not depend on what other tests left."""
    asset = AssetFactory(owner=alice)
    Reference.objects.bulk_create(
        ReferenceFactory.build(asset=asset, kind="path", value=f"upload/{number}.mp4") for number in range(3_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE assets_reference, assets_asset")


def is_by_index(plan: str) -> bool:
    """Lookup of owner and key in the unique index: "sha256" shows the key's function, written out."""
    return bool(re.search(r" assets_reference_unique_name .*\n +Index Cond: .*owner_id = .*sha256", plan))


@pytest.mark.django_db
class TestNameKey:
    def test_differs_for_every_name(self) -> None:
        keys = {key_of(kind, value) for kind in NameKind.values for value in ODD}

        assert len(keys) == len(NameKind.values) * len(ODD)

    def test_differs_by_provider(self) -> None:
        assert key_of("id", "7", "pixverse") != key_of("id", "7", "runway")

    @pytest.mark.parametrize("value", ODD, ids=lambda value: value[:20])
    def test_is_what_the_index_was_built_on(self, value: str) -> None:
        assert key_of("path", value) == in_python("path", value)

    def test_cannot_be_read_in_two_ways(self) -> None:
        assert not [provider_id for provider_id in provider_ids() if " " in provider_id]
        assert not [kind for kind in NameKind.values if " " in kind]

    def test_lays_the_names_of_one_file_beside_each_other(self) -> None:
        path = key_of("path", "pixverse/mp4/media/web/ori/318f8ec0-1dbf_seed7.mp4")

        assert path[:4] == key_of("stem", "318f8ec0-1dbf_seed7")[:4] == b"318f"

    def test_keeps_ids_in_their_order(self) -> None:
        ids = ["319553233857378", "400000000000001", "416515656908979"]

        assert sorted(ids) == sorted(ids, key=lambda value: key_of("id", value))

    @pytest.mark.parametrize("characters", [1, 4, 2_000])
    def test_is_short_however_long_the_name_is(self, characters: int) -> None:
        assert len(key_of("path", "船" * characters)) <= 4 * 4 + 15


@pytest.mark.django_db
class TestWithNames:
    def test_finds_each_odd_name_and_nothing_else(self, alice: User, bob: User) -> None:
        mine = [ReferenceFactory(asset=AssetFactory(owner=alice), kind="path", value=value) for value in ODD]
        for value in ODD:
            ReferenceFactory(asset=AssetFactory(owner=bob), kind="path", value=value)
            ReferenceFactory(asset=AssetFactory(owner=alice), kind="stem", value=value)
            ReferenceFactory(asset=AssetFactory(owner=alice), provider_id="runway", kind="path", value=value)

        found = Reference.objects.with_names(alice.pk, "pixverse", [Name(NameKind.PATH, value) for value in ODD])

        assert {row.pk for row in found} == {row.pk for row in mine}

    @pytest.mark.usefixtures("_many_names")
    def test_leans_on_the_unique_index(self, alice: User) -> None:
        found = Reference.objects.with_names(
            alice.pk, "pixverse", [Name(NameKind.ID, "7"), Name(NameKind.PATH, "a/b.mp4")]
        )

        assert is_by_index(found.explain())


@pytest.mark.django_db
class TestIdentifiedBy:
    def test_finds_a_name_of_any_kind_at_any_of_the_providers(self, alice: User) -> None:
        asset = AssetFactory(owner=alice)
        wanted = [
            ReferenceFactory(asset=asset, kind="id", value="7"),
            ReferenceFactory(asset=asset, kind="path", value="7"),
            ReferenceFactory(asset=AssetFactory(owner=alice), provider_id="runway", kind="id", value="7"),
        ]
        ReferenceFactory(asset=AssetFactory(owner=alice), provider_id="sora", kind="id", value="7")
        ReferenceFactory(asset=asset, kind="id", value="8")

        found = Reference.objects.identified_by("7", provider_ids=("pixverse", "runway"))

        assert {row.pk for row in found} == {row.pk for row in wanted}

    @pytest.mark.usefixtures("_many_names")
    def test_leans_on_the_unique_index(self, alice: User) -> None:
        found = Reference.objects.identified_by("7", provider_ids=("pixverse",)).filter(owner_id=alice.pk)

        assert is_by_index(found.explain())


@pytest.mark.django_db
class TestIngest:
    @pytest.mark.usefixtures("_many_names")
    def test_leans_on_the_unique_index(self, alice: User) -> None:
        with connection.cursor() as cursor:
            names = '[{"kind": "id", "value": "7"}]'
            cursor.execute(f"EXPLAIN {sql._KNOWN_NAMES}", ["pixverse", names, alice.pk])
            plan = "\n".join(line for (line,) in cursor.fetchall())

        assert is_by_index(plan)


@pytest.mark.django_db(transaction=True)
class TestMigration:
    def test_goes_back_and_forth_over_names_that_are_there(self, alice: User) -> None:
        asset = AssetFactory(owner=alice)
        kept = {ReferenceFactory(asset=asset, kind="path", value=value).pk for value in ODD}

        call_command("migrate", "assets", "0009", verbosity=0)
        call_command("migrate", verbosity=0)

        found = Reference.objects.with_names(alice.pk, "pixverse", [Name(NameKind.PATH, value) for value in ODD])
        assert {row.pk for row in found} == kept
