"""Pixverse's library as Stemma reads it, over real HTTP against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from common.vocabulary import Origin
from providers.base import Connection, RemoteList
from providers.errors import Authentication, InvalidParameters, JobNotFound, ProtocolError, ProviderError, Unavailable
from providers.pixverse.adapter import PixverseAdapter
from providers.records import Balance, InvalidItem, Page, RemoteAsset
from providers.sandbox.server.server import SandboxServer
from tests.providers.answering import AnsweringServer, envelope
from tests.providers.pixverse import recordings

pytestmark = pytest.mark.usefixtures("loopback")


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[SandboxServer]:
    """One sandbox for this module."""
    with SandboxServer(size=150, seed=1) as server:
        yield server


@pytest.fixture
def sandbox(running_sandbox: SandboxServer) -> Iterator[SandboxServer]:
    """The sandbox, with all faults disabled afterwards."""
    yield running_sandbox
    running_sandbox.faults.clear()


def adapter(server: SandboxServer | AnsweringServer) -> PixverseAdapter:
    """An adapter for the account of a server."""
    key = getattr(server, "access_key", "key-for-tests")
    return PixverseAdapter(Connection(account_id=1, base_url=server.url, credentials={"access_key": key}))


def pages(speaker: PixverseAdapter, remote_list: RemoteList, size: int) -> list[Page]:
    """Every page of a list, one after the other."""
    found = [speaker.list_assets(remote_list, position="", size=size)]
    while (position := found[-1].next) is not None:
        found.append(speaker.list_assets(remote_list, position=position, size=size))
    return found


def ids(page: Page) -> list[str]:
    """The ids of a page's items."""
    return [item.provider_asset_id for item in page.items]


def held(server: SandboxServer) -> dict[str, int]:
    """Return the number of items in the sandbox, by list."""
    list_parts = server.library.totals()
    return {
        "videos": list_parts["video"] + list_parts["upload_video"],
        "images": list_parts["image"] + list_parts["upload_image"],
        "audio": list_parts.get("audio", 0) + list_parts.get("upload_audio", 0),
    }


class TestListAssets:
    @pytest.mark.parametrize("remote_list", RemoteList)
    @pytest.mark.parametrize("size", [7, 100, 500])
    def test_returns_every_item_once(self, sandbox: SandboxServer, remote_list: RemoteList, size: int) -> None:
        found = [identifier for page in pages(adapter(sandbox), remote_list, size) for identifier in ids(page)]

        assert len(found) == len(set(found)) == held(sandbox)[remote_list]

    @pytest.mark.parametrize("remote_list", [RemoteList.VIDEOS, RemoteList.IMAGES])
    def test_returns_the_total_of_both_sources(self, sandbox: SandboxServer, remote_list: RemoteList) -> None:
        page = adapter(sandbox).list_assets(remote_list, position="", size=5)

        assert page.total == held(sandbox)[remote_list]
        assert page.complete

    def test_starts_with_generated_items_and_ends_with_uploads(self, sandbox: SandboxServer) -> None:
        (page,) = pages(adapter(sandbox), RemoteList.IMAGES, 500)

        origins = [item.origin for item in page.items if isinstance(item, RemoteAsset)]
        assert origins == sorted(origins, key=[Origin.GENERATED, Origin.UPLOADED].index)
        assert set(origins) == set(Origin)

    @pytest.mark.parametrize("size", [1, 10])
    def test_counts_decimal_offsets_over_both_sources(self, sandbox: SandboxServer, size: int) -> None:
        speaker = adapter(sandbox)
        whole = ids(speaker.list_assets(RemoteList.IMAGES, position="0", size=500))

        windows = [
            ids(speaker.list_assets(RemoteList.IMAGES, position=str(offset), size=size))
            for offset in range(len(whole) + 2)
        ]

        assert windows == [whole[offset : offset + size] for offset in range(len(whole) + 2)]

    def test_finds_uploads_by_offset_when_no_totals_are_given(self, sandbox: SandboxServer) -> None:
        speaker = adapter(sandbox)
        whole = ids(speaker.list_assets(RemoteList.AUDIO, position="", size=50))

        windows = [ids(speaker.list_assets(RemoteList.AUDIO, position=str(n), size=1)) for n in range(len(whole))]

        assert [identifier for window in windows for identifier in window] == whole

    def test_requests_a_hundred_items_at_most(self, sandbox: SandboxServer) -> None:
        before = len(sandbox.requests)

        adapter(sandbox).list_assets(RemoteList.AUDIO, position="", size=500)
        adapter(sandbox).list_assets(RemoteList.VIDEOS, position="", size=500)

        bodies = [request["body"] for request in sandbox.requests[before:]]
        assert max(body["limit"] for body in bodies if body["tab"] == "video") == 100
        assert max(body["limit"] for body in bodies if body["tab"] == "audio") == 50

    @pytest.mark.parametrize("position", ["-1", "x", "uploaded:", "uploaded:x", "1.5", "9" * 30, "٣"])
    def test_refuses_an_invalid_position(self, sandbox: SandboxServer, position: str) -> None:
        with pytest.raises(InvalidParameters):
            adapter(sandbox).list_assets(RemoteList.VIDEOS, position=position, size=10)

    @pytest.mark.parametrize("size", [0, 501])
    def test_refuses_an_invalid_size(self, sandbox: SandboxServer, size: int) -> None:
        with pytest.raises(InvalidParameters):
            adapter(sandbox).list_assets(RemoteList.VIDEOS, position="", size=size)

    @pytest.mark.parametrize("kind", ["null", "text", "no_id"])
    def test_reports_a_malformed_item_and_keeps_the_rest(self, sandbox: SandboxServer, kind: str) -> None:
        sandbox.faults.add({"name": "malformed_item", "kind": kind, "times": 1})

        page = adapter(sandbox).list_assets(RemoteList.VIDEOS, position="", size=10)

        (malformed,) = (item for item in page.items if isinstance(item, InvalidItem))
        assert malformed.reason
        assert len(page.items) >= 10

    def test_ends_when_the_cursor_stalls(self, sandbox: SandboxServer) -> None:
        sandbox.faults.add({"name": "stalled_cursor", "tab": "video"})

        found = pages(adapter(sandbox), RemoteList.VIDEOS, 10)

        assert not all(page.complete for page in found)
        assert len(found) < 20

    def test_ends_when_pages_repeat(self, sandbox: SandboxServer) -> None:
        sandbox.faults.add("repeat_page")

        page = adapter(sandbox).list_assets(RemoteList.VIDEOS, position="", size=500)

        assert not page.complete

    def test_treats_null_as_an_empty_list(self, sandbox: SandboxServer) -> None:
        sandbox.faults.add("resp_null")

        assert adapter(sandbox).list_assets(RemoteList.VIDEOS, position="", size=10) == Page((), None, None)

    @pytest.mark.parametrize(
        ("fault", "kind"),
        [
            ("auth_expired", Authentication),
            ("session_replaced", Authentication),
            ("http_500", Unavailable),
            ("http_503", Unavailable),
            ("http_502_html", Unavailable),
            ("cut", Unavailable),
            ("truncated_json", ProtocolError),
            ("resp_wrong", ProtocolError),
            ("error:code=500020", ProviderError),
        ],
    )
    def test_never_treats_an_error_as_an_empty_page(
        self, sandbox: SandboxServer, fault: str, kind: type[ProviderError]
    ) -> None:
        sandbox.faults.add(fault)

        with pytest.raises(kind):
            adapter(sandbox).list_assets(RemoteList.VIDEOS, position="", size=10)

    @pytest.mark.parametrize("fault", ["http_503:times=2", "http_429:times=1,retry_after=0", "cut:times=1"])
    def test_retries_after_a_short_failure(self, sandbox: SandboxServer, fault: str) -> None:
        sandbox.faults.add(fault)

        assert len(adapter(sandbox).list_assets(RemoteList.VIDEOS, position="", size=10).items) == 10

    def test_checks_for_uploads_after_a_page_that_is_exactly_full(self) -> None:
        created, none = envelope({"data": [{"video_id": 1}], "has_more": False}), envelope({"data": []})
        with AnsweringServer(created, none) as server:
            assert adapter(server).list_assets(RemoteList.VIDEOS, position="", size=1).next is None


