"""Rebuild runs go on: after a worker was killed or told to stop, from the batch it was at."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from assets.models import Asset
from common.runs import RunState
from common.runs.jobs import enqueue
from lineage.models import LineageEdge, RebuildRun
from lineage.rebuild.batch import BATCH_SIZE
from lineage.rebuild.start import start
from tests.factories import AssetFactory
from tests.lineage.rebuild.dying import held, is_inserting
from tests.lineage.rebuild.test_batch import bring_in
from tests.payloads import MP4, extend, video
from tests.worker.working import Workers, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

CLIPS = 2 * BATCH_SIZE + 100


@pytest.fixture
def late_source(alice: User) -> int:
    """A source that only clips of the second batch name; the first batch has another."""
    early, late = bring_in(alice, video(1), video(2))
    clips = AssetFactory.build_batch(CLIPS, owner=alice)
    for number, clip in enumerate(clips):
        source = 1 if number < BATCH_SIZE - 2 else 2
        clip.media_metadata = extend(10, of_path=MP4.format(source, source))
    Asset.objects.bulk_create(clips)
    assert early < late < min(Asset.objects.order_by("pk").values_list("pk", flat=True)[2:])
    return late


def begin(owner: User) -> RebuildRun:
    with transaction.atomic():
        run = start(owner.pk, clear_existing=True, now=timezone.now())
        enqueue(run)
    return run


def is_over(run: RebuildRun) -> bool:
    run.refresh_from_db()
    return not run.is_open


class TestRebuildRun:
    def test_goes_on_when_its_worker_is_killed(self, alice: User, late_source: int, workers: Workers) -> None:
        workers.environment = {**workers.environment, "WORKER_HEARTBEAT_SECONDS": "2"}
        first = workers.start()
        with held(late_source):
            run = begin(alice)
            wait_until(is_inserting, timeout_seconds=60, what="the second batch is being written")
            workers.kill(first)
        run.refresh_from_db()
        stored = (run.state, run.done_count, LineageEdge.objects.count())

        workers.start()
        silent_seconds = wait_until(lambda: is_over(run), timeout_seconds=60, what="the run has ended")

        print(f"It was over {silent_seconds:.1f} seconds after another worker was started.")  # noqa: T201
        assert stored == (RunState.RUNNING, BATCH_SIZE, BATCH_SIZE - 2)
        assert (run.state, run.execution) == (RunState.SUCCEEDED, 2)
        assert (run.done_count, run.new_edges, LineageEdge.objects.count()) == (CLIPS + 2, CLIPS, CLIPS)

    def test_is_put_down_by_a_worker_that_is_told_to_stop(
        self, alice: User, late_source: int, workers: Workers
    ) -> None:
        first = workers.start()
        with held(late_source):
            run = begin(alice)
            wait_until(is_inserting, timeout_seconds=60, what="the second batch is being written")
            first.terminate()
            wait_until(
                lambda: "still running after graceful timeout" in workers.said(),
                timeout_seconds=60,
                what="the worker knows",
            )
        code = first.wait(30)
        run.refresh_from_db()
        put_down = (run.state, run.done_count)

        workers.start()
        wait_until(lambda: is_over(run), timeout_seconds=60, what="the run has ended")

        assert (code, put_down) == (0, (RunState.RUNNING, 2 * BATCH_SIZE))
        assert (run.state, run.execution, run.done_count) == (RunState.SUCCEEDED, 2, CLIPS + 2)
        assert LineageEdge.objects.count() == CLIPS
