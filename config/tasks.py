"""The one periodic job there is: taking up again what people started and a worker died over."""

from __future__ import annotations

import logging

from procrastinate import JobContext
from procrastinate.contrib.django import app

logger = logging.getLogger(__name__)

# Workers sign in every 10 seconds. One that has missed two is taken for dead, and is looked for every 15 seconds, so
# that its job goes on within a minute.
DEAD_AFTER_SECONDS = 25


@app.periodic(cron="*/15 * * * * *")
@app.task(name="config.rescue_jobs", queueing_lock="rescue", pass_context=True)
async def rescue_jobs(context: JobContext, timestamp: int) -> None:
    """Queue the jobs of dead workers again. It starts nothing: every such job was started by a person."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_SECONDS):
        if job.task_name != "config.rescue_jobs":
            logger.warning("Job %s (%s) goes on: its worker is gone.", job.id, job.task_name)
        await manager.retry_job(job)