class TestCheckAccount:
    def test_returns_name_balances_and_workspaces(self) -> None:
        answers = [
            envelope(recordings.answer(f"web-{name}.json")["Resp"])
            for name in ("user-credits", "user-info", "workspaces")
        ]
        with AnsweringServer(*answers) as server:
            check = adapter(server).check_account()

        assert check.display_name == "sample_user"
        assert check.workspaces == ("Personal",)
        assert check.balances == (
            Balance("daily", 60.0, "credits"),
            Balance("monthly", 1200.0, "credits"),
            Balance("package", 350.0, "credits"),
        )

    def test_distinguishes_unknown_from_zero(self) -> None:
        with AnsweringServer(envelope({"credit_daily": 0, "credit_monthly": "many"})) as server:
            check = adapter(server).check_account()

        assert [balance.amount for balance in check.balances] == [0.0, None, None]

    def test_of_the_sandbox_works_with_either_sign_in(self, sandbox: SandboxServer) -> None:
        token = sandbox.sandbox.account.login(sandbox.username, sandbox.password)
        by_token = PixverseAdapter(Connection(account_id=1, base_url=sandbox.url, credentials={"token": token}))

        assert by_token.check_account() == adapter(sandbox).check_account()

    def test_fails_with_a_wrong_key(self, sandbox: SandboxServer) -> None:
        wrong = PixverseAdapter(Connection(account_id=1, base_url=sandbox.url, credentials={"access_key": "wrong"}))

        with pytest.raises(Authentication):
            wrong.check_account()


class TestGetAsset:
    @pytest.mark.parametrize("remote_list", RemoteList)
    def test_is_the_item_of_the_list(self, sandbox: SandboxServer, remote_list: RemoteList) -> None:
        speaker = adapter(sandbox)
        (listed,) = speaker.list_assets(remote_list, position="", size=1).items

        found = speaker.get_asset(listed.provider_asset_id, remote_list=remote_list)

        assert isinstance(listed, RemoteAsset)
        assert (found.provider_asset_id, found.names) == (listed.provider_asset_id, listed.names)

    def test_raises_not_found(self, sandbox: SandboxServer) -> None:
        with pytest.raises(JobNotFound):
            adapter(sandbox).get_asset("123456789012345", remote_list=RemoteList.VIDEOS)

    @pytest.mark.parametrize("wrong", ["", "abc", "0", "5faf929b-def9", "9" * 40])
    def test_sends_numbers_only(self, sandbox: SandboxServer, wrong: str) -> None:
        before = len(sandbox.requests)

        with pytest.raises(InvalidParameters):
            adapter(sandbox).get_asset(wrong, remote_list=RemoteList.VIDEOS)

        assert len(sandbox.requests) == before

    @pytest.mark.parametrize("resp", [{"prompt": "no id"}, [], "text"])
    def test_rejects_a_response_without_an_item(self, resp: Any) -> None:
        with AnsweringServer(envelope(resp)) as server, pytest.raises(ProtocolError):
            adapter(server).get_asset("5", remote_list=RemoteList.VIDEOS)
