"""Tests of heavy reads: which requests need a slot, and what they answer without one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from django.contrib.auth.models import User
from django.test import Client

from common.load import slots as module
from common.load.heavy import slots
from tests.factories import AssetFactory

HEAVY_PAGES = [
    "/?text=made-from:{id}",
    "/?used_in={id}",
    "/?show_relatives=on",
    "/assets/{id}/origins/",
    "/assets/{id}/origins/?format=csv",
    "/assets/{id}/impact/",
    "/assets/{id}/lineage/?format=csv",
    "/assets/{id}/lineage/?max_nodes=2000",
]
HEAVY_ROUTES = [
    "/api/v1/assets?q=made-from:{id}",
    "/api/v1/assets?include_relatives=true",
    "/api/v1/assets?with_total=true",
    "/api/v1/assets/{id}/origins",
    "/api/v1/assets/{id}/impact",
    "/api/v1/assets/{id}/reach",
    "/api/v1/assets/{id}/lineage?max_nodes=2000",
]
LIGHT = ["/", "/assets/{id}/", "/assets/{id}/lineage/", "/api/v1/assets", "/api/v1/assets/{id}/lineage"]


@pytest.fixture
def asset_id(alice: User) -> int:
    asset_id: int = AssetFactory(owner=alice).pk
    return asset_id


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All slots are held by others."""
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.01)
    with ExitStack() as stack:
        for number in range(slots().total):
            stack.enter_context(slots().held(f"other {number}"))
        yield


class TestFull:
    @pytest.mark.parametrize("address", HEAVY_PAGES)
    def test_pages_say_so_and_try_again(self, as_alice: Client, asset_id: int, full: None, address: str) -> None:
        answer = as_alice.get(address.format(id=asset_id))

        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert "<h1>Stemma is busy</h1>" in answer.content.decode()
        assert '<meta http-equiv="refresh" content="2">' in answer.content.decode()

    @pytest.mark.parametrize("name", ["reach", "originals"])
    def test_parts_of_pages_answer_a_sentence(self, as_alice: Client, asset_id: int, full: None, name: str) -> None:
        answer = as_alice.get(f"/assets/{asset_id}/{name}/", headers={"HX-Request": "true"})

        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert answer.headers["Content-Type"].startswith("text/plain")

    @pytest.mark.parametrize("address", HEAVY_ROUTES)
    def test_routes_answer_a_problem(self, as_alice: Client, asset_id: int, full: None, address: str) -> None:
        answer = as_alice.get(address.format(id=asset_id))

        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert answer.headers["Retry-After"] == "2"

    @pytest.mark.parametrize("name", ["refresh", "preview"])
    def test_rebuilds_answer_a_problem(self, as_alice: Client, asset_id: int, full: None, name: str) -> None:
        body = {"asset_ids": [asset_id]}
        answer = as_alice.post(f"/api/v1/assets/lineage/{name}", body, content_type="application/json")

        assert (answer.status_code, answer.json()["code"]) == (503, "busy")

    @pytest.mark.parametrize("address", LIGHT)
    def test_light_requests_are_answered(self, as_alice: Client, asset_id: int, full: None, address: str) -> None:
        assert as_alice.get(address.format(id=asset_id)).status_code == 200


class TestSlot:
    def test_is_held_by_a_file_until_it_is_sent(self, as_alice: Client, asset_id: int) -> None:
        addresses = [f"/assets/{asset_id}/origins/?format=csv"] * slots().each

        answers = [as_alice.get(address) for address in addresses]
        held = slots()._held.total()
        for answer in answers:
            b"".join(answer)  # type: ignore[arg-type]

        assert (held, slots()._held.total()) == (slots().each, 0)

    def test_is_free_after_each_request(self, as_alice: Client, asset_id: int) -> None:
        for address in (*HEAVY_PAGES, *HEAVY_ROUTES):
            answer = as_alice.get(address.format(id=asset_id))
            if answer.streaming:
                b"".join(answer)  # type: ignore[arg-type]
            assert answer.status_code == 200

        assert slots()._held.total() == 0
