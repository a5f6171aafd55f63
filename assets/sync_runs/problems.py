"""Retry the items that an import could not read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction

from assets.ingest.batch import ingest
from assets.ingest.results import Outcome
from assets.models import SyncProblem, SyncRun
from assets.signals import assets_imported
from providers import registry
from providers.base import Extractor, InvalidPayload
from providers.records import InvalidItem, RemoteAsset

RETRIED_AT_ONCE = 200


def retry_problems(run: SyncRun, *, problem_ids: Collection[int] | None = None, now: datetime) -> int:
    """Parse the stored payloads of a run's problems again and import the items that can be read now.

    Does not contact the provider. Each batch is one transaction, with lineage if the run was to build it.

    Args:
        run: the run that could not read them.
        problem_ids: the problems to retry, None for all of the run.
        now: the time that imported assets carry.

    Returns:
        How many of them are in the library now.
    """
    unresolved = SyncProblem.objects.filter(run=run, is_resolved=False).order_by("pk")
    if problem_ids is not None:
        unresolved = unresolved.filter(pk__in=problem_ids)
    extractor, resolved, last_id = registry.extractor(run.provider_id), 0, 0
    while problems := list(unresolved.filter(pk__gt=last_id)[:RETRIED_AT_ONCE]):
        last_id = problems[-1].pk
        resolved += _import_again(run, problems, [_read_again(extractor, problem) for problem in problems], now)
    return resolved


def _import_again(
    run: SyncRun, problems: Sequence[SyncProblem], records: Sequence[RemoteAsset | InvalidItem], now: datetime
) -> int:
    with transaction.atomic():
        batch = ingest(run.owner_id, records, provider_id=run.provider_id, account_id=run.account_id, now=now)
        resolved_ids = [
            problem.pk
            for problem, outcome in zip(problems, batch.items, strict=True)
            if outcome.outcome is not Outcome.INVALID
        ]
        resolved = SyncProblem.objects.filter(pk__in=resolved_ids, is_resolved=False).update(is_resolved=True)
    assets_imported.send_robust(
        sender=retry_problems,
        owner_id=run.owner_id,
        asset_ids=batch.lineage_ids,
        lost_name_ids=batch.lost_name_ids,
        create_lineage=run.create_lineage and bool(batch.lineage_ids),
        now=now,
    )
    return resolved


def _read_again(extractor: Extractor, problem: SyncProblem) -> RemoteAsset | InvalidItem:
    try:
        return extractor.asset(problem.payload)
    except InvalidPayload as error:
        return InvalidItem(problem.provider_asset_id, str(error), problem.payload)
