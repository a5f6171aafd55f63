"""The only periodic job: it queues again the jobs of workers that died, all of them started by a person."""

from __future__ import annotations

import logging

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections
from procrastinate import JobContext
from procrastinate.contrib.django import app

from common.runs.jobs import requeue_lost

logger = logging.getLogger(__name__)

# With heartbeats every 10 seconds: one that has missed two is taken for dead, and is looked for every 15 seconds, so
# that its job goes on within a minute.
DEAD_AFTER_SECONDS = 2.5 * settings.WORKER_HEARTBEAT_SECONDS
LOOK_EVERY_SECONDS = min(int(1.5 * settings.WORKER_HEARTBEAT_SECONDS), 59)
# A queue of its own, so that its traces, thousands a day, can be told from the jobs of people and removed.
QUEUE = "rescue"
TRACES_KEPT_HOURS = 1


# Seconds are croniter's sixth field, not the first: there, they would be minutes.
@app.periodic(cron=f"* * * * * */{LOOK_EVERY_SECONDS}")
@app.task(name="config.rescue_jobs", queue=QUEUE, queueing_lock="rescue", pass_context=True)
async def rescue_jobs(context: JobContext, timestamp: int) -> None:
    """Queue the jobs of dead workers again. It starts nothing: every such job was started by a person."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_SECONDS):
        if job.task_name != "config.rescue_jobs":
            logger.warning("Job %s (%s) is queued again: its worker died.", job.id, job.task_name)
        await manager.retry_job(job)
    for run in await sync_to_async(_requeue_lost, thread_sensitive=False)():
        logger.warning("%s is queued again: its job is gone.", run)
    await manager.delete_old_jobs(nb_hours=TRACES_KEPT_HOURS, queue=QUEUE, include_failed=True)


def _requeue_lost() -> list[str]:
    close_old_connections()
    try:
        return requeue_lost()
    finally:
        close_old_connections()
