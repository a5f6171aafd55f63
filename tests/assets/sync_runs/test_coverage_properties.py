"""Coverage and runs agree with the provider and the library after any sequence of changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.ingest.batch import ingest
from assets.models import Asset, RunKind, RunMode, SyncRun
from assets.sync.listing import ItemCounts
from assets.sync_runs.coverage import coverage
from assets.sync_runs.progress import summarize
from assets.tombstones import allow_reimport, find_tombstones
from library import deletion
from providers.base import RemoteList
from providers.models import ProviderAccount
from providers.records import InvalidItem, RemoteAsset
from tests.assets.sync_runs.test_runner import MADE, UPLOADED, ScriptedAdapter, TickingClock, begin, clips, script, work
from tests.factories import AccountFactory

__all__ = ["script"]


@pytest.fixture(autouse=True)
def listing(script: type[ScriptedAdapter], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScriptedAdapter, "lists", (RemoteList.VIDEOS,))


@dataclass
class World:
    """A provider, and the library as it should be: ids of what the runs have read, and of what became of it."""

    account: ProviderAccount
    clock: TickingClock
    remote: list[RemoteAsset | InvalidItem] = field(default_factory=list)
    read: set[str] = field(default_factory=set)
    here: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    made: int = 0

    def add(self, count: int) -> None:
        self.made += count
        self._show(clips(*range(self.made - count + 1, self.made + 1))[::-1] + self.remote)

    def vanish(self, place: int) -> None:
        self._show([item for number, item in enumerate(self.remote) if number != place % max(len(self.remote), 1)])

    def spoil(self, place: int) -> None:
        """Make an item unreadable."""
        self._show(
            [
                InvalidItem(item.provider_asset_id, "It is malformed.", {}) if number == place else item
                for number, item in enumerate(self.remote)
            ]
        )

    def delete(self, place: int) -> None:
        ids = sorted(self.here)
        if ids:
            gone = ids[place % len(ids)]
            asset = Asset.objects.get(owner=self.account.owner, provider_asset_id=gone)
            deletion.delete(self.account.owner_id, [asset.pk], now=self.clock.now())
            self.here.discard(gone)
            self.deleted.add(gone)

    def restore(self, place: int) -> None:
        listed = [item for item in self.remote if isinstance(item, RemoteAsset)]
        wanted = [item for item in listed if item.provider_asset_id in self.deleted]
        if wanted:
            item = wanted[place % len(wanted)]
            owner_id = self.account.owner_id
            allow_reimport(*find_tombstones(owner_id, [item], provider_id="scripted").values())
            ingest(owner_id, [item], provider_id="scripted", account_id=self.account.pk, now=self.clock.now())
            self.here.add(item.provider_asset_id)
            self.deleted.discard(item.provider_asset_id)

    def run(self, kind: RunKind, mode: RunMode) -> SyncRun:
        run = begin(self.account, kind=kind, mode=mode, now=self.clock.now())
        work(run, self.clock)
        done = summarize(run, now=self.clock.now()).progress.done
        seen = self.remote if mode == RunMode.FULL else self.remote[:done]
        if mode == RunMode.FULL:
            self.read.clear()
        self.meet(seen, imports=kind == RunKind.IMPORT)
        return run

    def import_while_it_grows(self, count: int) -> SyncRun:
        """Import while items are added in front of those that were read, so that the list repeats itself."""
        ScriptedAdapter.before_page = [lambda: None, lambda: None, lambda: self.add(count)]
        try:
            return self.run(RunKind.IMPORT, RunMode.FULL)
        finally:
            ScriptedAdapter.before_page = []

    def meet(self, seen: list[RemoteAsset | InvalidItem], *, imports: bool) -> None:
        """Note what a run has read, and imported unless it was deleted."""
        for item in seen:
            key = item.provider_asset_id
            self.read.add(key)
            (self.unreadable.add if isinstance(item, InvalidItem) else self.unreadable.discard)(key)
            if imports and isinstance(item, RemoteAsset) and key not in self.deleted:
                self.here.add(key)

    def expected(self) -> ItemCounts:
        here, deleted = self.read & self.here, (self.read & self.deleted) - self.here
        unreadable = (self.read & self.unreadable) - here - deleted
        return ItemCounts(
            there=len(self.read),
            here=len(here),
            missing=len(self.read - here - deleted - unreadable),
            deleted_here=len(deleted),
            unreadable=len(unreadable),
            no_longer_there=len(self.here - self.read),
        )

    def _show(self, items: list[RemoteAsset | InvalidItem]) -> None:
        self.remote = items
        ScriptedAdapter.items = {MADE.key: items, UPLOADED.key: []}


def counts(account: ProviderAccount) -> ItemCounts:
    [videos] = [found for found in coverage(account).lists if found.remote_list is RemoteList.VIDEOS]
    return videos.counts


STEPS: dict[str, Callable[[World, int], object]] = {
    "add": lambda world, number: world.add(number % 5 + 1),
    "vanish": lambda world, number: world.vanish(number),
    "spoil": lambda world, number: world.spoil(number),
    "delete": lambda world, number: world.delete(number),
    "restore": lambda world, number: world.restore(number),
    "scan": lambda world, _: world.run(RunKind.SCAN, RunMode.FULL),
    "import": lambda world, _: world.run(RunKind.IMPORT, RunMode.FULL),
    "import while it grows": lambda world, number: world.import_while_it_grows(number % 4 + 1),
    "new only": lambda world, _: world.run(RunKind.IMPORT, RunMode.INCREMENTAL),
}


class TestCoverage:
    @given(steps=st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 9)), max_size=12))
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_agrees_after_any_sequence(self, db: None, steps: list[tuple[str, int]]) -> None:
        world = World(AccountFactory(provider_id="scripted"), TickingClock())
        world.add(4)
        world.run(RunKind.SCAN, RunMode.FULL)

        for name, number in steps:
            STEPS[name](world, number)

            assert counts(world.account) == world.expected(), name

    @given(steps=st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 9)), max_size=8))
    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_agrees_with_the_last_run(self, db: None, steps: list[tuple[str, int]]) -> None:
        world = World(AccountFactory(provider_id="scripted"), TickingClock())
        world.add(4)
        for name, number in steps:
            STEPS[name](world, number)

        run = world.import_while_it_grows(3)

        found, total = summarize(run, now=world.clock.now()), counts(world.account)
        assert found.progress.done == found.progress.total == total.there
        # An unreadable item that was imported before is here all the same, and one that was deleted is deleted.
        settled = found.invalid - total.unreadable
        assert settled == (total.here - found.created - found.completed - found.existing) + (
            total.deleted_here - found.deleted
        )
        assert total.missing == 0
