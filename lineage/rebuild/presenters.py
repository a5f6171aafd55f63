"""Present rebuilds and previews: the card of a run, and the lines of its results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assets.models import Asset
from common.runs import RunState, cards
from common.runs.cards import Count, RunCard
from common.runs.progress import progress_of
from common.vocabulary import OperationType, RelationType
from lineage.graph.edge_text import flat_facts
from lineage.models import RebuildFinding, RebuildRun
from lineage.rebuild.batch import RebuildStatus

DETAILS = "lineage/rebuild/_details.html"
ACTIONS = "lineage/rebuild/_actions.html"
EDGES_SHOWN = 12

STATUS_WORDS = {
    RebuildStatus.OK: "rebuilt",
    RebuildStatus.NO_METADATA: "without a stored payload",
    RebuildStatus.NOT_FOUND: "not found",
    RebuildStatus.PROVIDER_MISMATCH: "of another provider",
    RebuildStatus.UNSUPPORTED: "of a provider that cannot be read",
    RebuildStatus.FAILED: "failed",
}


@dataclass(frozen=True, slots=True)
class RebuildExtra:
    """The parts of a card that only rebuilds and previews have."""

    is_preview: bool
    up_to_date_text: str


@dataclass(frozen=True, slots=True)
class EdgeLine:
    """One edge that is added ("+"), removed ("−") or changed ("±").

    `changes` are the facts that differ: name, value before, value after; "" where there is none.
    """

    sign: str
    word: str
    relation: str
    operation: str
    position: int
    parent: Mapping[str, Any]
    parent_label: str
    changes: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FindingRow:
    """An asset of a run's report. `asset` is None when it is not in the library."""

    finding: RebuildFinding
    asset: Asset | None
    status: str
    lines: tuple[EdgeLine, ...]
    hidden_count: int

    @property
    def words(self) -> str:
        """Label of the asset."""
        if self.asset is None:
            return f"Asset {self.finding.asset_id}, which is not in the library"
        return self.asset.description or f"Untitled {self.asset.media_type}"


def card_of(run: RebuildRun, *, now: datetime) -> RunCard:
    """Build the card of a rebuild or preview at one moment."""
    would_be = "would be " if run.is_preview else ""
    return cards.card_of(
        run,
        now=now,
        working="Previewing" if run.is_preview else "Rebuilding",
        about=(
            "" if run.is_preview else "Removes outdated links" if run.clear_existing else "Keeps existing links",
            "Saves nothing" if run.is_preview else "",
            f"{run.noted_count:,} note{'' if run.noted_count == 1 else 's'}" if run.noted_count else "",
        ),
        counts=(
            Count("Would change" if run.is_preview else "Changed", run.changed_count),
            Count("Links to add" if run.is_preview else "Links added", run.new_edges),
            Count("Links to remove" if run.is_preview else "Links removed", run.removed_edges),
            Count("Unchanged", run.unchanged_edges),
            Count("Notes", run.noted_count),
        ),
        summary=f"{would_be}{run.new_edges:,} added, {run.removed_edges:,} removed",
        done_word="",
        details=DETAILS,
        actions=ACTIONS,
        extra=RebuildExtra(
            is_preview=run.is_preview,
            up_to_date_text=up_to_date_text(run) if _is_up_to_date(run) else "",
        ),
    )


def sentence(run: RebuildRun, *, now: datetime) -> str:
    """Word a run in one line, for a terminal and the admin."""
    progress = progress_of(run, now=now)
    rate = f", {progress.per_second:,.0f} assets/s" if progress.per_second and run.is_open else ""
    counts = f"{run.new_edges:,} new, {run.removed_edges:,} removed, {run.unchanged_edges:,} unchanged"
    return (
        f"{run.get_state_display()}: {run.done_count:,} of {run.total_count:,} assets{rate} · "
        f"{'would be ' if run.is_preview else ''}{counts}"
    )


def end_text(run: RebuildRun) -> str:
    """Word the result of a run that has finished, for a toast."""
    if not run.is_preview:
        still = ". An import is still running" if run.was_import_running else ""
        return f"Lineage rebuilt: {run.new_edges:,} new, {run.removed_edges:,} removed{still}"
    if not run.changed_count:
        return up_to_date_text(run)
    links = "link" if run.new_edges == 1 else "links"
    return f"A rebuild would add {run.new_edges:,} {links} and remove {run.removed_edges:,}."


def _is_up_to_date(run: RebuildRun) -> bool:
    return run.is_preview and run.state == RunState.SUCCEEDED and not run.changed_count


def up_to_date_text(run: RebuildRun) -> str:
    """Word the result of a preview that found nothing to change."""
    if not run.unchanged_edges:
        return "Up to date. No parents in the stored data."
    return f"Up to date. {run.unchanged_edges:,} link{'' if run.unchanged_edges == 1 else 's'}, no changes."


def rows_of(findings: Iterable[RebuildFinding], *, owner_id: int) -> list[FindingRow]:
    """The rows of one page of a run's report, their assets in one statement."""
    listed = list(findings)
    assets = Asset.objects.filter(owner_id=owner_id).without_payload().in_bulk([finding.asset_id for finding in listed])
    return [_row(finding, assets.get(finding.asset_id)) for finding in listed]


def _row(finding: RebuildFinding, asset: Asset | None) -> FindingRow:
    lines = _lines(finding.edges.get("added", []), finding.edges.get("removed", []))
    return FindingRow(
        finding=finding,
        asset=asset,
        status=STATUS_WORDS[RebuildStatus(finding.status)],
        lines=tuple(lines[:EDGES_SHOWN]),
        hidden_count=max(len(lines) - EDGES_SHOWN, 0),
    )


def _lines(added: list[dict[str, Any]], removed: list[dict[str, Any]]) -> list[EdgeLine]:
    """Build the lines of removed, changed and added edges."""
    before = {_key(edge): edge for edge in removed if edge["differs_in"]}
    lines = [_line("−", "Removed", edge) for edge in removed if not edge["differs_in"]]
    for edge in added:
        if edge["differs_in"]:
            lines.append(_line("±", "Changed", edge, _changes(before[_key(edge)], edge)))
        else:
            lines.append(_line("+", "Added", edge))
    return lines


def _key(edge: Mapping[str, Any]) -> tuple[Any, ...]:
    return (edge["parent"]["asset_id"], edge["relation_type"], edge["sequence_order"])


def _line(sign: str, word: str, edge: Mapping[str, Any], changes: tuple[tuple[str, str, str], ...] = ()) -> EdgeLine:
    return EdgeLine(
        sign=sign,
        word=word,
        relation=RelationType(edge["relation_type"]).label,
        operation=OperationType(edge["operation_type"]).label,
        position=edge["sequence_order"] + 1,
        parent=edge["parent"],
        parent_label=edge["parent"]["description"] or edge["parent"]["name"],
        changes=changes,
    )


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    was, will_be = _facts(before), _facts(after)
    names = dict.fromkeys([*was, *will_be])
    return tuple(
        (name, was.get(name, ""), will_be.get(name, "")) for name in names if was.get(name) != will_be.get(name)
    )


def _facts(edge: Mapping[str, Any]) -> dict[str, str]:
    told = {
        "operation": OperationType(edge["operation_type"]).label,
        "from second": edge["parent_start_time"],
        "to second": edge["parent_end_time"],
        "frame": edge.get("parent_frame"),  # Findings of earlier versions have none.
        **{name.replace("_", " "): value for name, value in flat_facts(edge["transformation"]).items()},
    }
    return {name: str(value) for name, value in told.items() if value not in (None, "")}
