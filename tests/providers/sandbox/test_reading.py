"""The account API over real HTTP, reading: lists, paging quirks, single items, the account."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from providers.sandbox.library.stored import StoredLibrary

from .conftest import Client

PAYLOADS = Path(__file__).parents[1] / "pixverse" / "payloads"


class TestLibraryList:
    def test_says_where_the_next_page_begins(self, sandbox: Client) -> None:
        page = sandbox.listing(limit=50)

        assert len(page["data"]) == 50
        assert {key: page[key] for key in page if key not in ("data", "total")} == {
            "has_more": True,
            "next_offset": 50,
            "web_has_more": True,
            "web_next_offset": 50,
        }

    def test_ends_with_next_offset_zero(self, sandbox: Client) -> None:
        total = sandbox.listing(limit=1)["total"]

        page = sandbox.listing(limit=50, offset=total - 17)

        assert len(page["data"]) == 17
        assert (page["has_more"], page["next_offset"]) == (False, 0)
        assert (page["web_has_more"], page["web_next_offset"]) == (False, total)

    @pytest.mark.parametrize("source", [0, 1], ids=["uploaded", "generated"])
    def test_says_of_images_whether_there_are_more(self, sandbox: Client, source: int) -> None:
        page = sandbox.listing("image", source, limit=10)
        last = sandbox.listing("image", source, limit=10, offset=page["total"] - 1)

        assert set(page) == {"data", "total", "has_more", "next_offset"}
        assert (page["has_more"], page["next_offset"]) == (True, 10)
        assert (last["has_more"], last["next_offset"]) == (False, 0)

    def test_keeps_made_and_uploaded_apart(self, sandbox: Client) -> None:
        made, uploaded = sandbox.rows("image", 1), sandbox.rows("image", 0)

        assert all("image_id" in row for row in made)
        assert all("image_id" not in row and row["path"].startswith("upload/") for row in uploaded)

    @pytest.mark.parametrize("tab", ["video", "image", "audio"])
    def test_returns_every_item_once(self, sandbox: Client, tab: str) -> None:
        ids = [row["asset_id"] for source in (0, 1) for row in sandbox.rows(tab, source)]
        listed = [item for item in sandbox.truth() if item["media_type"] == tab]

        assert len(ids) == len(set(ids)) == len(listed)

    @pytest.mark.parametrize("limit", [0, 201, -1])
    def test_refuses_a_limit_out_of_range(self, sandbox: Client, limit: int) -> None:
        answer = sandbox.post("/asset/library/list", {"tab": "video", "limit": limit})

        assert answer.status_code == 200
        assert answer.json() == {"ErrCode": 400017, "ErrMsg": "invalid param", "Resp": None}

    def test_narrows_by_time_and_status(self, sandbox: Client) -> None:
        rows = sandbox.rows()
        times = {"start_time": 1_767_225_600, "end_time": 1_772_323_199}

        by_time = sandbox.listing(limit=200, filter=times)["data"]
        by_status = sandbox.listing(limit=200, filter={"video_status": [7]})["data"]

        assert [row["video_id"] for row in by_time] == [
            row["video_id"] for row in rows if "2026-01-01" <= row["created_at"] < "2026-03-01"
        ]
        assert {row["video_status"] for row in by_status} == {7}

    def test_answers_quickly_in_a_library_of_100_000(self, started: Callable[..., Client]) -> None:
        large = started(size=100_000)
        large.listing(limit=1)

        begun = time.process_time()
        page = large.listing(limit=200, offset=40_000)

        assert len(page["data"]) == 200
        assert time.process_time() - begun < 1


class TestOlderLists:
    def test_give_rows_only(self, sandbox: Client) -> None:
        resp = sandbox.post("/video/list/personal", {"offset": 0, "limit": 30, "polling": True}).json()["Resp"]

        assert list(resp) == ["data"]
        assert len(resp["data"]) == 30

    def test_give_images(self, sandbox: Client) -> None:
        resp = sandbox.post("/image/list/personal", {"offset": 0, "limit": 30}).json()["Resp"]

        assert set(resp) == {"data", "total", "next_offset"}
        assert len(resp["data"]) == 30

    def test_list_albums(self, sandbox: Client) -> None:
        album = sandbox.post("/album/video/list", {"album_id": 1, "limit": 5}).json()["Resp"]

        assert len(album["data"]) == 5


class TestDetail:
    def test_is_the_list_s_record(self, sandbox: Client) -> None:
        video, image = sandbox.rows()[4], sandbox.rows("image")[4]

        assert sandbox.post("/video/list/detail", {"video_id": video["video_id"]}).json()["Resp"] == video
        assert sandbox.post("/image/detail", {"image_id": str(image["image_id"])}).json()["Resp"] == image

    def test_of_a_sound_is_one_level_down(self, sandbox: Client) -> None:
        sound = sandbox.rows("audio")[0]

        resp = sandbox.get(f"/audio/detail?asset_source=1&audio_id={sound['audio_id']}").json()["Resp"]

        assert resp["audio"]["path"] == sound["audio_path"]

    @pytest.mark.parametrize(
        ("video_id", "code"),
        [("0b3f8e0c-uuid", 500313), (123, 500008), (None, 400011)],
        ids=["uuid", "unknown", "none"],
    )
    def test_refuses(self, sandbox: Client, video_id: object, code: int) -> None:
        assert sandbox.post("/video/list/detail", {"video_id": video_id}).json()["ErrCode"] == code


class TestDownload:
    @pytest.mark.parametrize(("kind", "url"), [("video", "url"), ("image", "image_url")])
    def test_leads_to_the_file_of_a_finished_item(self, sandbox: Client, kind: str, url: str) -> None:
        """That the answer has a `url` is a guess."""
        rows = {row[f"{kind}_status"]: row for row in reversed(sandbox.rows(kind))}
        key = f"{kind}_id"

        done, working, unknown = (
            sandbox.post(f"/{kind}/download", {key: item_id}).json() for item_id in (rows[1][key], rows[10][key], 123)
        )

        assert done["Resp"] == {key: rows[1][key], "url": rows[1][url]}
        assert (working["ErrCode"], unknown["ErrCode"]) == (500008, 500008)


class TestAccount:
    def test_knows_its_person_and_balance(self, sandbox: Client) -> None:
        assert sandbox.get("/getUserInfo").json()["Resp"]["Nickname"] == "Sandbox user"
        balance = sandbox.get("/user/credits").json()["Resp"]
        assert (balance["credit_daily"], balance["credit_monthly"], balance["credit_package"]) == (60, 1200, 350)
        assert sandbox.get("/user/credits/concurrency").json()["Resp"]["video"]["remaining"] == 5
        assert sandbox.get("/team/workspace/list").json()["Resp"]["active_workspace_id"] == 0
        assert sandbox.post("/toc/members/plan_details").json()["Resp"]["plan_name"] == "Standard"

    @pytest.mark.parametrize(
        ("headers", "code"),
        [
            ({"Access-Key": "wrong"}, 10001),
            ({"Access-Key": None, "token": "a.b.c"}, 10001),
            ({"Access-Key": None}, 10003),
        ],
        ids=["key", "token", "nothing"],
    )
    def test_refuses_strangers(self, sandbox: Client, headers: dict, code: int) -> None:
        answer = sandbox.get("/user/credits", headers=headers)

        assert answer.status_code == 200
        assert answer.json()["ErrCode"] == code
        assert answer.json()["Resp"] is None

    def test_replaces_the_web_session_on_a_second_login(self, sandbox: Client) -> None:
        secrets = {"Username": sandbox.server.username, "Password": sandbox.server.password}
        first, second = (sandbox.post("/login", secrets).json()["Resp"]["Result"]["Token"] for _ in range(2))

        codes = [
            sandbox.get("/user/credits", headers={"Access-Key": None, "token": token}).json()["ErrCode"]
            for token in (first, second)
        ]

        assert codes == [10005, 0]
        assert sandbox.get("/user/credits").json()["ErrCode"] == 0

    def test_refuses_a_wrong_password(self, sandbox: Client) -> None:
        answer = sandbox.post("/login", {"username": sandbox.server.username, "password": "no"})

        assert answer.json() == {"ErrCode": 500200, "ErrMsg": "User does not exist.", "Resp": None}

    def test_signs_a_device_in(self, sandbox: Client) -> None:
        begun = sandbox.post("/oauth/device/authorize").json()["Resp"]
        waiting = sandbox.post("/oauth/device/token", {"device_code": begun["device_code"]}).json()
        requests.post(begun["verification_uri_complete"], timeout=5).raise_for_status()
        token = sandbox.post("/oauth/device/token", {"device_code": begun["device_code"]}).json()["Resp"][
            "access_token"
        ]

        assert waiting["ErrCode"] == 10055
        assert sandbox.get("/user/credits", headers={"Access-Key": None, "token": token}).json()["ErrCode"] == 0


class TestDelete:
    @pytest.mark.parametrize("endpoint", ["video", "asset"])
    def test_counts_a_second_time_as_deleted(self, sandbox: Client, endpoint: str) -> None:
        video_id = sandbox.rows()[7]["video_id"]
        paths = {"video": "/video/delete", "asset": "/asset/library/delete"}
        bodies = {
            "video": {"video_ids": [video_id], "platform": "web"},
            "asset": {"items": [{"asset_id": video_id, "asset_type": 1, "asset_source": 1, "platform": "web"}]},
        }

        first = sandbox.post(paths[endpoint], bodies[endpoint]).json()
        second = sandbox.post(paths[endpoint], bodies[endpoint]).json()

        assert first == {"ErrCode": 0, "ErrMsg": "Success", "Resp": None}
        assert second["ErrCode"] == 500064
        assert video_id not in [row["video_id"] for row in sandbox.rows()]

    def test_refuses_a_uuid(self, sandbox: Client) -> None:
        assert sandbox.post("/video/delete", {"video_ids": ["5faf929b-def9"]}).json()["ErrCode"] == 500313


class TestHttp:
    def test_says_it_is_a_sandbox(self, sandbox: Client) -> None:
        page = sandbox.control("GET", "/")

        assert page.headers["Server"] == "Stemma-Sandbox"
        assert "This is a sandbox, not Pixverse." in page.text

    def test_takes_chunked_bodies_and_echoes_the_trace(self, sandbox: Client) -> None:
        chunks = (part for part in (b'{"tab":"vi', b'deo","limit":3}'))

        answer = sandbox.session.post(
            f"{sandbox.server.url}/creative_platform/asset/library/list",
            data=chunks,
            headers={"AI-Trace-Id": "trace-1"},
            timeout=5,
        )

        assert len(answer.json()["Resp"]["data"]) == 3
        assert answer.headers["ai-trace-id"] == "trace-1"

    def test_keeps_requests_without_secrets(self, sandbox: Client) -> None:
        sandbox.post("/login", {"Username": "someone", "Password": "hidden"})

        kept = sandbox.control("GET", "/_sandbox/requests").json()["requests"][-1]

        assert kept["path"] == "/creative_platform/login"
        assert kept["body"] == {"Username": "someone", "Password": "[redacted]"}
        assert kept["headers"]["access-key"] == "[redacted]"
        assert sandbox.server.requests[-1] == kept

    def test_refuses_a_body_that_is_no_json(self, sandbox: Client) -> None:
        answer = sandbox.session.post(
            f"{sandbox.server.url}/creative_platform/asset/library/list", data=b"{", timeout=5
        )

        assert answer.json()["ErrCode"] == 400017

    def test_grows_on_request(self, sandbox: Client) -> None:
        before = sandbox.listing(limit=1)["total"]

        added = sandbox.control("POST", "/_sandbox/items", {"count": 3}).json()["ids"]

        page = sandbox.listing(limit=3)
        assert page["total"] == before + 3
        assert sorted(str(row["video_id"]) for row in page["data"]) == sorted(added)


class TestStoredLibrary:
    def test_serves_the_recorded_pages(self, started: Callable[..., Client]) -> None:
        stored = started(library=StoredLibrary(PAYLOADS))

        library = stored.listing(limit=20)
        personal = stored.post("/video/list/personal", {"offset": 0, "limit": 200}).json()["Resp"]["data"]

        assert (library["total"], library["web_next_offset"]) == (29, 20)
        assert None in personal
        assert stored.listing("image", 0)["total"] == 5
        assert any(item["parents"] for item in stored.truth())
