"""Results of an ingest: an outcome per record, an asset per parent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """Result of ingesting one record."""

    CREATED = "created"
    EXISTING = "existing"
    COMPLETED = "completed"
    INVALID = "invalid"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Ingested:
    """Outcome of one record, in the order of the batch.

    `asset_id` is None for INVALID and DELETED; `reason` then says why.
    """

    outcome: Outcome
    provider_asset_id: str
    asset_id: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Outcomes of a batch, and the number of assets merged into others.

    `changed_ids` are known assets that name other inputs now. `lost_name_ids` are assets that lost a name to an item of
    the batch, or whose media type turned out to be another: children of theirs may belong elsewhere, so their lineage
    is rebuilt too.
    """

    items: tuple[Ingested, ...]
    merged: int
    changed_ids: tuple[int, ...] = ()
    lost_name_ids: tuple[int, ...] = ()

    def count(self, outcome: Outcome) -> int:
        """Return the number of records with this outcome."""
        return sum(item.outcome is outcome for item in self.items)

    @property
    def fresh_ids(self) -> list[int]:
        """Ids of the assets that were created or completed."""
        news = (Outcome.CREATED, Outcome.COMPLETED)
        return [item.asset_id for item in self.items if item.asset_id is not None and item.outcome in news]

    @property
    def lineage_ids(self) -> list[int]:
        """Ids of the assets whose lineage is to be rebuilt: new ones, and those with other inputs than before."""
        return list(dict.fromkeys([*self.fresh_ids, *self.changed_ids]))


@dataclass(frozen=True, slots=True)
class ResolvedParent:
    """The asset that a parent's names identify; None, with a reason, when they cannot be resolved.

    `is_contradicted` is true when the names identify two known assets and the more specific one was used.
    """

    asset_id: int | None
    reason: str = ""
    is_contradicted: bool = False


@dataclass(frozen=True, slots=True)
class ResolvedParents:
    """An answer per parent, in order. `lost_name_ids` are assets that lost a name, as in `Batch`."""

    answers: tuple[ResolvedParent, ...]
    lost_name_ids: tuple[int, ...] = ()
