"""Tests of the generated library: reproducible, of any size, like the recorded records, with true parents."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import pytest

from providers.sandbox.library import recipes
from providers.sandbox.library.identifiers import minted_at_ms, rfc3339
from providers.sandbox.library.library import GeneratedLibrary, Where
from providers.sandbox.library.plan import KINDS

PAYLOADS = Path(__file__).parents[1] / "pixverse" / "payloads"
BASE_URL = "http://127.0.0.1:9"
EVERYTHING = Where()


def library(size: int = 600, seed: int = 1) -> GeneratedLibrary:
    return GeneratedLibrary(size, seed, BASE_URL)


def all_rows(made: GeneratedLibrary, kind: str) -> list[dict]:
    return made.window(kind, 0, 1_000_000, EVERYTHING).rows


def recorded(file: str) -> dict:
    rows = json.loads((PAYLOADS / file).read_bytes())["Resp"]["data"]
    return next(row for row in rows if row.get("video_status", row.get("image_status", 1)) == 1)


class TestGeneration:
    def test_gives_the_same_library_for_the_same_seed(self) -> None:
        first, second = library(), library()

        assert [all_rows(first, kind) for kind in KINDS] == [all_rows(second, kind) for kind in KINDS]
        assert first.describe(0, None) == second.describe(0, None)

    def test_gives_another_library_for_another_seed(self) -> None:
        assert all_rows(library(seed=1), "video") != all_rows(library(seed=2), "video")

    @pytest.mark.parametrize("size", [0, 1, 7, 20, 59, 60, 500, 2000])
    def test_holds_as_many_items_as_asked(self, size: int) -> None:
        made = library(size)

        assert sum(made.totals().values()) == size
        assert len(made.describe(0, None)) == size

    def test_refuses_a_size_out_of_range(self) -> None:
        with pytest.raises(ValueError, match="not -1"):
            library(-1)

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_has_every_case_from_500_items_on(self, seed: int) -> None:
        cases = {item["case"] for item in library(500, seed).describe(0, None)}

        every = {recipe.name for recipe in recipes.MODERN + recipes.OLD + recipes.PICTURES + recipes.AUDIO}
        assert every | {recipe.name for _, recipe in recipes.WORKING} <= cases

    @pytest.mark.parametrize("seed", [1, 2, 3])
    @pytest.mark.parametrize(("size", "newest"), [(60, 6), (500, 48), (2000, 48)])
    def test_has_finished_items_as_its_newest(self, size: int, newest: int, seed: int) -> None:
        made = library(size, seed)
        items = made.describe(0, None)

        statuses = [item["status"] for item in items]
        assert set(statuses[-newest:]) == {1}
        assert all(made.shot(item["names"]["path"]) for item in items[-newest:])
        # The unfinished ones come right after them.
        assert {5, 9, 10} <= set(statuses[-newest - 5 : -newest])

    def test_has_a_hub_used_about_300_times_in_2000(self) -> None:
        uses = Counter(
            parent["names"]["id"]
            for item in library(2000).describe(0, None)
            for parent in item["parents"]
            if "id" in parent["names"]
        )

        assert 250 <= uses.most_common(1)[0][1] <= 450

    def test_has_a_chain_of_40_clips(self) -> None:
        longest: dict[str, int] = {}
        for item in library(500).describe(0, None):
            source = (
                item["parents"][0]["names"].get("id", "")
                if item["operation_type"] == "video_extend" and item["parents"]
                else ""
            )
            longest[item["id"]] = longest.get(source, 0) + 1

        assert max(longest.values()) >= 40

    def test_makes_100_000_items_in_seconds_and_a_page_in_milliseconds(self) -> None:
        begun = time.process_time()
        made = library(100_000)
        built = time.process_time()
        made.window("video", 50_000, 200, EVERYTHING)
        read = time.process_time()

        assert built - begun < 10
        assert read - built < 0.5


class TestParents:
    def test_are_older_than_their_children(self) -> None:
        items = library(2000).describe(0, None)
        listed_ids = {item["id"] for item in items}
        pairs = [
            (int(parent["names"]["id"]), int(item["id"]))
            for item in items
            for parent in item["parents"]
            if "id" in parent["names"]
        ]

        assert len(pairs) > 1500
        assert all(parent < child for parent, child in pairs)
        assert any(str(parent) not in listed_ids for parent, _ in pairs)

    def test_are_in_order(self) -> None:
        items = library().describe(0, None)

        assert all([p["sequence_order"] for p in i["parents"]] == list(range(len(i["parents"]))) for i in items)

    def test_of_music_are_the_images_it_was_made_from(self) -> None:
        made = library(2000)
        paths = {str(row["audio_id"]): row["image_paths"] for row in all_rows(made, "audio") if "image_paths" in row}

        assert len(paths) >= 3
        assert paths == {
            item["id"]: [parent["names"]["path"] for parent in item["parents"]]
            for item in made.describe(0, None)
            if item["media_type"] == "audio" and item["parents"]
        }

    def test_of_withheld_and_failed_items_are_known(self) -> None:
        items = library(2000).describe(0, None)

        assert {7, 8} <= {item["status"] for item in items if item["parents"]}

    def test_include_uploads_generated_images_frames_and_foreign_pictures(self) -> None:
        paths = [
            parent["names"].get("path") or parent["names"]["url"]
            for item in library().describe(0, None)
            for parent in item["parents"]
        ]

        assert all(
            any(path.startswith(start) for path in paths)
            for start in ("upload/", "pixverse/i2i/", "pixverse/t2i/", "pixverse/video/frame/", "https://pictures.")
        )


class TestRecords:
    @pytest.mark.parametrize(
        ("kind", "file"),
        [
            ("video", "web-library-video-page1.json"),
            ("image", "web-library-image-page1.json"),
            ("upload_image", "web-library-upload-images.json"),
            ("upload_video", "web-library-upload-videos.json"),
            ("audio", "web-library-audio.json"),
        ],
    )
    def test_have_the_keys_of_a_recorded_one(self, kind: str, file: str) -> None:
        rows = all_rows(library(), kind)

        assert list(recorded(file)) in [list(row) for row in rows[:10]]

    def test_have_ids_that_tell_the_time(self) -> None:
        rows = all_rows(library(), "video")

        assert all(rfc3339(minted_at_ms(int(row["video_id"]))) == row["created_at"] for row in rows)

    @pytest.mark.parametrize(
        ("kind", "path", "url"), [("video", "video_path", "url"), ("image", "image_path", "image_url")]
    )
    def test_have_a_blank_path_beside_a_filled_url_now_and_then(self, kind: str, path: str, url: str) -> None:
        made = library(2000)
        done = [
            row
            for row in all_rows(made, kind)
            if row[f"{kind}_status"] == 1 and row[url] and "default." not in row[url]
        ]
        blank = [row for row in done if not row[path]]

        assert 0.05 < len(blank) / len(done) < 0.2
        assert all(made.shot(unquote(row[url]).removeprefix(f"{BASE_URL}/")) for row in blank)

    def test_come_newest_first(self) -> None:
        ids = [int(row["video_id"]) for row in all_rows(library(), "video")]

        assert ids == sorted(ids, reverse=True)

    def test_of_the_older_list_have_asset_id_zero(self) -> None:
        made = library()

        assert {row["asset_id"] for row in made.window("video", 0, 50, EVERYTHING, personal=True).rows} == {0}

    def test_say_they_are_the_sandbox_s(self) -> None:
        assert {row["nick_name"] for row in all_rows(library(), "image")} == {"Sandbox user"}

    def test_of_deleted_items_are_gone_but_children_still_name_them(self) -> None:
        made = library()
        hub_id = Counter(p["names"].get("id") for i in made.describe(0, None) for p in i["parents"]).most_common(1)[0][
            0
        ]
        before = made.describe(0, None)

        assert made.remove(hub_id)
        assert not made.remove(hub_id)

        assert made.find("image", hub_id, uploaded=True) is None
        assert made.describe(0, None) == [item for item in before if item["id"] != hub_id]
