"""What pages show of rebuilds and previews: the card of a run, and its findings in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from assets.models import Asset
from assets.sync_runs.presenters import TONES
from common.progress_text import rate_in_words, time_left_in_words
from common.runs import RunState
from common.vocabulary import OperationType, RelationType
from lineage.models import RebuildFinding, RebuildRun
from lineage.rebuild.batch import RebuildStatus
from lineage.rebuild.progress import RebuildProgress, summarize
from providers.registry import adapter_class, provider_ids

# Screen readers are told of a run's progress so often.
SAID_EVERY_PERCENT = 10
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
class RebuildCard:
    """A run as its card shows it; `said` is what screen readers hear, once for each `said_key`."""

    run: RebuildRun
    progress: RebuildProgress
    title: str
    state: str
    tone: str
    percent: int
    rate: str
    time_left: str
    said: str
    said_key: str

    @property
    def has_nothing_to_do(self) -> bool:
        """Whether it is a preview that came to its end and found every edge as the payloads say."""
        return self.run.is_preview and self.run.state == RunState.SUCCEEDED and not self.run.changed_count


@dataclass(frozen=True, slots=True)
class EdgeLine:
    """One edge that comes ("+"), goes ("−") or is said otherwise ("±"), in words.

    `changes` are the facts that differ: what it is called, as it was, as it would be; "" where nothing is said.
    """

    sign: str
    word: str
    relation: str
    operation: str
    position: int
    parent: Mapping[str, Any]
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
        """What to call it."""
        if self.asset is None:
            return f"Asset {self.finding.asset_id}, which is not in the library"
        return self.asset.description or f"Untitled {self.asset.media_type}"


def card_of(run: RebuildRun, *, now: datetime) -> RebuildCard:
    """The card of one run at one moment."""
    progress = summarize(run, now=now)
    percent = int(progress.fraction * 100)
    state, tone = _state(run)
    decile = percent // SAID_EVERY_PERCENT * SAID_EVERY_PERCENT
    is_counting = run.state == RunState.RUNNING
    title = _title(run)
    return RebuildCard(
        run=run,
        progress=progress,
        title=title,
        state=state,
        tone=tone,
        percent=percent,
        rate=rate_in_words(progress.assets_per_second, "assets") if run.is_open else "",
        time_left=time_left_in_words(progress.time_left) if progress.time_left is not None else "",
        said=f"{title}: {state}, {decile} % done." if is_counting else f"{title}: {state}.",
        said_key=f"{state} {decile if is_counting else ''}".strip(),
    )


def tell_end(request: HttpRequest, card: RebuildCard) -> None:
    """Say in a toast how a run ended."""
    run = card.run
    if run.state == RunState.FAILED:
        messages.error(request, f"{card.title}: it stopped. What was done before stays.")
    elif run.state == RunState.CANCELLED:
        messages.info(request, f"{card.title}: cancelled; Resume goes on from there.")
    elif card.has_nothing_to_do:
        messages.success(request, f"Nothing to do: all {run.unchanged_edges:,} edges are as the payloads say.")
    elif run.is_preview:
        messages.success(request, f"A rebuild would add {run.new_edges:,} edges and remove {run.removed_edges:,}.")
    else:
        messages.success(request, f"Lineage rebuilt: {run.new_edges:,} new, {run.removed_edges:,} removed")


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
    """What goes, what comes, and what does both because something else is said of it."""
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
        **{name.replace("_", " "): value for name, value in edge["transformation"].items()},
    }
    return {name: str(value) for name, value in told.items() if value not in (None, "")}


def _title(run: RebuildRun) -> str:
    what = _provider_name(run.provider_id) + " library" if run.provider_id else "whole library"
    if not run.is_of_library:
        what = "one asset" if run.total_count == 1 else f"{run.total_count:,} chosen assets"
    else:
        what = f"the {what}"
    return f"{'Preview of a rebuild' if run.is_preview else 'Rebuild'} of {what}"


def _provider_name(provider_id: str) -> str:
    return adapter_class(provider_id).display_name if provider_id in provider_ids() else provider_id


def _state(run: RebuildRun) -> tuple[str, str]:
    """How a run stands, in words and as the tone that colors them."""
    if run.state != RunState.RUNNING:
        return run.get_state_display(), TONES.get(RunState(run.state), "")
    if run.cancel_requested_at:
        return "Stopping after this batch", "warning"
    return ("Looking" if run.is_preview else "Rebuilding"), "good"
