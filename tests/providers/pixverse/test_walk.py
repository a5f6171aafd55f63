"""Whole lists walked to their end while items come and go, over real HTTP against the sandbox."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.vocabulary import Origin
from providers.base import Connection, ListPart, RemoteList
from providers.errors import (
    Authentication,
    InvalidParameters,
    ProtocolError,
    ProviderError,
    Unavailable,
    UnsupportedOperation,
)
from providers.pixverse.adapter import PixverseAdapter
from providers.pixverse.walk import EMPTY_SWEEPS_MAX, REMEMBERED_MAX, REQUESTS_MAX, Place
from providers.records import InvalidItem, Page
from providers.sandbox.library.stored import StoredLibrary
from providers.sandbox.server.server import SandboxServer
from tests.providers.answering import AnsweringServer, envelope

pytestmark = pytest.mark.usefixtures("loopback")

CLIPS = ListPart(RemoteList.VIDEOS, Origin.GENERATED)
UPLOADED_CLIPS = ListPart(RemoteList.VIDEOS, Origin.UPLOADED)
PICTURES = ListPart(RemoteList.IMAGES, Origin.GENERATED)
UPLOADED_PICTURES = ListPart(RemoteList.IMAGES, Origin.UPLOADED)
SOUNDS = ListPart(RemoteList.AUDIO, Origin.GENERATED)

# What looking for old items costs where there are none: the windows of 90 days, and all time before.
SWEEPS = EMPTY_SWEEPS_MAX + 1

every_part = pytest.mark.parametrize("part", PixverseAdapter.list_parts, ids=lambda part: part.key)


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[SandboxServer]:
    """One sandbox for the tests that change nothing in it."""
    with SandboxServer(size=400, seed=1) as server:
        yield server


@pytest.fixture
def sandbox(running_sandbox: SandboxServer) -> Iterator[SandboxServer]:
    """The sandbox, with all faults disabled afterwards."""
    yield running_sandbox
    running_sandbox.faults.clear()


@pytest.fixture
def changing_sandbox() -> Iterator[SandboxServer]:
    """A separate sandbox for one test, to add items to and delete from."""
    with SandboxServer(size=400, seed=1) as server:
        yield server


class Walker:
    """Walk over one part, with a new adapter for each page, from state that a database can store."""

    def __init__(self, server: SandboxServer | AnsweringServer, part: ListPart = CLIPS, size: int = 100) -> None:
        self.server, self.list_key, self.size = server, part, size
        self.position: str | None = ""
        self.pages: list[Page] = []

    def step(self) -> Page:
        """Read one more page."""
        assert self.position is not None
        self.pages.append(adapter(self.server).walk(self.list_key, position=self.position, size=self.size))
        self.position = self.pages[-1].next
        assert len(self.position or "") <= 500
        assert len(self.pages[-1].items) <= self.size
        return self.pages[-1]

    def walk(self) -> Walker:
        """Read on to the end."""
        while self.position is not None:
            assert len(self.pages) < 2_000
            self.step()
        return self

    @property
    def ids(self) -> list[str]:
        """Return the IDs of the returned items, in order."""
        return [item.provider_asset_id for page in self.pages for item in page.items if item.provider_asset_id]

    @property
    def malformed(self) -> list[InvalidItem]:
        """Return the invalid items that were returned."""
        return [item for page in self.pages for item in page.items if isinstance(item, InvalidItem)]

    @property
    def is_complete(self) -> bool:
        """Return True when all pages were complete."""
        return all(page.complete for page in self.pages)


def adapter(server: SandboxServer | AnsweringServer) -> PixverseAdapter:
    """An adapter for the account of a server."""
    key = getattr(server, "access_key", "key-for-tests")
    return PixverseAdapter(Connection(account_id=1, base_url=server.url, credentials={"access_key": key}))


def control(server: SandboxServer, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Ask one of the sandbox's own endpoints."""
    answer = requests.post(f"{server.url}/_sandbox/{path}", json=body, timeout=20)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def held(server: SandboxServer, part: ListPart) -> list[str]:
    """The ids that the sandbox holds on a part, newest first."""
    items = requests.get(f"{server.url}/_sandbox/library", timeout=20).json()["items"]
    media_type = {"videos": "video", "images": "image", "audio": "audio"}[part.remote_list]
    source = 1 if part.origin is Origin.GENERATED else 0
    ids = [item["id"] for item in items if (item["media_type"], item["asset_source"]) == (media_type, source)]
    return sorted(ids, key=int, reverse=True)


