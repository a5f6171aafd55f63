"""Tests that every registered provider must pass.

A provider's own payloads are the JSON files in tests/providers/<id>/payloads/.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.vocabulary import NameKind, id_kind
from providers import registry
from providers.base import Adapter, Capability, Connection, InvalidPayload, ListPart, RemoteList
from providers.errors import InvalidParameters, UnsupportedOperation
from providers.records import Name, RemoteAsset

PROVIDERS = registry.provider_ids()
METHODS = {
    Capability.CHECK_ACCOUNT: "check_account",
    Capability.LIST_ASSETS: "list_assets",
    Capability.GET_ASSET: "get_asset",
    Capability.WALK_ASSETS: "walk",
}
CALLS: dict[Capability, Callable[[Adapter], object]] = {
    Capability.CHECK_ACCOUNT: lambda adapter: adapter.check_account(),
    Capability.LIST_ASSETS: lambda adapter: adapter.list_assets(adapter.lists[0], position="", size=10),
    Capability.GET_ASSET: lambda adapter: adapter.get_asset("7", remote_list=adapter.fetchable_by_id[0]),
    Capability.WALK_ASSETS: lambda adapter: adapter.walk(adapter.list_parts[0], position="", size=10),
}
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)

every_provider = pytest.mark.parametrize("provider_id", PROVIDERS)


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every object inside some JSON, the whole included."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects_in(inner)


def own_objects(provider_id: str) -> list[dict[str, Any]]:
    """Every object in a provider's recorded payloads, items or not."""
    folder = Path(__file__).parent.parent / "providers" / provider_id / "payloads"
    return [found for path in sorted(folder.glob("*.json")) for found in objects_in(json.loads(path.read_text()))]


def own_assets(provider_id: str) -> list[RemoteAsset]:
    """Every asset in a provider's recorded payloads."""
    found = []
    for payload in own_objects(provider_id):
        try:
            found.append(registry.extractor(provider_id).asset(payload))
        except InvalidPayload:
            continue
    return found


def adapter(provider_id: str, base_url: str = "", before_request: Callable[[], object] = bool) -> Adapter:
    """An adapter without an account."""
    method = registry.adapter_class(provider_id).sign_in_methods[0]
    credentials = {field.name: "for-tests" for field in method.fields}
    connection = Connection(account_id=None, base_url=base_url, credentials=credentials, before_request=before_request)
    return registry.adapter_class(provider_id)(connection)


