"""The signals that go upwards, and their receivers."""

from __future__ import annotations

from assets.signals import asset_split, assets_imported, assets_merged
from lineage import receivers


def listeners(signal) -> list[object]:  # type: ignore[no-untyped-def]
    return [receiver() for _, receiver, *_ in signal.receivers]


class TestListeners:
    def test_of_merges_are_these(self) -> None:
        assert listeners(assets_merged) == [receivers.move_edges]

    def test_of_imports_are_these(self) -> None:
        assert listeners(assets_imported) == [receivers.rebuild_imported]

    def test_of_splits_are_these(self) -> None:
        assert listeners(asset_split) == [receivers.give_edges_back]
