"""Tests of the sandbox's files: real, playable, reproducible, and missing where the provider's would be."""

from __future__ import annotations

import io
from collections import Counter
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from providers.sandbox.media.media_cache import MediaCache, Shot, frame_size, make
from providers.sandbox.media.pictures import Picture, blank

from .conftest import Client, length


def row_with(rows: list[dict[str, Any]], **wanted: Any) -> dict[str, Any]:
    return next(row for row in rows if all(row.get(key) == value for key, value in wanted.items()))


class TestClips:
    def test_play(self, sandbox: Client) -> None:
        row = row_with(sandbox.rows(), video_status=1, create_mode="image_text", duration=5, aspect_ratio="16:9")

        answer = sandbox.media(row["url"])

        assert answer.headers["Content-Type"] == "video/mp4"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        with av.open(io.BytesIO(answer.content), "r") as clip:
            stream = clip.streams.video[0]
            assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
            assert (stream.width, stream.height) == (320, 180)
            assert sum(1 for _ in clip.decode(stream)) == 60

    def test_begin_with_their_index(self, sandbox: Client) -> None:
        content = sandbox.media(row_with(sandbox.rows(), video_status=1)["url"]).content

        assert 0 < content.index(b"moov") < content.index(b"mdat")

    def test_are_served_in_both_spellings_and_in_ranges(self, sandbox: Client) -> None:
        url = row_with(sandbox.rows(), video_status=1)["url"]
        whole = sandbox.media(url).content

        plain = sandbox.media(url.replace("%2F", "/"))
        part = sandbox.media(url, headers={"Range": "bytes=10-19"})
        tail = sandbox.media(url, headers={"Range": "bytes=-5"})
        beyond = sandbox.media(url, headers={"Range": "bytes=99999999-"})
        head = sandbox.session.head(url, timeout=5)

        assert plain.content == whole
        assert (part.status_code, part.content) == (206, whole[10:20])
        assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole)}"
        assert tail.content == whole[-5:]
        assert beyond.status_code == 416
        assert (head.content, head.headers["Content-Length"]) == (b"", str(len(whole)))

    def test_are_as_long_as_their_records_say(self, sandbox: Client) -> None:
        by_length: dict[int, str] = {}
        for row in sandbox.rows():
            if row["video_status"] == 1 and row["url"] and "default." not in row["url"]:
                by_length.setdefault(row["duration"], row["url"])

        lengths = {seconds: length(sandbox.media(url).content) for seconds, url in by_length.items()}

        assert max(lengths) > 10
        assert all(seconds == found for seconds, found in lengths.items())

    def test_go_on_where_their_source_ended(self, sandbox: Client) -> None:
        frames = [
            (row["first_frame"], row["customer_paths"]["customer_video_last_frame_url"])
            for row in sandbox.rows()
            if row.get("create_mode") == "extend" and row["video_status"] == 1 and row["original_video_id"]
            and "customer_video_last_frame_url" in (row["customer_paths"] or {})
        ]  # fmt: skip
        pairs = [
            (sandbox.media(own).content, sandbox.media(source).content)
            for own, source in frames
            if "default.jpg" not in source and sandbox.media(source).ok
        ]

        assert len(pairs) >= 20
        assert all(own == source for own, source in pairs)


class TestPictures:
    def test_have_frames_and_thumbnails(self, sandbox: Client) -> None:
        rows = [row for row in sandbox.rows() if row["video_status"] == 1][:9]

        frames = [sandbox.media(row["first_frame"]) for row in rows]
        thumbnails = [sandbox.media(row["img_url"]) for row in rows]

        assert {Image.open(io.BytesIO(frame.content)).format for frame in frames} == {"JPEG"}
        assert {answer.status_code for answer in thumbnails} == {200, 404}
        found = next(answer for answer in thumbnails if answer.ok)
        assert Image.open(io.BytesIO(found.content)).n_frames > 1  # type: ignore[attr-defined]

    @pytest.mark.parametrize(("source", "key"), [(1, "image_url"), (0, "url")], ids=["made", "uploaded"])
    def test_open_in_the_format_their_name_says(self, sandbox: Client, source: int, key: str) -> None:
        urls = [row[key] for row in sandbox.rows("image", source) if row[key]][:8]

        formats = {url.rpartition(".")[2]: Image.open(io.BytesIO(sandbox.media(url).content)).format for url in urls}

        assert len(formats) >= 2
        assert formats.items() <= {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}.items()

    def test_of_one_picture_uploaded_twice_are_equal(self, sandbox: Client) -> None:
        twins = next(item for item in sandbox.truth() if item["case"] == "transition_twins")["parents"]

        contents = [Image.open(io.BytesIO(sandbox.media(parent["names"]["url"]).content)).tobytes() for parent in twins]

        assert twins[0]["names"] != twins[1]["names"]
        assert len(contents[0]) == len(contents[1])