def requests_of(server: SandboxServer, act: Callable[[], object]) -> list[dict[str, Any]]:
    """The bodies that arrive while something is done."""
    before = server.requests[-1]["number"] if server.requests else 0
    act()
    return [request["body"] for request in server.sandbox.requests(since=before)]


def rows(*ids: int, **more: Any) -> dict[str, Any]:
    """An answer that lists clips by id."""
    return {"data": [{"video_id": number} for number in ids], "has_more": False, **more}


def stored(folder: Path, clips: list[Any]) -> StoredLibrary:
    """A library of these rows of clips and nothing else."""
    empty = [f"library-{name}" for name in ("video-page2", "image-page1", "upload-images", "upload-videos", "audio")]
    empty += ["video-list-page1", "video-list-page2", "video-list-odd", "image-list-page1"]
    files = {"library-video-page1": clips, **{name: [] for name in empty}}
    for name, listed in files.items():
        (folder / f"web-{name}.json").write_text(json.dumps({"Resp": {"data": listed}}))
    return StoredLibrary(folder)


class TestWalk:
    @every_part
    @pytest.mark.parametrize("size", [7, 50, 100])
    def test_returns_the_whole_list_newest_first(self, sandbox: SandboxServer, part: ListPart, size: int) -> None:
        walker = Walker(sandbox, part, size).walk()

        assert walker.ids == held(sandbox, part)
        assert walker.is_complete

    def test_returns_the_total_of_the_list(self, sandbox: SandboxServer) -> None:
        page = Walker(sandbox, UPLOADED_CLIPS, size=2).step()

        assert page.total == len(held(sandbox, UPLOADED_CLIPS))

    def test_sends_few_extra_requests(self) -> None:
        with SandboxServer(size=1_700, seed=1) as server:
            walker = Walker(server)
            asked = requests_of(server, walker.walk)

        listed = [body for body in asked if not body["filter"]]
        assert len(walker.ids) >= 970
        assert len(listed) <= 1.1 * math.ceil(len(walker.ids) / 99)
        assert len(asked) - len(listed) == SWEEPS

    @pytest.mark.parametrize(("remote_list", "most"), [(RemoteList.VIDEOS, 100), (RemoteList.AUDIO, 50)])
    def test_requests_no_more_than_the_maximum_window(
        self, sandbox: SandboxServer, remote_list: RemoteList, most: int
    ) -> None:
        asked = requests_of(sandbox, Walker(sandbox, ListPart(remote_list, Origin.GENERATED)).walk)

        assert max(body["limit"] for body in asked) == most

    def test_does_not_sweep_an_empty_list(self) -> None:
        with SandboxServer(size=0) as server:
            walker = Walker(server)
            asked = requests_of(server, walker.walk)

        assert walker.pages == [Page((), None, 0)]
        assert len(asked) == 1

    @pytest.mark.parametrize("size", [0, 101, -1])
    def test_refuses_an_invalid_size(self, sandbox: SandboxServer, size: int) -> None:
        with pytest.raises(InvalidParameters):
            adapter(sandbox).walk(CLIPS, position="", size=size)

    def test_refuses_an_unknown_list(self, sandbox: SandboxServer) -> None:
        with pytest.raises(UnsupportedOperation):
            adapter(sandbox).walk(ListPart(RemoteList.VIDEOS, None), position="", size=10)

    @pytest.mark.parametrize(
        ("fault", "kind"),
        [
            ("auth_expired", Authentication),
            ("http_503", Unavailable),
            ("http_502_html", Unavailable),
            ("cut", Unavailable),
            ("truncated_json", ProtocolError),
            ("resp_wrong", ProtocolError),
            ("error:code=500020", ProviderError),
        ],
    )
    def test_never_treats_an_error_as_the_end(
        self, sandbox: SandboxServer, fault: str, kind: type[ProviderError]
    ) -> None:
        walker = Walker(sandbox, size=50)
        walker.step()
        sandbox.faults.add(fault)

        with pytest.raises(kind):
            walker.step()

        sandbox.faults.clear()
        assert walker.walk().ids == held(sandbox, CLIPS)


