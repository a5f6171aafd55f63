"""Tests of the client of the account API: headers, envelope, all error codes, paging rules."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from providers.base import Connection
from providers.errors import (
    Authentication,
    ConcurrencyLimited,
    ContentFiltered,
    InvalidParameters,
    JobNotFound,
    ProtocolError,
    ProviderError,
    RateLimited,
    Unavailable,
)
from providers.http import Limits
from providers.pixverse.client import ERROR_KINDS, PixverseClient, Source, Tab, Window, error_kind
from tests.providers.answering import AnsweringServer, Told, envelope
from tests.providers.pixverse import recordings

pytestmark = pytest.mark.usefixtures("loopback")

ERRORS = {
    name: described
    for name, described in recordings.answer("index.json").items()
    if name.startswith("error-") and name.endswith(".json") and "device" not in name
}
KEY = {"access_key": "key-for-tests"}
TOKEN = {"token": "token-for-tests"}


def client(url: str, credentials: dict[str, str] | None = None) -> PixverseClient:
    """A client with short retry delays."""
    connection = Connection(account_id=1, base_url=url, credentials=KEY if credentials is None else credentials)
    return PixverseClient(connection, limits=Limits(backoff_seconds=0.01))


def window(server: AnsweringServer, *, offset: int = 0, limit: int = 20) -> Window:
    """Return the window of clips from a response of a server."""
    return client(server.url).list_window(Tab.VIDEO, Source.CREATED, offset=offset, limit=limit)


def recorded(name: str) -> Told:
    """Return a recorded response unchanged."""
    described = recordings.answer("index.json")[name]
    return Told((recordings.PAYLOADS / name).read_bytes(), described["http_status"], described["headers"])


class TestHeaders:
    def test_with_an_access_key_are_those_of_the_official_client(self) -> None:
        with AnsweringServer(envelope({})) as server:
            client(server.url).credits()

            (asked,) = server.asked
            assert asked.path == "/creative_platform/user/credits"
            assert asked.headers["access-key"] == "key-for-tests"
            assert (asked.headers["x-platform"], asked.headers["x-cli-source"]) == ("CLI", "cli")
            assert asked.headers["refresh"] == "credit"
            assert "token" not in asked.headers

    def test_with_a_web_token_are_those_of_the_web_app(self) -> None:
        with AnsweringServer(envelope({})) as server:
            client(server.url, TOKEN).user()

            (asked,) = server.asked
            assert asked.headers["token"] == "token-for-tests"
            assert asked.headers["x-platform"] == "Web"
            assert asked.headers["origin"] == "https://app.pixverse.ai"
            assert asked.headers["referer"] == "https://app.pixverse.ai/"
            assert "access-key" not in asked.headers

    def test_hold_a_new_trace_id_for_each_request_and_try(self) -> None:
        with AnsweringServer(Told(b"", status=503), envelope({})) as server:
            speaker = client(server.url)
            speaker.credits()
            speaker.credits()

            traces = [asked.headers["ai-trace-id"] for asked in server.asked]
            assert len({UUID(trace) for trace in traces}) == 3

    def test_are_not_sent_without_credentials(self) -> None:
        with AnsweringServer(envelope({})) as server:
            with pytest.raises(Authentication):
                client(server.url, {}).credits()

            assert server.asked == []


class TestErrors:
    @pytest.mark.parametrize("code", ERROR_KINDS)
    def test_map_each_code_of_the_table(self, code: int) -> None:
        status = 500 if code == 500052 else 200
        told = envelope(None, code=code, text="their words", status=status, Retry_After="0")
        with AnsweringServer(told) as server, pytest.raises(ProviderError) as caught:
            window(server)

        assert type(caught.value) is ERROR_KINDS[code]
        assert caught.value.provider_code == str(code)
        assert caught.value.provider_text == "their words"
        assert "their words" not in str(caught.value)

    @pytest.mark.parametrize("name", ERRORS)
    def test_map_each_recorded_answer(self, name: str) -> None:
        told = recorded(name)
        with AnsweringServer(told) as server, pytest.raises(ProviderError) as caught:
            window(server)

        note = ERRORS[name]["note"]
        kind = {"App answers 402": 402, "App answers 401": 401, "App answers 451": 451, "App answers 404": 404}
        expected = next((status for words, status in kind.items() if words in note), None)
        assert expected in (None, caught.value.http_status)

    def test_of_an_html_page_are_told_by_the_status(self) -> None:
        with AnsweringServer(recorded("error-http-502.html")) as server:
            with pytest.raises(Unavailable):
                window(server)

            assert len(server.asked) == 3

    def test_keep_an_unknown_code(self) -> None:
        with AnsweringServer(envelope(None, code=987654)) as server, pytest.raises(ProviderError) as caught:
            window(server)

        assert type(caught.value) is ProviderError
        assert caught.value.provider_code == "987654"

    def test_say_so_when_another_sign_in_replaced_this_one(self) -> None:
        with AnsweringServer(recorded("error-auth-session-replaced.json")) as server:
            with pytest.raises(Authentication, match="replaced"):
                window(server)

            assert len(server.asked) == 1

    def test_of_concurrency_are_not_hammered(self) -> None:
        with AnsweringServer(envelope(None, code=500044)) as server:
            with pytest.raises(ConcurrencyLimited) as caught:
                window(server)

            assert len(server.asked) == 1
            assert caught.value.retry_after_seconds is None

    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("incorrect image width or height", InvalidParameters),
            ("image moderation failed", ContentFiltered),
            ("Too many login attempts", RateLimited),
        ],
    )
    def test_read_the_text_of_code_400(self, text: str, kind: type[ProviderError]) -> None:
        assert error_kind(400, text) is kind

    def test_never_read_the_text_of_a_code_they_know(self) -> None:
        assert error_kind(500008, "too many login attempts, moderation") is JobNotFound

    @pytest.mark.parametrize(
        "body",
        [b"[]", b"{}", b'"text"', b'{"ErrCode": true}', b'{"ErrCode": null}', b"<html></html>", b'{"ErrCode": 0'],
    )
    def test_call_an_answer_without_envelope_senseless(self, body: bytes) -> None:
        with AnsweringServer(Told(body)) as server, pytest.raises(ProtocolError):
            window(server)


class TestListWindow:
    def test_asks_as_the_official_client_does(self) -> None:
        with AnsweringServer(recorded("web-library-video-page1.json")) as server:
            found = window(server, offset=40, limit=20)

            (asked,) = server.asked
            assert (asked.method, asked.path) == ("POST", "/creative_platform/asset/library/list")
            assert asked.body == {
                "tab": "video", "asset_source": 1, "folder_id": 0, "offset": 40, "limit": 20, "filter": {}
            }  # fmt: skip
            assert (len(found.rows), found.total) == (20, 29)

    def test_asks_for_sounds_with_their_order(self) -> None:
        with AnsweringServer(recorded("web-library-audio.json")) as server:
            client(server.url).list_window(Tab.AUDIO, Source.UPLOADED, offset=0, limit=50)

            assert server.asked[0].body["sort_field"] == "created_at"
            assert server.asked[0].body["sort_type"] == "Desc"
            assert server.asked[0].body["asset_source"] == 0

    @pytest.mark.parametrize(
        ("beside", "offset", "following", "is_stalled"),
        [
            ({"has_more": True, "next_offset": 20, "web_has_more": True, "web_next_offset": 20}, 0, 20, False),
            ({"has_more": False, "next_offset": 0, "web_has_more": False, "web_next_offset": 17}, 0, None, False),
            ({"has_more": True, "web_has_more": False}, 0, None, False),
            ({"web_has_more": True, "web_next_offset": None, "next_offset": 0}, 40, 42, False),
            ({"web_has_more": True, "web_next_offset": 50}, 50, None, True),
            ({}, 0, 2, False),
        ],
        ids=["more", "last", "web wins", "no cursor", "stalled", "full page says nothing"],
    )
    def test_follows_the_reading_rule(
        self, beside: dict[str, Any], offset: int, following: int | None, is_stalled: bool
    ) -> None:
        with AnsweringServer(envelope({"data": [{}, {}], **beside})) as server:
            found = window(server, offset=offset, limit=2)

        assert (found.next_offset, found.is_stalled) == (following, is_stalled)

    @pytest.mark.parametrize("name", ["web-video-list-null.json", "web-video-list-empty.json"])
    def test_takes_null_and_empty_for_an_empty_page(self, name: str) -> None:
        with AnsweringServer(recorded(name)) as server:
            assert window(server) == Window(rows=(), total=None, next_offset=None)

    def test_finds_rows_under_other_names(self) -> None:
        with AnsweringServer(recorded("web-image-list-alternate-keys.json")) as server:
            assert len(window(server).rows) == 2

    @pytest.mark.parametrize("resp", ["text", 5, {"data": "text"}, {"data": {"a": 1}}, {"rows": []}])
    def test_refuses_another_shape(self, resp: Any) -> None:
        with AnsweringServer(envelope(resp)) as server, pytest.raises(ProtocolError):
            window(server)

    def test_falls_back_to_older_endpoints_and_remembers(self) -> None:
        gone = Told(b'{"message": "Not Found"}', status=404)
        with AnsweringServer(gone, gone, recorded("web-album-video-list.json")) as server:
            speaker = client(server.url)
            for _ in range(2):
                found = speaker.list_window(Tab.VIDEO, Source.CREATED, offset=0, limit=20)

            assert [asked.path.removeprefix("/creative_platform") for asked in server.asked] == [
                "/asset/library/list", "/video/list/personal", "/album/video/list", "/album/video/list"
            ]  # fmt: skip
            assert len(found.rows) == 2

    def test_reads_a_folder(self) -> None:
        with AnsweringServer(recorded("web-library-video-page2.json")) as server:
            found = client(server.url).folder_window(7, Source.CREATED, offset=0, limit=20)

            assert len(found.rows) == 9
            assert server.asked[0].body["folder_id"] == 7

    @pytest.mark.parametrize("extra", [1, 200])
    def test_with_more_items_than_requested_is_refused(self, extra: int) -> None:
        rows = [{"video_id": number} for number in range(20 + extra)]
        with (
            AnsweringServer(envelope({"data": rows, "total": 500})) as server,
            pytest.raises(ProtocolError, match="more items than were requested"),
        ):
            window(server)

    def test_may_have_a_row_without_an_item_beside_those_requested(self) -> None:
        rows = [None, *({"video_id": number} for number in range(20))]
        with AnsweringServer(envelope({"data": rows, "total": 500})) as server:
            assert len(window(server).rows) == 21


class TestDetails:
    def test_open_the_audio_one_level_down(self) -> None:
        with AnsweringServer(recorded("web-audio-detail.json")) as server:
            found = client(server.url).audio(414886390988804, Source.CREATED)

            assert found["audio_id"] == 414886390988804
            assert server.asked[0].path.endswith("/audio/detail?asset_source=1&audio_id=414886390988804")

    def test_say_not_found_for_nothing(self) -> None:
        with AnsweringServer(envelope(None)) as server, pytest.raises(JobNotFound):
            client(server.url).video(5)

    def test_list_folders_and_workspaces(self) -> None:
        with AnsweringServer(recorded("web-folder-list.json"), recorded("web-workspaces.json")) as server:
            speaker = client(server.url)

            assert [folder["name"] for folder in speaker.folders()] == ["Harbour"]
            assert [workspace["name"] for workspace in speaker.workspaces()] == ["Personal"]

    def test_tell_plan_and_concurrency(self) -> None:
        with AnsweringServer(recorded("web-plan-details.json"), recorded("web-credits-concurrency.json")) as server:
            speaker = client(server.url)

            assert speaker.plan()["gen_simultaneously"] == 5
            assert speaker.concurrency()["video"]["limit"] == 5