@every_provider
class TestAdapter:
    def test_has_an_id_and_a_name(self, provider_id: str) -> None:
        declared = registry.adapter_class(provider_id)

        assert declared.provider_id == provider_id
        assert declared.display_name
        assert 1 <= declared.page_size_max <= 500

    def test_sends_nothing_when_made(self, provider_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> None:
            raise AssertionError("A connection was opened.")

        monkeypatch.setattr(socket.socket, "connect", refuse)

        assert adapter(provider_id).connection.account_id is None

    @pytest.mark.parametrize("capability", Capability)
    def test_calls_before_request_before_it_sends(self, provider_id: str, capability: Capability) -> None:
        def refuse() -> None:
            raise InterruptedError("Not now.")

        declared = registry.adapter_class(provider_id)
        if capability not in declared.capabilities:
            pytest.skip("It cannot do that.")

        with pytest.raises(InterruptedError):
            CALLS[capability](adapter(provider_id, before_request=refuse))

    def test_shows_no_credentials(self, provider_id: str) -> None:
        made = adapter(provider_id)

        assert "for-tests" not in repr(made) + repr(made.connection) + str(made)

    @pytest.mark.parametrize("capability", Capability)
    def test_has_a_method_for_each_capability_it_declares(self, provider_id: str, capability: Capability) -> None:
        declared = registry.adapter_class(provider_id)
        own = getattr(declared, METHODS[capability]) is not getattr(Adapter, METHODS[capability])

        assert own == (capability in declared.capabilities)

    def test_has_lists_if_it_lists(self, provider_id: str) -> None:
        declared = registry.adapter_class(provider_id)

        assert bool(declared.lists) == (Capability.LIST_ASSETS in declared.capabilities)
        assert set(declared.lists) <= set(RemoteList)

    def test_declares_lists_fetchable_by_id_if_it_fetches(self, provider_id: str) -> None:
        declared = registry.adapter_class(provider_id)

        assert bool(declared.fetchable_by_id) == (Capability.GET_ASSET in declared.capabilities)

    def test_has_list_parts_if_it_walks(self, provider_id: str) -> None:
        declared = registry.adapter_class(provider_id)
        keys = [part.key for part in declared.list_parts]

        assert bool(keys) == (Capability.WALK_ASSETS in declared.capabilities)
        assert len(set(keys)) == len(keys)
        assert tuple(ListPart.from_key(key) for key in keys) == declared.list_parts
        assert {part.remote_list for part in declared.list_parts} <= set(declared.lists)

    def test_refuses_an_unknown_position_of_a_walk(self, provider_id: str) -> None:
        for part in registry.adapter_class(provider_id).list_parts:
            with pytest.raises(InvalidParameters):
                adapter(provider_id).walk(part, position="no such position", size=10)

    def test_has_a_sign_in_method(self, provider_id: str) -> None:
        fields = [field for method in registry.adapter_class(provider_id).sign_in_methods for field in method.fields]

        assert fields
        assert all(field.name.isidentifier() and field.label and field.help_text for field in fields)
        assert any(field.is_secret for field in fields)

    def test_refuses_an_unknown_position(self, provider_id: str) -> None:
        listed = registry.adapter_class(provider_id).lists

        for remote_list in listed:
            with pytest.raises((InvalidParameters, UnsupportedOperation)):
                adapter(provider_id).list_assets(remote_list, position="no such position", size=10)


@every_provider
class TestExtractor:
    def test_never_raises_on_its_own_payloads(self, provider_id: str) -> None:
        reader = registry.extractor(provider_id)

        for payload in own_objects(provider_id):
            reader.references(payload)
            reader.parents(payload)
            reader.identify(payload)

    def test_finds_assets_in_its_own_payloads(self, provider_id: str) -> None:
        assert own_assets(provider_id)

    def test_names_every_asset_by_id_and_most_specific_first(self, provider_id: str) -> None:
        ranks = list(NameKind)

        for asset in own_assets(provider_id):
            assert asset.provider_id == provider_id
            assert Name(id_kind(asset.media_type), asset.provider_asset_id) in asset.names
            assert [ranks.index(name.kind) for name in asset.names] == sorted(
                ranks.index(name.kind) for name in asset.names
            )
            assert len(set(asset.names)) == len(asset.names)

    def test_is_pure(self, provider_id: str) -> None:
        reader = registry.extractor(provider_id)

        for asset in own_assets(provider_id):
            before = json.dumps(asset.payload, sort_keys=True)
            assert reader.asset(asset.payload) == asset
            assert reader.parents(asset.payload) == reader.parents(json.loads(before))
            assert json.dumps(asset.payload, sort_keys=True) == before

    def test_numbers_parents_in_order_and_names_them_all(self, provider_id: str) -> None:
        reader = registry.extractor(provider_id)

        for asset in own_assets(provider_id):
            parents = reader.parents(asset.payload)
            assert [parent.sequence_order for parent in parents] == list(range(len(parents)))
            assert all(parent.names for parent in parents)
            assert {parent.operation_type for parent in parents} <= {asset.operation_type}
            json.dumps([dict(parent.transformation) for parent in parents], allow_nan=False)

    @given(payload=ANY_JSON)
    def test_raises_nothing_but_invalid_payload_on_anything(self, provider_id: str, payload: Any) -> None:
        reader = registry.extractor(provider_id)

        reader.identify(payload)
        reader.parents(payload)
        reader.references(payload)
        try:
            reader.asset(payload)
        except InvalidPayload as error:
            assert str(error)  # noqa: PT017


class TestRegistry:
    def test_has_no_other_provider(self) -> None:
        with pytest.raises(registry.UnknownProvider):
            registry.extractor("nobody")

    def test_removes_a_provider_registered_for_a_test(self) -> None:
        paths = {
            "adapter": "providers.pixverse.adapter.PixverseAdapter",
            "extractor": "providers.pixverse.extractor.PixverseExtractor",
        }

        with registry.registered("fake", **paths):
            assert registry.adapter_class("fake").display_name == "Pixverse"

        assert "fake" not in registry.provider_ids()
