"""A rebuild that is killed between deleting and inserting: old edges or new edges, never a mixture."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from assets.models import Asset
from lineage.models import LineageEdge
from lineage.rebuild.batch import rebuild
from tests.factories import NOW, AssetFactory, EdgeFactory
from tests.lineage.rebuild.dying import Picture, Reader, Rebuilder, are_gone, held, is_inserting, kill, outside, picture
from tests.lineage.rebuild.test_batch import bring_in
from tests.payloads import MP4, extend, video
from tests.worker.working import environment, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

CLIPS = 20
SOAKING = pytest.param(100, marks=pytest.mark.soak)


@dataclass
class Library:
    """Clips that all come from one of two sources, whichever their payloads name at the moment."""

    owner: User
    sources: tuple[int, int]
    clips: list[int]
    named: int = 0

    def turn(self) -> None:
        """Let the payloads name the other source."""
        self.named = 1 - self.named
        of_path = MP4.format(self.named + 1, self.named + 1)
        clips = list(Asset.objects.filter(pk__in=self.clips).order_by("pk"))
        for number, clip in enumerate(clips):
            clip.media_metadata = extend(number + 10, of_path=of_path)
        Asset.objects.bulk_update(clips, ["media_metadata"])

    def rebuild(self) -> Picture:
        """The edges once a rebuild has come to its end."""
        rebuild(self.owner.pk, asset_ids=self.clips, clear_existing=True, now=timezone.now())
        return self.seen()

    def seen(self) -> Picture:
        """The edges as another connection reads them now."""
        with contextlib.closing(outside()) as reading:
            return picture(reading, self.owner.pk)


@pytest.fixture
def library(alice: User) -> Library:
    sources = bring_in(alice, video(1), video(2))
    clips = bring_in(alice, *(extend(number + 10, of_path=MP4.format(1, 1)) for number in range(CLIPS)))
    for evidence in ("manual", "generation"):
        drawn_from = AssetFactory(owner=alice)
        for clip in clips:
            EdgeFactory(parent=drawn_from, child_id=clip, owner=alice, evidence=evidence, created_at=NOW)
    return Library(alice, (sources[0], sources[1]), clips)


@pytest.fixture
def rebuilder() -> Iterator[Rebuilder]:
    started = Rebuilder(environment(private_host=""))
    yield started
    started.close()


def drawn() -> list[tuple[int, str]]:
    """The edges that no payload speaks for, as they were written."""
    return list(LineageEdge.objects.exclude(evidence="provider").order_by("pk").values_list("pk", "evidence"))


class TestRebuild:
    @pytest.mark.parametrize("times", [10, SOAKING])
    def test_killed_while_it_inserts_leaves_the_old_edges(
        self, library: Library, rebuilder: Rebuilder, times: int
    ) -> None:
        before, others = library.rebuild(), drawn()
        expected = {before}
        with Reader(library.owner.pk) as reader:
            for _ in range(times):
                library.turn()
                with held(library.sources[library.named]):
                    child = rebuilder.begin(library.owner.pk, library.clips)
                    wait_until(is_inserting, timeout_seconds=60, what="the rebuild inserts")
                    kill(child)
                    ended = rebuilder.end()
                wait_until(are_gone, timeout_seconds=60, what="the server has noticed")

                assert ended == -9
                assert library.seen() == before
                before = library.rebuild()
                expected.add(before)

        assert len(expected) == 2
        assert reader.seen == expected
        assert drawn() == others
        assert len(others) == 2 * CLIPS

    @pytest.mark.parametrize("times", [3, SOAKING])
    def test_killed_at_any_moment_leaves_the_old_or_the_new_edges(
        self, library: Library, rebuilder: Rebuilder, times: int
    ) -> None:
        pictures, others = [library.rebuild()], drawn()
        library.turn()
        pictures.append(library.rebuild())
        library.turn()
        began = time.monotonic()
        rebuilder.begin(library.owner.pk, library.clips)
        rebuilder.end()
        whole_seconds = time.monotonic() - began
        moments = random.Random(4)
        with Reader(library.owner.pk) as reader:
            for _ in range(times):
                before = library.seen()
                library.turn()
                child = rebuilder.begin(library.owner.pk, library.clips)
                time.sleep(moments.uniform(0, 1.2 * whole_seconds))
                kill(child)
                rebuilder.end()
                wait_until(are_gone, timeout_seconds=60, what="the server has noticed")

                assert library.seen() in (before, pictures[library.named])
                assert library.rebuild() == pictures[library.named]

        assert reader.seen <= set(pictures)
        assert drawn() == others
