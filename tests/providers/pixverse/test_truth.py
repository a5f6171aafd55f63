"""The extractor's result for a large generated library equals that library's true lineage."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from providers.base import Connection, RemoteList
from providers.pixverse.adapter import PixverseAdapter
from providers.pixverse.extractor import PixverseExtractor
from providers.records import ParentRef, RemoteAsset
from providers.sandbox.server.server import SandboxServer


def listed(server: SandboxServer) -> list[RemoteAsset]:
    """Every item of the library, read page by page over HTTP."""
    connection = Connection(account_id=1, base_url=server.url, credentials={"access_key": server.access_key})
    adapter = PixverseAdapter(connection)
    found: list[RemoteAsset] = []
    for remote_list in RemoteList:
        position: str | None = ""
        while position is not None:
            page = adapter.list_assets(remote_list, position=position, size=500)
            found.extend(item for item in page.items if isinstance(item, RemoteAsset))
            position = page.next
    return found


def is_meant(parent: ParentRef, true_parent: dict[str, Any]) -> bool:
    """Return True when an extracted parent is the true one, which has all its names."""
    names = {name.value for name in parent.names}
    return parent.relation_type == true_parent["relation_type"] and bool(names & set(true_parent["names"].values()))


@pytest.mark.usefixtures("loopback")
def test_every_item_of_a_generated_library_has_its_true_parents(settings: Settings) -> None:
    with SandboxServer(size=1_000, seed=7) as server:
        settings.PIXVERSE_MEDIA_HOSTS = [server.url.removeprefix("http://")]
        truth = {described["id"]: described for described in server.library.describe(0, None)}
        items = listed(server)

    parents = {item.provider_asset_id: PixverseExtractor().parents(item.payload) for item in items}
    # A record that names itself has no true parent: the writer of edges refuses that one.
    believed = {key: told for key, told in truth.items() if told["case"] != "names_itself"}
    wrong = [
        (key, told["case"])
        for key, told in believed.items()
        if len(parents[key]) != len(told["parents"]) or not all(map(is_meant, parents[key], told["parents"]))
    ]
    assert len(items) == len(truth) == 1_000
    assert wrong == []
    assert {item.provider_asset_id: item.operation_type for item in items} == {
        key: told["operation_type"] for key, told in truth.items()
    }
