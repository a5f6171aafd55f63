"""A whole import while everything goes wrong at once; then the library is compared with what the provider holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from assets.models import Asset, Reference, SyncList, SyncRun
from assets.sync_runs import runner
from assets.sync_runs.progress import summarize
from common.runs import RunState, lifecycle
from lineage.models import LineageEdge
from providers.credentials.sealing import seal
from providers.models import ProviderAccount
from providers.sandbox.server.server import SandboxServer
from tests.factories import AccountFactory
from tests.worker.working import Workers, begin, environment, pages, resume, wait_until

# One request in five is struck, evenly by each kind.
FAULTS = [
    "http_429:probability=0.04,retry_after=1",
    "http_500:probability=0.02",
    "http_503:probability=0.02",
    "cut:probability=0.04",
    "truncated_json:probability=0.04",
    "http_502_html:probability=0.04",
]
TIMEOUT_SECONDS_PER_ITEM = 0.03


@dataclass
class Chaos:
    """One import and all that befalls it; `events` are what happens, each when so many pages are stored."""

    account: ProviderAccount
    sandbox: SandboxServer
    workers: Workers
    random: Random
    timeout_seconds: float
    run: SyncRun = field(init=False)
    deleted: set[str] = field(default_factory=set)
    happened: list[tuple[int, str]] = field(default_factory=list)

    def live(self, events: list[tuple[int, Callable[[Chaos], None]]]) -> None:
        """Start, let everything happen in turn, and wait for the end."""
        self.workers.start()
        self.run = begin(self.account, create_lineage=True)
        for page, event in events:
            wait_until(
                lambda page=page: self._has_ended() or pages(self.run) >= page,  # type: ignore[misc]
                timeout_seconds=self.timeout_seconds,
                what=f"{page} pages are stored. The workers said:\n{self.workers.said()[-3000:]}",
            )
            assert not self._has_ended(), f"{self.run.state} at page {pages(self.run)}: {self.run.error_detail}"
            self.happened.append((pages(self.run), event.__name__))
            event(self)
        wait_until(
            self._has_ended,
            timeout_seconds=self.timeout_seconds,
            what=f"the run has ended. The workers said:\n{self.workers.said()[-3000:]}",
        )

    def kill(self) -> None:
        """SIGKILL for the worker; another one starts."""
        self.workers.kill(self.workers.processes[-1])
        self.workers.start()

    def cancel_and_resume(self) -> None:
        """A person changes their mind, twice."""
        lifecycle.cancel(self.run, now=timezone.now())
        wait_until(self._has_ended, timeout_seconds=60, what="the run is cancelled")
        assert self.run.state == RunState.CANCELLED
        resume(self.run)

    def add(self) -> None:
        """Add a new item at the provider, which shifts all older ones."""
        self.sandbox.sandbox.grow(7)

    def delete(self) -> None:
        """Delete an item at the provider, which shifts all older ones the other way."""
        held = [item["id"] for item in self.sandbox.library.describe(0, None)]
        for item_id in self.random.sample(held, 5):
            with self.sandbox.sandbox.lock:
                self.sandbox.library.remove(item_id)
            self.deleted.add(item_id)

    def _has_ended(self) -> bool:
        self.run.refresh_from_db()
        return not self.run.is_open


@pytest.fixture
def chaos(request: pytest.FixtureRequest, settings: Any, alice: User, queue: None, tmp_path: Path) -> Iterator[Chaos]:
    size, seed, slow_seconds = request.param
    with SandboxServer(size=size, seed=seed, faults=[f"slow:seconds={slow_seconds}"] if slow_seconds else []) as server:
        host = server.url.removeprefix("http://")
        settings.STEMMA_PRIVATE_HOSTS = settings.PIXVERSE_MEDIA_HOSTS = [host]
        for fault in FAULTS:
            server.faults.add(fault)
        account = AccountFactory(
            owner=alice,
            label="Sandbox",
            base_url=server.url,
            sealed_credentials=seal({"access_key": server.access_key}),
        )
        workers = Workers(environment(private_host=host), tmp_path / "workers.log")
        yield Chaos(account, server, workers, Random(seed), 90 + size * TIMEOUT_SECONDS_PER_ITEM)
        workers.end()


def events(chaos: Chaos, *, kills: int) -> list[tuple[int, Callable[[Chaos], None]]]:
    """Everything that is to happen, at random pages: kills, cancelled twice, and things that come and go."""
    totals = chaos.sandbox.library.totals()
    length = sum(math.ceil(total / runner.PAGE_SIZE) for total in totals.values())
    acts = [Chaos.kill] * kills + [Chaos.cancel_and_resume] * 2 + [Chaos.add] * 2 + [Chaos.delete] * 2
    chaos.random.shuffle(acts)
    return list(zip(sorted(chaos.random.sample(range(1, length), len(acts))), acts, strict=True))


def untrue_edges(told: dict[str, dict[str, Any]]) -> list[str]:
    """The ids of items whose edges are not those of their true parents."""
    names: dict[int, set[str]] = {}
    for asset_id, value in Reference.objects.values_list("asset_id", "value").iterator():
        names.setdefault(asset_id, set()).add(value)
    found: dict[str, dict[tuple[str, int], set[str]]] = {}
    rows = LineageEdge.objects.values_list(
        "child__provider_asset_id", "relation_type", "sequence_order", "parent_id"
    ).iterator()
    for child, relation, order, parent_id in rows:
        found.setdefault(child, {})[relation, order] = names[parent_id]
    return [key for key, item in told.items() if not _is_true(item["parents"], found.get(key, {}))]


def _is_true(parents: list[dict[str, Any]], edges: dict[tuple[str, int], set[str]]) -> bool:
    meant = {(parent["relation_type"], parent["sequence_order"]): parent["names"] for parent in parents}
    return meant.keys() == edges.keys() and all(edges[place] & set(names.values()) for place, names in meant.items())


SMALL = pytest.param((1_000, 11, 0.05), 2, id="a thousand items")
FULL = [pytest.param((100_000, seed, 0), 10, id=f"seed {seed}", marks=pytest.mark.soak) for seed in (1, 2, 3)]


@pytest.mark.parametrize(("chaos", "kills"), [SMALL, *FULL], indirect=["chaos"])
def test_nothing_is_lost_and_nothing_doubled(chaos: Chaos, kills: int) -> None:
    before = {item["id"]: item for item in chaos.sandbox.library.describe(0, None)}

    chaos.live(events(chaos, kills=kills))

    struck = {fault["name"]: fault["struck"] for fault in chaos.sandbox.faults.as_list()}
    progress = summarize(chaos.run, now=timezone.now())
    print(chaos.happened, struck, progress.sentence)  # noqa: T201
    constant = {key: item for key, item in before.items() if key not in chaos.deleted}
    after = {item["id"] for item in chaos.sandbox.library.describe(0, None)}
    here = list(Asset.objects.filter(is_stub=False).values_list("provider_asset_id", flat=True))
    missed = Asset.objects.exclude(not_listed_since=None).values_list("provider_asset_id", flat=True)
    lists = list(SyncList.objects.filter(run=chaos.run))
    believed = {key: item for key, item in constant.items() if item["case"] != "names_itself"}
    assert (chaos.run.state, chaos.run.error_detail) == (RunState.SUCCEEDED, "")
    assert len(here) == len(set(here))
    assert set(constant) - set(here) == set()
    assert set(here) - set(before) - after == set()
    assert sum(struck[name] for name in struck if name != "slow") > 0.1 * len(chaos.sandbox.requests)
    assert all(part.is_complete for part in lists)
    assert progress.created + progress.completed == len(here)
    assert progress.invalid == 0
    assert set(missed) <= chaos.deleted
    assert untrue_edges(believed) == []
