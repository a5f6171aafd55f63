"""Submitting jobs and uploading files, over real HTTP."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from providers.sandbox.media.media_cache import Shot, make
from providers.sandbox.media.pictures import Picture
from providers.sandbox.server.files import signature
from providers.sandbox.wire import Request

from .conftest import Client, length


def submit(sandbox: Client, path: str, **body: Any) -> dict[str, Any]:
    usual = {"prompt": "a boat leaves", "model": "v6", "quality": "540p", "duration": 5}
    given = {key: value for key, value in {**usual, **body}.items() if value is not None}
    return sandbox.post(path, given).json()


def detail(sandbox: Client, video_id: int) -> dict[str, Any]:
    return sandbox.post("/video/list/detail", {"video_id": video_id}).json()["Resp"]


def wait(sandbox: Client, seconds: float) -> None:
    sandbox.control("POST", "/_sandbox/clock", {"seconds": seconds})


def spendable(sandbox: Client) -> int:
    balance = sandbox.get("/user/credits").json()["Resp"]
    return balance["credit_daily"] + balance["credit_monthly"] + balance["credit_package"]


class TestSubmit:
    def test_goes_from_queued_to_done(self, sandbox: Client) -> None:
        answer = submit(sandbox, "/video/t2v", aspect_ratio="16:9")["Resp"]
        queued = detail(sandbox, answer["video_id"])
        wait(sandbox, 3)
        working = detail(sandbox, answer["video_id"])
        missing = sandbox.media(working["url"])
        wait(sandbox, 10)
        done = detail(sandbox, answer["video_id"])

        assert answer["success_ids"] == answer["video_ids"] == [answer["video_id"]]
        assert (queued["video_status"], queued["url"]) == (5, "")
        assert (working["video_status"], working["output_width"], missing.status_code) == (10, 0, 404)
        assert (done["video_status"], done["output_width"]) == (1, 1024)
        assert sandbox.media(done["url"]).status_code == sandbox.media(done["last_frame"]).status_code == 200
        assert sandbox.listing(limit=1)["data"][0] == done

    def test_charges_once_for_one_key(self, sandbox: Client) -> None:
        before = spendable(sandbox)

        first = submit(sandbox, "/video/t2v", idempotency_key="k-1")
        second = submit(sandbox, "/video/t2v", idempotency_key="k-1")

        assert first == second
        assert spendable(sandbox) == before - first["Resp"]["cost_credits"]

    @pytest.mark.parametrize(("word", "status"), [("#withhold", 7), ("#fail", 8)])
    def test_gives_back_what_was_not_delivered(self, sandbox: Client, word: str, status: int) -> None:
        before = spendable(sandbox)
        video_id = submit(sandbox, "/video/t2v", prompt=f"a boat {word}")["Resp"]["video_id"]
        charged = spendable(sandbox)
        wait(sandbox, 10)

        assert detail(sandbox, video_id)["video_status"] == status
        assert charged < before == spendable(sandbox)

    def test_is_in_the_credit_records(self, sandbox: Client) -> None:
        """Path, fields and types are known; the shape of the records is a guess."""
        cost = submit(sandbox, "/video/t2v", prompt="a boat #fail")["Resp"]["cost_credits"]
        submit(sandbox, "/image/t2i")
        wait(sandbox, 10)

        every = sandbox.post("/user/credits/records/v2", {"Offset": 0, "Limit": 20}).json()["Resp"]
        refunds = sandbox.post("/user/credits/records/v2", {"Offset": 0, "Limit": 20, "type": 2}).json()["Resp"]
        second = sandbox.post("/user/credits/records/v2", {"Offset": 1, "Limit": 1}).json()["Resp"]

        assert [record["type"] for record in every["records"]] == [2, 1, 1, 7, 3, 6]
        assert sum(record["credits"] for record in every["records"]) == spendable(sandbox)
        assert [(record["type"], record["credits"]) for record in refunds["records"]] == [(2, cost)]
        assert (second["records"], second["total"]) == (every["records"][1:2], 6)
        assert sandbox.post("/user/credits/records/v2", {"Limit": 0}).json()["ErrCode"] == 400017

    def test_can_be_withheld_after_delivery(self, sandbox: Client) -> None:
        video_id = submit(sandbox, "/video/t2v", prompt="a boat #recall")["Resp"]["video_id"]
        wait(sandbox, 10)
        delivered = detail(sandbox, video_id)["video_status"]
        wait(sandbox, 90)

        assert (delivered, detail(sandbox, video_id)["video_status"]) == (1, 7)

    def test_runs_five_at_once(self, sandbox: Client) -> None:
        submit(sandbox, "/video/t2v", create_count=4)
        submit(sandbox, "/video/t2v")

        refused = submit(sandbox, "/video/t2v")
        concurrency = sandbox.get("/user/credits/concurrency").json()["Resp"]
        wait(sandbox, 10)

        assert refused["ErrCode"] == 500044
        assert concurrency["video"]["used"] == 5
        assert submit(sandbox, "/video/t2v")["ErrCode"] == 0

    @pytest.mark.parametrize(
        ("path", "body", "code"),
        [
            ("/video/t2v", {"prompt": "#refuse"}, 500063),
            ("/video/t2v", {"prompt": "x" * 5001}, 400018),
            ("/video/t2v", {"prompt": ""}, 400011),
            ("/video/i2v", {}, 400011),
            ("/video/i2v", {"customer_img_url": "https://elsewhere.example/a.jpg"}, 400017),
            ("/video/frames", {"customer_img_paths": ["upload/a.jpg"]}, 400011),
            ("/video/extend", {"customer_video_path": "upload/a.mp4"}, 400011),
            ("/video/t2v", {"create_count": 5}, 400017),
            ("/video/t2v", {"duration": 10**6}, 400017),
        ],
        ids=["refused", "long", "nothing", "no image", "foreign", "one frame", "no last frame", "too many", "endless"],
    )
    def test_refuses(self, sandbox: Client, path: str, body: dict, code: int) -> None:
        assert submit(sandbox, path, **body)["ErrCode"] == code

    def test_refuses_when_credits_are_used_up(self, sandbox: Client) -> None:
        sandbox.control("POST", "/_sandbox/credits", {"credit_daily": 0, "credit_monthly": 0, "credit_package": 10})

        assert submit(sandbox, "/video/t2v")["ErrCode"] == 500043

    def test_tells_of_finished_jobs_once(self, sandbox: Client) -> None:
        video_id = submit(sandbox, "/video/t2v")["Resp"]["video_id"]
        wait(sandbox, 10)

        first = sandbox.post("/account/message", {"offset": 0, "limit": 20}).json()["Resp"]
        second = sandbox.post("/account/message", {"offset": 0, "limit": 20}).json()["Resp"]

        assert (first["video_list"], second["video_list"]) == ([video_id], [])

    def test_gives_clips_the_length_of_their_records(self, sandbox: Client) -> None:
        source = next(row for row in sandbox.rows() if row["video_path"] and row["duration"] == 8)
        images = [row["path"] for row in sandbox.rows("image", 0)[:3]]
        bodies: dict[str, tuple[dict[str, Any], int]] = {
            "/video/t2v": ({"duration": 15}, 15),
            "/video/frames": ({"duration": None, "customer_img_paths": images, "durations": [3, 4]}, 7),
            "/video/upscale": ({"duration": None, "customer_video_path": source["video_path"]}, 8),
        }
        ids = [(submit(sandbox, path, **body)["Resp"]["video_id"], seconds) for path, (body, seconds) in bodies.items()]
        wait(sandbox, 10)

        for video_id, seconds in ids:
            record = detail(sandbox, video_id)
            assert (record["duration"], length(sandbox.media(record["url"]).content)) == (seconds, seconds)

    @pytest.mark.parametrize("kind", [1, 2], ids=["images", "clip"])
    def test_checks_the_inputs_of_motion_control_before(self, sandbox: Client, kind: int) -> None:
        answer = sandbox.post("/video/mimic/precheck", {"paths": ["upload/a.jpg"], "type": kind}).json()
        without = sandbox.post("/video/mimic/precheck", {"paths": [], "type": kind}).json()

        assert answer["Resp"] == {"pass": True, "result": 1}
        assert without["ErrCode"] == 400011


class TestLineageOfSubmits:
    def test_names_an_extended_clip_by_id_and_path(self, sandbox: Client) -> None:
        source = next(row for row in sandbox.rows() if row["video_status"] == 1 and row["video_path"])
        frame = sandbox.post("/video/frame/last", {"video_id": source["video_id"]}).json()["Resp"]["last_frame"]

        answer = submit(
            sandbox,
            "/video/extend",
            original_video_id=source["video_id"],
            customer_video_path=source["video_path"],
            customer_video_duration=source["duration"],
            customer_video_last_frame_url=frame,
        )
        record = detail(sandbox, answer["Resp"]["video_id"])
        told = sandbox.truth()[-1]

        assert (record["create_mode"], record["extended"], record["original_video_id"]) == (
            "extend",
            1,
            source["video_id"],
        )
        assert record["customer_paths"]["customer_video_path"] == source["video_path"]
        assert told["parents"][0]["relation_type"] == "SOURCE_VIDEO"
        assert told["parents"][0]["names"]["id"] == str(source["video_id"])

    def test_cuts_frames_from_a_clip_without_path(self, sandbox: Client) -> None:
        source = next(
            row for row in sandbox.rows() if row["video_status"] == 1 and row["url"] and not row["video_path"]
        )

        answer = sandbox.post("/video/frame/at_time", {"video_id": source["video_id"], "time_ms": 0}).json()["Resp"]

        assert sandbox.media(answer["frame_url"]).content == sandbox.media(source["first_frame"]).content

    def test_keeps_the_parts_of_a_fusion(self, sandbox: Client) -> None:
        images = [row["path"] for row in sandbox.rows("image", 0)[:3]]

        submit(sandbox, "/video/fusion", customer_img_paths=images, fusion_type_list=["subject", "background"])

        assert [parent["relation_type"] for parent in sandbox.truth()[-1]["parents"]] == [
            "FUSION_CHARACTER",
            "FUSION_BACKGROUND",
            "FUSION_REFERENCE",
        ]

    def test_makes_images_of_images(self, sandbox: Client) -> None:
        path = sandbox.rows("image", 0)[0]["path"]

        answer = submit(sandbox, "/image/i2i", customer_img_paths=[path], aspect_ratio="4:5", create_count=2)["Resp"]
        wait(sandbox, 10)
        done = sandbox.post("/image/detail", {"image_id": answer["success_ids"][1]}).json()["Resp"]

        assert (answer["image_id"], answer["success_count"]) == (answer["success_ids"][0], 2)
        assert (done["image_status"], done["customer_img_paths"]) == (1, [path])
        assert sandbox.media(done["image_url"]).status_code == 200


class TestUpload:
    def put(self, sandbox: Client, name: str, content: bytes, kind: str) -> int:
        keys = sandbox.post("/getUploadToken").json()["Resp"]
        headers = {
            "content-type": kind,
            "x-oss-date": "Fri, 31 Jul 2026 12:00:00 GMT",
            "x-oss-forbid-overwrite": "true",
            "x-oss-security-token": keys["Token"],
        }
        signed = signature(Request("PUT", f"/upload/{name}", {}, headers, b""), keys["Ak"], keys["Sk"])
        url = f"{sandbox.server.url}/upload/{name}"
        return sandbox.session.put(
            url, data=content, headers={**headers, "Authorization": signed}, timeout=5
        ).status_code

    def test_brings_an_image_into_the_library(self, sandbox: Client) -> None:
        out = io.BytesIO()
        Image.new("RGB", (30, 40), "red").save(out, "PNG")

        statuses = [self.put(sandbox, "a.png", out.getvalue(), "image/png") for _ in range(2)]
        images = [{"name": "a.png", "size": 99, "path": "upload/a.png", "file_name": "Red"}]
        result = sandbox.post("/media/batch_upload_media", {"images": images}).json()["Resp"]["result"][0]
        listed = sandbox.listing("image", 0, limit=1)["data"][0]

        assert statuses == [200, 409]
        assert (result["err_msg"], result["width"], result["height"]) == ("", 30, 40)
        assert (listed["asset_id"], listed["name"]) == (result["id"], "Red")
        assert sandbox.media(result["url"]).content == out.getvalue()

    def test_brings_a_clip_into_the_library(self, sandbox: Client) -> None:
        clip = make(Shot((Picture(1, 1),), seconds=2), "mp4")
        self.put(sandbox, "a.mp4", clip, "video/mp4")

        resp = sandbox.post("/media/upload", {"name": "a.mp4", "path": "upload/a.mp4", "type": 1}).json()["Resp"]
        frame = sandbox.post("/video/frame/at_time", {"video_path": "upload/a.mp4", "time_ms": 500}).json()["Resp"]

        assert (resp["duration"], resp["size"]) == (2, len(clip))
        assert sandbox.listing("video", 0, limit=1)["data"][0]["asset_id"] == resp["id"]
        assert sandbox.media(frame["frame_url"]).status_code == 200

    def test_refuses_a_file_inside_a_success(self, sandbox: Client) -> None:
        images = [{"name": "b.png", "size": 1, "path": "upload/b.png", "file_name": "x"}]

        answer = sandbox.post("/media/batch_upload_media", {"images": images}).json()

        assert answer["ErrCode"] == 0
        assert answer["Resp"]["result"][0]["err_msg"]

    def test_needs_the_store_s_signature(self, sandbox: Client) -> None:
        url = f"{sandbox.server.url}/upload/c.png"

        assert sandbox.session.put(url, data=b"x", headers={"Authorization": "OSS a:b"}, timeout=5).status_code == 403
