"""Tests of all faults, from the view of a client."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from providers.sandbox import effects
from providers.sandbox.state import faults

from .conftest import Client


def switch(sandbox: Client, name: str, **options: Any) -> None:
    answer = sandbox.control("POST", "/_sandbox/faults", {"name": name, **options})
    assert answer.status_code == 200, answer.text


def page(sandbox: Client, **body: Any) -> requests.Response:
    return sandbox.post("/asset/library/list", {"tab": "video", "asset_source": 1, "offset": 0, "limit": 20, **body})


class TestErrorResponses:
    @pytest.mark.parametrize(
        ("name", "code"), [("auth_expired", 10001), ("auth_not_logged_in", 10003), ("session_replaced", 10005)]
    )
    def test_simulate_an_invalid_login(self, sandbox: Client, name: str, code: int) -> None:
        switch(sandbox, name)

        answer = page(sandbox)

        assert (answer.status_code, answer.json()["ErrCode"]) == (200, code)

    def test_simulate_any_error_code(self, sandbox: Client) -> None:
        switch(sandbox, "error", code=500100)

        assert page(sandbox).json() == {"ErrCode": 500100, "ErrMsg": "database error", "Resp": None}

    def test_simulate_a_rate_limit_a_number_of_times(self, sandbox: Client) -> None:
        switch(sandbox, "http_429", retry_after=2, times=2, path="/asset/library/list")

        answers = [page(sandbox) for _ in range(3)]

        assert [answer.status_code for answer in answers] == [429, 429, 200]
        assert answers[0].headers["Retry-After"] == "2"
        assert sandbox.get("/user/credits").status_code == 200

    def test_simulate_a_rate_limit_without_retry_after(self, sandbox: Client) -> None:
        switch(sandbox, "http_429", retry_after=None)

        assert "Retry-After" not in page(sandbox).headers

    @pytest.mark.parametrize(
        ("name", "status"), [("http_401", 401), ("http_404", 404), ("http_500", 500), ("http_503", 503)]
    )
    def test_simulate_an_http_error(self, sandbox: Client, name: str, status: int) -> None:
        switch(sandbox, name)

        assert page(sandbox).status_code == status

    @pytest.mark.parametrize(("name", "status"), [("http_502_html", 502), ("http_403_html", 403)])
    def test_simulate_a_page_of_html(self, sandbox: Client, name: str, status: int) -> None:
        switch(sandbox, name)

        answer = page(sandbox)

        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html")
        assert "<html>" in answer.text

    def test_simulate_an_empty_balance(self, sandbox: Client) -> None:
        switch(sandbox, "no_credits")

        submitted = sandbox.post("/video/t2v", {"prompt": "a boat", "model": "v6", "aspect_ratio": "16:9"})
        balance = sandbox.get("/user/credits").json()["Resp"]

        assert submitted.json()["ErrCode"] == 500043
        assert balance["credit_daily"] + balance["credit_monthly"] + balance["credit_package"] == 0


class TestBrokenConnections:
    @pytest.mark.parametrize("at", ["before", "middle"])
    def test_cut(self, sandbox: Client, at: str) -> None:
        switch(sandbox, "cut", at=at, times=1)

        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            page(sandbox)

        assert page(sandbox).status_code == 200

    def test_are_slow(self, sandbox: Client) -> None:
        switch(sandbox, "slow", seconds=0.4, times=1)

        begun = time.perf_counter()
        answer = page(sandbox)

        assert answer.json()["ErrCode"] == 0
        assert time.perf_counter() - begun >= 0.4

    def test_are_slow_beyond_a_timeout(self, sandbox: Client) -> None:
        switch(sandbox, "slow", seconds=1)

        with pytest.raises(requests.Timeout):
            sandbox.session.get(f"{sandbox.server.url}/creative_platform/user/credits", timeout=0.2)


class TestMalformedResponses:
    def test_truncate_json(self, sandbox: Client) -> None:
        switch(sandbox, "truncated_json")

        answer = page(sandbox)

        assert answer.status_code == 200
        with pytest.raises(requests.JSONDecodeError):
            answer.json()

    def test_lose_the_resp(self, sandbox: Client) -> None:
        switch(sandbox, "resp_null")

        assert page(sandbox).json() == {"ErrCode": 0, "ErrMsg": "Success", "Resp": None}
        assert sandbox.get("/user/credits").json()["Resp"] is not None

    def test_have_a_resp_of_the_wrong_shape(self, sandbox: Client) -> None:
        switch(sandbox, "resp_wrong")

        assert page(sandbox).json()["Resp"] == "unexpected"

    def test_hold_a_null_item(self, sandbox: Client) -> None:
        honest = page(sandbox).json()["Resp"]["data"]
        switch(sandbox, "malformed_item", at=3)

        rows = page(sandbox).json()["Resp"]["data"]

        assert rows[3] is None
        assert [row for row in rows if row is not None] == honest

    def test_hold_an_item_without_id(self, sandbox: Client) -> None:
        switch(sandbox, "malformed_item", kind="no_id", at=2)

        rows = page(sandbox).json()["Resp"]["data"]

        assert not {"video_id", "asset_id"} & rows[2].keys()

    def test_stall_the_cursor_after_the_first_page(self, sandbox: Client) -> None:
        switch(sandbox, "stalled_cursor")

        first, second = page(sandbox).json()["Resp"], page(sandbox, offset=20).json()["Resp"]

        assert first["web_next_offset"] == 20
        assert {key: second[key] for key in second if key != "data"} == {"web_has_more": True, "web_next_offset": 20}

    def test_repeat_the_first_page(self, sandbox: Client) -> None:
        switch(sandbox, "repeat_page")

        first, second = page(sandbox).json()["Resp"], page(sandbox, offset=20).json()["Resp"]

        assert second["data"] == first["data"]
        assert second["web_next_offset"] == 40

    def test_empty_the_page(self, sandbox: Client) -> None:
        switch(sandbox, "empty_page", times=1)

        assert page(sandbox).json()["Resp"]["data"] == []

    @pytest.mark.parametrize("key", ["image_list", "list", "items"])
    def test_put_images_under_another_key(self, sandbox: Client, key: str) -> None:
        switch(sandbox, "alternate_keys", key=key)

        resp = sandbox.post("/image/list/personal", {"limit": 5}).json()["Resp"]

        assert list(resp) == [key]
        assert len(resp[key]) == 5

    def test_answer_a_submit_without_id(self, sandbox: Client) -> None:
        switch(sandbox, "submit_no_id")

        answer = sandbox.post("/video/t2v", {"prompt": "a boat"}).json()

        assert answer["Resp"] == {"video_ids": []}


class TestMovingLists:
    def test_grow_while_they_are_paged(self, sandbox: Client) -> None:
        switch(sandbox, "growing", count=2)
        first = page(sandbox).json()["Resp"]

        second = page(sandbox, offset=20).json()["Resp"]

        assert second["total"] == first["total"] + 2
        assert [row["video_id"] for row in second["data"][:2]] == [row["video_id"] for row in first["data"][-2:]]

    def test_hide_old_items(self, sandbox: Client) -> None:
        everything = sandbox.listing(limit=1)["total"]
        switch(sandbox, "default_window", days=90)

        hidden = sandbox.listing(limit=1)["total"]
        asked = sandbox.listing(limit=1, filter={"start_time": 1})["total"]

        assert 0 < hidden < everything == asked


class TestSwitches:
    def test_are_listed_and_cleared(self, sandbox: Client) -> None:
        switch(sandbox, "http_500", times=1)
        page(sandbox)

        listed = sandbox.control("GET", "/_sandbox/faults").json()
        cleared = sandbox.control("DELETE", "/_sandbox/faults").json()

        assert [(fault["name"], fault["struck"]) for fault in listed["faults"]] == [("http_500", 1)]
        assert set(listed["known"]) == effects.names()
        assert cleared["faults"] == []

    def test_wait_for_their_turn(self, sandbox: Client) -> None:
        switch(sandbox, "http_500", after=2, times=1)

        assert [page(sandbox).status_code for _ in range(4)] == [200, 200, 500, 200]

    def test_keep_to_their_tab(self, sandbox: Client) -> None:
        switch(sandbox, "http_500", tab="image")

        assert page(sandbox).status_code == 200
        assert page(sandbox, tab="image").status_code == 500

    def test_refuse_an_unknown_name(self, sandbox: Client) -> None:
        answer = sandbox.control("POST", "/_sandbox/faults", {"name": "earthquake"})

        assert answer.status_code == 400
        assert "earthquake" in answer.json()["error"]

    def test_are_read_from_the_command_line(self) -> None:
        assert faults.parse("http_429:retry_after=2,times=3,path=/list") == {
            "name": "http_429",
            "retry_after": 2,
            "times": 3,
            "path": "/list",
        }
        assert faults.parse("slow:seconds=0.5") == {"name": "slow", "seconds": 0.5}