class TestAdding:
    @pytest.mark.parametrize("count", [1, 19, 20, 21, 150])
    def test_between_pages_hides_and_repeats_nothing(self, changing_sandbox: SandboxServer, count: int) -> None:
        before = held(changing_sandbox, CLIPS)
        walker = Walker(changing_sandbox, size=20)
        walker.step()
        walker.step()

        control(changing_sandbox, "items", {"count": count})

        assert walker.walk().ids == before
        assert walker.is_complete

    @pytest.mark.parametrize(("size", "count"), [(7, 3), (7, 7), (7, 30), (100, 30), (1, 2)])
    def test_before_every_request_hides_and_repeats_nothing(
        self, changing_sandbox: SandboxServer, size: int, count: int
    ) -> None:
        before = held(changing_sandbox, CLIPS)
        changing_sandbox.faults.add({"name": "growing", "count": count, "path": "/asset/library/list"})

        walker = Walker(changing_sandbox, size=size).walk()

        assert walker.ids == before
        assert walker.is_complete

    def test_more_than_one_window_gives_empty_pages_with_a_position(self, changing_sandbox: SandboxServer) -> None:
        before = held(changing_sandbox, CLIPS)
        walker = Walker(changing_sandbox, size=5)
        walker.step()
        control(changing_sandbox, "items", {"count": 100 * REQUESTS_MAX})

        asked = requests_of(changing_sandbox, walker.step)

        assert len(asked) == REQUESTS_MAX
        assert walker.pages[-1].items == ()
        assert walker.walk().ids == before

    def test_faster_than_reading_ends_the_walk_as_incomplete(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("providers.pixverse.walk.IDLE_PAGES_MAX", 1)
        with SandboxServer(size=60, seed=1) as server:
            walker = Walker(server, size=10)
            walker.step()
            server.faults.add({"name": "growing", "count": 101, "path": "/asset/library/list"})

            walker.walk()

        assert not walker.is_complete


class TestDeleting:
    """The remaining items existed all the time, so they must be returned; 20 were returned before, in two pages."""

    @pytest.mark.parametrize(
        "gone",
        [
            slice(19, 20),
            slice(18, 20),
            slice(20, 21),
            slice(19, 21),
            slice(0, 1),
            slice(0, 20),
            slice(5, 15),
            slice(10, 30),
            slice(15, 145),
            slice(0, 200),
            slice(20, None),
        ],
        ids=[
            "the last one handed out",
            "the last two handed out",
            "the next one",
            "either side",
            "the newest",
            "all that was handed out",
            "a page of those handed out",
            "a page either side",
            "more than one can ask for",
            "all that was handed out and many more",
            "all that was not handed out",
        ],
    )
    def test_between_pages_hides_and_repeats_nothing(self, changing_sandbox: SandboxServer, gone: slice) -> None:
        before = held(changing_sandbox, CLIPS)
        walker = Walker(changing_sandbox, size=10)
        walker.step()
        walker.step()

        control(changing_sandbox, "delete", {"ids": before[gone]})

        left = [identifier for identifier in before[20:] if identifier not in before[gone]]
        assert walker.walk().ids == before[:20] + left
        assert walker.is_complete

    def test_everything_is_distinguished_from_the_end(self, changing_sandbox: SandboxServer) -> None:
        walker = Walker(changing_sandbox, size=10)
        walker.step()

        control(changing_sandbox, "delete", {"ids": held(changing_sandbox, CLIPS)})

        assert len(walker.walk().ids) == 10
        assert not walker.is_complete

    def test_steps_back_no_further_than_needed(self, changing_sandbox: SandboxServer) -> None:
        walker = Walker(changing_sandbox, size=50)
        walker.step()
        control(changing_sandbox, "delete", {"ids": walker.ids[-5:]})

        asked = requests_of(changing_sandbox, walker.step)

        assert [body["offset"] for body in asked] == [49, 40]


STEPS = st.lists(
    st.one_of(
        st.just(("walk", 0, 0)),
        st.tuples(st.just("add"), st.integers(1, 40), st.just(0)),
        # How many, and where it begins: counted from the last one handed out, towards the newest if below zero.
        st.tuples(st.just("delete"), st.integers(1, 30), st.integers(-30, 10)),
    ),
    max_size=12,
)


class TestAddingAndDeleting:
    @given(size=st.sampled_from([1, 2, 7, 20, 100]), steps=STEPS)
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_in_any_order_hides_and_repeats_nothing(self, size: int, steps: list[tuple[str, int, int]]) -> None:
        with SandboxServer(size=120, seed=1) as server:
            before = held(server, CLIPS)
            walker = Walker(server, size=size)
            walker.step()
            for step, count, place in steps:
                change(server, walker, before, step, count, place)
            walker.walk()
            stayed = [identifier for identifier in before if identifier in set(held(server, CLIPS))]

        assert len(set(walker.ids)) == len(walker.ids)
        assert [identifier for identifier in before if identifier in set(walker.ids)] == walker.ids
        assert set(stayed) <= set(walker.ids)
        assert walker.is_complete or not stayed


def change(server: SandboxServer, walker: Walker, before: list[str], step: str, count: int, place: int) -> None:
    """Walk on by a page, or let something come or go at the provider."""
    if step == "add":
        control(server, "items", {"count": count})
    elif step == "delete":
        begin = max(before.index(walker.ids[-1]) + place, 0)
        control(server, "delete", {"ids": before[begin : begin + count]})
    elif walker.position is not None:
        walker.step()


class TestOldItems:
    @pytest.mark.parametrize("size", [7, 100])
    @pytest.mark.parametrize("part", [CLIPS, UPLOADED_CLIPS, PICTURES, UPLOADED_PICTURES], ids=lambda part: part.key)
    def test_outside_the_service_s_default_window_are_found(
        self, sandbox: SandboxServer, part: ListPart, size: int
    ) -> None:
        sandbox.faults.add("default_window:days=90")
        shown = Walker(sandbox, part, size=1).step().total

        walker = Walker(sandbox, part, size).walk()

        assert shown is not None
        assert 0 < shown < len(walker.ids)
        assert walker.ids == held(sandbox, part)
        assert walker.is_complete

    def test_are_not_searched_in_an_empty_list(self, sandbox: SandboxServer) -> None:
        sandbox.faults.add("default_window:days=1")

        assert Walker(sandbox, SOUNDS).walk().ids == []
        assert held(sandbox, SOUNDS)

    def test_are_searched_backwards_from_the_oldest(self, sandbox: SandboxServer) -> None:
        asked = requests_of(sandbox, Walker(sandbox).walk)

        *windows, last = [body["filter"] for body in asked if body["filter"]]
        assert len(windows) == EMPTY_SWEEPS_MAX
        assert {window["end_time"] - window["start_time"] for window in windows} == {90 * 86_400}
        assert all(newer["start_time"] < older["end_time"] for newer, older in pairwise([*windows, last]))
        assert last["start_time"] < windows[-1]["start_time"] - 4 * 365 * 86_400

    @pytest.mark.parametrize("until", ["2025-11", "2025-04"], ids=["half a year", "over a year"])
    def test_are_found_beyond_a_pause(self, changing_sandbox: SandboxServer, until: str) -> None:
        made = {item["id"]: item["created_at"] for item in changing_sandbox.library.describe(0, None)}
        gone = [clip for clip in held(changing_sandbox, CLIPS) if until < made[clip] < "2026-06"]
        control(changing_sandbox, "delete", {"ids": gone})
        changing_sandbox.faults.add("default_window:days=90")

        walker = Walker(changing_sandbox).walk()

        assert walker.ids == held(changing_sandbox, CLIPS)
        assert made[walker.ids[-1]] < until

    def test_are_found_while_others_are_deleted(self, changing_sandbox: SandboxServer) -> None:
        changing_sandbox.faults.add("default_window:days=90")
        before = held(changing_sandbox, CLIPS)
        walker = Walker(changing_sandbox, size=10)
        while Place.read(str(walker.position), CLIPS.key).until == 0:
            walker.step()
        walker.step()
        handed_out = walker.ids

        control(changing_sandbox, "delete", {"ids": handed_out[-4:] + before[len(handed_out) : len(handed_out) + 4]})

        assert walker.walk().ids == handed_out + before[len(handed_out) + 4 :]

    def test_are_not_searched_when_the_server_ignores_times(self) -> None:
        newest, older = 415_255_276_748_801, 414_547_242_188_801
        with AnsweringServer(envelope(rows(newest, older)), envelope(rows(newest + 2**40, newest, older))) as server:
            walker = Walker(server).walk()

        assert walker.ids == [str(newest), str(older)]
        assert len(server.asked) == 2

    def test_are_not_searched_without_a_known_date(self) -> None:
        with AnsweringServer(envelope(rows(5, 4))) as server:
            assert Walker(server).walk().ids == ["5", "4"]

        assert len(server.asked) == 1


class TestOrder:
    def test_may_differ_from_that_of_the_ids_within_a_second(self) -> None:
        # Four made at once come in the order of their making, below what is newer and above what is older.
        first, second = rows(900, 701, 702, has_more=True, next_offset=3), rows(702, 703, 704, 500)
        with AnsweringServer(envelope(first), envelope(second)) as server:
            walker = Walker(server, size=3).walk()

        assert walker.ids == ["900", "701", "702", "703", "704", "500"]


class TestFaults:
    @pytest.mark.parametrize("size", [1, 7, 100])
    def test_a_stalled_cursor_ends_the_walk(self, sandbox: SandboxServer, size: int) -> None:
        sandbox.faults.add({"name": "stalled_cursor", "tab": "video"})

        walker = Walker(sandbox, size=size).walk()

        assert walker.ids == held(sandbox, CLIPS)[: len(walker.ids)]
        assert not walker.is_complete
        assert len(walker.pages) <= 3

    @pytest.mark.parametrize("size", [1, 7, 100])
    def test_pages_that_repeat_end_the_walk(self, sandbox: SandboxServer, size: int) -> None:
        sandbox.faults.add({"name": "repeat_page", "tab": "video"})

        walker = Walker(sandbox, size=size)
        asked = requests_of(sandbox, walker.walk)

        assert walker.ids == held(sandbox, CLIPS)[: len(walker.ids)]
        assert not walker.is_complete
        assert len(asked) <= 2 * len(walker.ids) + 4

    @pytest.mark.parametrize("size", [1, 2, 7, 50, 100])
    @pytest.mark.parametrize("at", [0, 1, 5])
    @pytest.mark.parametrize("kind", ["null", "text"])
    def test_a_malformed_item_affects_no_other(self, sandbox: SandboxServer, kind: str, at: int, size: int) -> None:
        sandbox.faults.add({"name": "malformed_item", "kind": kind, "at": at, "path": "/asset/library/list"})

        walker = Walker(sandbox, UPLOADED_CLIPS, size).walk()

        assert walker.ids == held(sandbox, UPLOADED_CLIPS)
        assert walker.is_complete

    @pytest.mark.parametrize("size", range(1, 9))
    def test_malformed_items_are_returned_once_and_in_place(self, tmp_path: Path, size: int) -> None:
        clips = [{"video_id": 415_255_276_748_801 - number} for number in range(4)]
        listed = [clips[0], None, clips[1], clips[2], None, None, clips[3], None]
        with SandboxServer(library=stored(tmp_path, listed)) as server:
            walker = Walker(server, size=size).walk()

        assert [item.payload for page in walker.pages for item in page.items] == listed
        assert walker.is_complete

    def test_an_item_without_id_is_identified_by_its_neighbors(self, sandbox: SandboxServer) -> None:
        sandbox.faults.add({"name": "malformed_item", "kind": "no_id", "at": 3, "times": 1})

        walker = Walker(sandbox, size=10).walk()

        assert len(walker.malformed) == 1
        assert len(walker.ids) == len(held(sandbox, CLIPS)) - 1

    @pytest.mark.parametrize("fault", ["resp_null", "empty_page"])
    @pytest.mark.parametrize("after", [1, 2, 3])
    def test_a_single_empty_page_loses_nothing(self, sandbox: SandboxServer, fault: str, after: int) -> None:
        sandbox.faults.add({"name": fault, "after": after, "times": 1})

        walker = Walker(sandbox, size=20).walk()

        assert walker.ids == held(sandbox, CLIPS)
        assert walker.is_complete

    @pytest.mark.parametrize("fault", ["resp_null", "empty_page"])
    def test_repeated_empty_pages_are_not_the_end(self, sandbox: SandboxServer, fault: str) -> None:
        sandbox.faults.add({"name": fault, "after": 1})

        walker = Walker(sandbox, size=20).walk()

        assert len(walker.ids) == 20
        assert not walker.is_complete

    def test_null_at_the_start_is_an_empty_list(self, sandbox: SandboxServer) -> None:
        sandbox.faults.add("resp_null")

        assert Walker(sandbox).walk().pages == [Page((), None, None)]

    def test_an_absurd_cursor_is_not_followed(self) -> None:
        first = rows(900, 800, has_more=True, next_offset=10**15)
        with AnsweringServer(envelope(first), envelope(rows()), envelope(rows(800, 700))) as server:
            walker = Walker(server, size=2).walk()

        assert walker.ids == ["900", "800", "700"]


class TestPosition:
    @given(
        place=st.builds(
            Place,
            *[st.integers(0, 10**10 - 1)] * 7,
            st.lists(st.integers(0, 10**20 - 1), max_size=REMEMBERED_MAX).map(tuple),
        )
    )
    def test_is_read_as_it_was_written(self, place: Place) -> None:
        longest = max((part.key for part in PixverseAdapter.list_parts), key=len)

        written = place.written(longest)

        assert Place.read(written, longest) == place
        assert len(written) <= 500

    def test_belongs_to_one_list(self, sandbox: SandboxServer) -> None:
        position = Walker(sandbox, CLIPS, size=10).step().next

        with pytest.raises(InvalidParameters):
            adapter(sandbox).walk(PICTURES, position=str(position), size=10)

    @pytest.mark.parametrize(
        "position",
        [
            "0",
            "10",
            "uploaded:10",
            "videos:generated",
            "videos:generated/1/0/0/0/0/0/0",
            "videos:generated/-1/0/0/0/0/0/0/5",
            "videos:generated/01/0/0/0/0/0/0/5",
            "videos:generated/٣/0/0/0/0/0/0/5",
            "videos:generated/99999999999/0/0/0/0/0/0/5",
            "videos:generated/1/0/0/0/0/0/0/5-x",
            "videos:generated/1/0/0/0/0/0/0/5-",
            "videos:generated/1/0/0/0/0/0/0/" + "-".join(["5"] * 17),
            "videos:generated/1/0/0/0/0/0/0/5/6",
        ],
    )
    def test_of_an_invalid_form_is_refused_before_any_request(self, sandbox: SandboxServer, position: str) -> None:
        def attempt() -> None:
            with pytest.raises(InvalidParameters):
                adapter(sandbox).walk(CLIPS, position=position, size=10)

        assert requests_of(sandbox, attempt) == []
