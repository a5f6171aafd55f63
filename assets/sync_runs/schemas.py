"""JSON schemas of scans and imports of a whole library."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from ninja import Schema

from assets.models import ListPhase, RunKind, RunMode, SyncProblem, SyncRun
from assets.sync_runs.coverage import Coverage
from assets.sync_runs.progress import SyncProgress
from common.runs import RunState
from common.schemas import Body, JsonBool
from providers.models import ProviderAccount


class NewRun(Body):
    """A run to start: by default a full import."""

    kind: RunKind = RunKind.IMPORT
    mode: RunMode = RunMode.FULL
    create_lineage: JsonBool = False


class ListAnswer(Schema):
    """One list of a run; `total` is the provider's own count, null when it gives none."""

    list: str
    phase: ListPhase
    is_complete: bool
    total: int | None
    pages: int
    seen: int
    created: int
    existing: int
    completed: int
    merged: int
    invalid: int
    deleted: int


class RunError(Schema):
    """The reason why a run stopped, and the next step."""

    code: str
    title: str
    detail: str
    next_step: str


class RunAnswer(Schema):
    """A run and its progress; `continue_at` is set while it is paused."""

    id: int
    provider_id: str
    account_id: int | None
    kind: RunKind
    mode: RunMode
    create_lineage: bool
    state: RunState
    is_open: bool
    is_resumable: bool
    cancel_requested_at: datetime | None
    continue_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    progress_at: datetime | None
    finished_at: datetime | None
    total: int | None
    seen: int
    created: int
    existing: int
    completed: int
    merged: int
    invalid: int
    deleted: int
    no_longer_there: int
    fraction: float | None
    items_per_second: float | None
    seconds_left: float | None
    lists: list[ListAnswer]
    error: RunError | None

    @classmethod
    def of(cls, found: SyncProgress) -> RunAnswer:
        """Build the answer for one run at one moment."""
        run, progress = found.run, found.progress
        return cls.model_validate(
            {
                **{name: getattr(run, name) for name in cls.model_fields if hasattr(run, name) and name != "lists"},
                **{name: getattr(found, name) for name in cls.model_fields if hasattr(found, name)},
                "no_longer_there": run.unlisted_count,
                "total": progress.total,
                "seen": progress.done,
                "fraction": progress.fraction,
                "items_per_second": progress.per_second,
                "seconds_left": progress.time_left.total_seconds() if progress.time_left is not None else None,
                "lists": [_list_answer(sync_list) for sync_list in found.lists],
                "error": _error(run),
            }
        )


class ListCoverageAnswer(Schema):
    """The items of one list; `there` is the sum of the next four, null until a run has read how many there are.

    `no_longer_there` counts assets of the account that the provider no longer lists.
    """

    list: str
    there: int | None
    here: int
    missing: int
    deleted_here: int
    unreadable: int
    no_longer_there: int


class CoverageAnswer(Schema):
    """The items of an account's lists at the provider, and what became of them here."""

    provider_id: str
    account_id: int
    scanned_at: datetime | None
    lists: list[ListCoverageAnswer]

    @classmethod
    def of(cls, account: ProviderAccount, found: Coverage) -> CoverageAnswer:
        """Build the answer for one account."""
        return cls(
            provider_id=account.provider_id,
            account_id=account.pk,
            scanned_at=found.scanned_at,
            lists=[ListCoverageAnswer(list=part.remote_list, **asdict(part.counts)) for part in found.lists],
        )


class RunList(Schema):
    """An account's runs, newest first."""

    items: list[RunAnswer]
    total: int
    limit: int
    offset: int


class ItemProblemAnswer(Schema):
    """An item that could not be imported, with its reason and payload."""

    id: int
    list: str
    provider_asset_id: str
    reason: str
    is_resolved: bool
    payload: Any

    @staticmethod
    def resolve_list(row: SyncProblem) -> str:
        """Return the key of its list."""
        return row.list_key


class ProblemList(Schema):
    """A run's unreadable items, in the order of the lists."""

    items: list[ItemProblemAnswer]
    total: int
    limit: int
    offset: int


class RetryAnswer(Schema):
    """The number of problems that were imported now, and of those that still cannot be read."""

    resolved: int
    left: int


def _list_answer(sync_list: Any) -> dict[str, Any]:
    return {name: getattr(sync_list, "list_key" if name == "list" else name) for name in ListAnswer.model_fields}


def _error(run: SyncRun) -> dict[str, str] | None:
    if not run.error_code:
        return None
    return {
        "code": run.error_code,
        "title": run.error_title,
        "detail": run.error_detail,
        "next_step": run.error_next_step,
    }
