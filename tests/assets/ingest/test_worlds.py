"""Order must not matter in awkward little worlds: every order of their pages, with and without rebuilds between."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Any

import pytest
from django.contrib.auth.models import User

from assets.ingest.batch import ingest
from assets.models import Asset
from lineage.models import LineageEdge
from providers import registry
from tests.assets.ingest.test_order import clear, differences, library_of, rebuild_all
from tests.factories import NOW
from tests.payloads import MP4, extend, image, picture_path, video

UNKNOWN = "pixverse/mp4/media/web/ori/unknown_seed9.mp4"
JOURNEYS_MAX = 40
REBUILD: list[dict[str, Any]] = []


def both(number: int, first: str, second: str) -> dict[str, Any]:
    """A clip whose path and URL are those of two others."""
    return video(number, path=first, url=f"https://media.pixverse.ai/{second}")


WORLDS = {
    "a stub older than the clip it turns out to be": [
        [extend(5, of_path=UNKNOWN)],
        [video(1)],
        [extend(6, of_id=1, of_path=UNKNOWN)],
    ],
    "two clips said to be one unknown file": [
        [video(1)],
        [video(2)],
        [extend(3, of_id=1, of_path=UNKNOWN)],
        [extend(4, of_id=2, of_path=UNKNOWN)],
        [extend(5, of_path=UNKNOWN)],
    ],
    "two clips that extend each other": [[extend(1, of_id=2)], [extend(2, of_id=1)]],
    "three clips in a ring": [[extend(1, of_id=2)], [extend(2, of_id=3)], [extend(3, of_id=1)]],
    "a file under two ids, one without a prompt": [[video(1, prompt="")], [video(9, path=MP4.format(1, 1))]],
    "a file named as image and as video": [[image(1, customer_img_paths=[UNKNOWN])], [extend(2, of_path=UNKNOWN)]],
    "a file under three ids": [[video(number, path="pixverse/mp4/media/web/ori/s.mp4")] for number in (1, 2, 3)],
    "a clip that joins two others": [[video(1)], [video(2)], [both(3, MP4.format(1, 1), MP4.format(2, 2))]],
    "contradicting names of clips that come late": [
        [extend(3, of_id=1, of_path=MP4.format(2, 2))],
        [extend(4, of_id=1)],
        [extend(5, of_path=MP4.format(2, 2))],
        [video(1)],
        [video(2)],
    ],
    "clips with parents that are joined": [
        [extend(1, of_id=7)],
        [extend(2, of_id=8)],
        [both(3, MP4.format(1, 1), MP4.format(2, 2))],
        [extend(4, of_id=2)],
    ],
    "a join that closes a ring": [
        [extend(1, of_path=MP4.format(3, 3))],
        [extend(2, of_id=1)],
        [extend(3, of_id=2)],
    ],
    "clips whose url stands for nothing yet": [
        [video(number, path="pixverse/mp4/processing.mp4", video_status=5)] for number in (1, 2, 3)
    ]
    + [[extend(4, of_id=3, of_path="pixverse/mp4/processing.mp4")], [extend(5, of_path="pixverse/mp4/processing.mp4")]],
    "children that give one file to clips of different ids": [
        [extend(5, of_id=1, of_path=UNKNOWN)],
        [extend(6, of_id=2, of_path=UNKNOWN)],
        [extend(7, of_path=UNKNOWN)],
        [video(1)],
    ],
    "a picture that a clip names as a clip": [
        [extend(1, of_path=picture_path(1))],
        [video(2, customer_paths={"customer_img_path": picture_path(1)})],
        [image(1)],
    ],
    "a picture and a clip with one number": [
        [video(1)],
        [image(1) | {"image_id": video(1)["video_id"], "asset_id": video(1)["video_id"]}],
        [extend(2, of_id=1)],
    ],
    "a clip that names itself": [[extend(8, of_path=MP4.format(8, 8))], [extend(9, of_id=8)]],
}


def journeys(pages: list[list[dict[str, Any]]]) -> Iterator[list[list[dict[str, Any]]]]:
    """Every order of the pages: without a rebuild, with one after each page, and with one somewhere between."""
    for order in permutations(pages):
        yield list(order)
        yield [step for page in order for step in (page, REBUILD)]
        yield from ([*order[:at], REBUILD, *order[at:]] for at in range(1, len(order)))


def sample(all_journeys: list[Any]) -> list[Any]:
    """The first and, evenly spread, some of the rest: five pages can be ordered in more ways than there is time."""
    step = max(1, len(all_journeys) // JOURNEYS_MAX)
    return all_journeys[:: step + 1 - step % 2]


def live(owner: User, journey: list[list[dict[str, Any]]]) -> None:
    clear(owner)
    extractor = registry.extractor("pixverse")
    for page in journey:
        if page is REBUILD:
            rebuild_all(owner)
        else:
            records = [extractor.asset(item) for item in page]
            ingest(owner.pk, records, provider_id="pixverse", account_id=None, now=NOW)
    rebuild_all(owner)


def broken_promises(owner: User) -> list[str]:
    """Return the invariants of a library, each with whether it holds."""
    promises = {
        "complete assets have a payload": not Asset.objects.filter(is_stub=False, media_metadata={}).exists(),
        "stubs are parents": not Asset.objects.filter(is_stub=True, child_count=0).exists(),
        "counts are true": all(
            asset.parent_count == LineageEdge.objects.filter(child=asset).values("parent").distinct().count()
            and asset.child_count == LineageEdge.objects.filter(parent=asset).values("child").distinct().count()
            for asset in Asset.objects.owned_by(owner)
        ),
    }
    return [promise for promise, is_kept in promises.items() if not is_kept]


class TestWorld:
    @pytest.mark.parametrize("name", WORLDS)
    def test_ends_the_same_in_any_order(self, alice: User, name: str) -> None:
        ends = []
        for journey in sample(list(journeys(WORLDS[name]))):
            live(alice, journey)
            ends.append((library_of(alice), broken_promises(alice)))

        assert [
            (differences(end, ends[0][0]), broken) for end, broken in ends if (end, broken) != (ends[0][0], [])
        ] == []