class TestSounds:
    @pytest.mark.parametrize("source", [0, 1])
    def test_play(self, started: Any, source: int) -> None:
        sandbox = started(size=1000)
        row = sandbox.rows("audio", source)[0]

        content = sandbox.media(row.get("audio_url") or row["url"]).content

        with av.open(io.BytesIO(content), "r") as sound:
            assert sum(frame.samples for frame in sound.decode(audio=0)) > 44_100
        assert length(content) == row["duration"]


class TestMissing:
    def test_is_what_still_works_or_was_deleted(self, sandbox: Client) -> None:
        rows, listed = sandbox.rows(), {item["id"] for item in sandbox.truth()}
        gone = [
            p["names"] for item in sandbox.truth() for p in item["parents"] if p["names"].get("id", "") not in listed
        ]
        working = row_with(rows, video_status=10)

        assert sandbox.media(working["url"]).status_code == 404
        assert working["output_width"] == 0
        assert sandbox.media(next(names["url"] for names in gone if "id" in names)).status_code == 404
        assert sandbox.media(f"{sandbox.server.url}/upload/nothing.jpg").status_code == 404

    def test_is_what_was_withheld(self, sandbox: Client) -> None:
        withheld = row_with(sandbox.rows(), video_status=7)

        assert withheld["url"].endswith("default.mp4")
        assert sandbox.media(withheld["webp_url"]).status_code == 404

    def test_follows_a_deletion(self, sandbox: Client) -> None:
        row = row_with(sandbox.rows(), video_status=1)
        sandbox.control("POST", "/_sandbox/delete", {"ids": [str(row["video_id"])]})

        assert sandbox.media(row["url"]).status_code == 404


class TestMake:
    @pytest.mark.parametrize("ending", ["mp4", "webp", "jpg", "png", "mp3", "wav"])
    def test_gives_equal_bytes_for_equal_shots(self, ending: str) -> None:
        shot = Shot((Picture(5, 6), Picture(7, 8)), "9:16", seconds=1)

        assert make(shot, ending) == make(shot, ending)

    @pytest.mark.parametrize(("seconds", "ending"), [(45, "mp4"), (60, "mp3"), (60, "wav")])
    def test_makes_long_files_as_long(self, seconds: int, ending: str) -> None:
        assert length(make(Shot((Picture(1, 2),), seconds=seconds), ending)) == pytest.approx(seconds, abs=0.1)

    @pytest.mark.parametrize("aspect", ["21:9", "16:9", "4:3", "1:1", "3:4", "9:16"])
    @pytest.mark.parametrize("short", [120, 180, 384])
    def test_has_its_mark_in_every_crop(self, aspect: str, short: int) -> None:
        width, height = frame_size(aspect, short)
        pixels = blank(width, height)
        rows, columns = np.where((pixels != pixels[0, 0]).any(axis=2))

        for crop in (16 / 9, 16 / 10, 4 / 3, 1, 3 / 4, 9 / 16):
            across, down = min(width, height * crop), min(height, width / crop)
            left, above = (width - across) / 2, height - down
            assert left <= columns.min() < columns.max() < left + across
            # Cut evenly, and as the cards of the library do.
            assert all(above * part <= rows.min() < rows.max() < above * part + down for part in (0.5, 0.35))

    def test_draws_every_scene_differently(self) -> None:
        files = Counter(make(Shot((Picture(look, 1),)), "jpg") for look in range(8))

        assert len(files) == 8

    def test_is_forgotten_when_there_is_too_much(self) -> None:
        cabinet = MediaCache(cache_bytes=1)
        shot = Shot((Picture(1, 2),), seconds=1)

        assert cabinet.get("a.jpg", shot) == cabinet.get("b.jpg", shot) == cabinet.get("a.jpg", shot)
