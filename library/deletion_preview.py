"""What deleting assets would do, said before it is done; reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assets.models import Asset, AssetMerge, Reference, SyncProblem
from library.deletion import ancestors_of_remaining, children_of
from lineage.closure.subqueries import count_reached


@dataclass(frozen=True, slots=True)
class DeletionPreview:
    """What hangs on assets that are to be deleted, and what becomes of each.

    `gone_ids` go altogether; `marked_ids` stay as deleted marks, because others were made from them; `stub_ids` are the
    parents that are known only through those that go, and go with them. `parent_count` and `child_count` are of assets
    that stay; `descendant_count` is of everything made from them, at any distance. `run_count` is of the scans and
    imports whose reports name them; those stay as they are.
    """

    gone_ids: tuple[int, ...]
    marked_ids: tuple[int, ...]
    stub_ids: tuple[int, ...]
    not_found_ids: tuple[int, ...]
    parent_count: int
    child_count: int
    descendant_count: int
    name_count: int
    merge_count: int
    run_count: int

    @property
    def asset_ids(self) -> tuple[int, ...]:
        """What was found of what was asked for."""
        return (*self.gone_ids, *self.marked_ids)


def preview_deletion(owner_id: int, asset_ids: Sequence[int]) -> DeletionPreview:
    """Say what `removal.delete` would do with these assets and what hangs on them.

    Args:
        owner_id: whose assets; ids of others are not found.
        asset_ids: which assets.
    """
    children = children_of(owner_id, asset_ids)
    marked = ancestors_of_remaining(children)
    found = sorted(children)
    gone = [asset_id for asset_id in found if asset_id not in marked]
    stubs = _lonely_stubs(gone)
    return DeletionPreview(
        gone_ids=tuple(gone),
        marked_ids=tuple(sorted(marked)),
        stub_ids=tuple(sorted(stubs)),
        not_found_ids=tuple(asset_id for asset_id in dict.fromkeys(asset_ids) if asset_id not in children),
        parent_count=_related(owner_id, found, "child_edges__child_id"),
        child_count=_related(owner_id, found, "parent_edges__parent_id"),
        descendant_count=count_reached(found, is_up=False),
        name_count=Reference.objects.filter(asset_id__in=found, is_indirect=False).count(),
        merge_count=AssetMerge.objects.filter(survivor_id__in=found).count(),
        run_count=_runs(owner_id, found),
    )


def facts(found: DeletionPreview) -> tuple[tuple[str, str], ...]:
    """What hangs on them, each as a name and its value in words; the weightiest first."""
    them = _them(found)
    made = f"{found.child_count:,} directly, {found.descendant_count:,} in all" if found.descendant_count else "nothing"
    told = [
        (f"Made from {them}", made),
        ("It was made from" if them == "it" else "They were made from", _counted(found.parent_count, "asset")),
        ("Names", f"{found.name_count:,}, remembered so that no import brings {them} back"),
    ]
    if found.stub_ids:
        told.append((f"Goes with {them}", f"{_counted(len(found.stub_ids), 'source')} known only through {them}"))
    if found.merge_count:
        told.append((f"Merged into {them}", f"{_counted(found.merge_count, 'record')}, which goes, too"))
    if found.run_count:
        told.append((f"Runs that name {them}", f"{found.run_count:,}; their reports stay as they are"))
    return tuple(told)


def summary(found: DeletionPreview) -> str:
    """What becomes of them, in a sentence."""
    marked, gone = len(found.marked_ids), len(found.gone_ids)
    kept = "names and edges are kept, so that no family tree breaks; words, media addresses and payloads go."
    if not marked:
        return "It goes altogether." if gone == 1 else f"All {gone:,} go altogether."
    if not gone and marked == 1:
        return f"It stays as a deleted mark, because others were made from it: {kept}"
    whole = "All of them stay" if not gone else f"{gone:,} {'goes' if gone == 1 else 'go'} altogether; {marked:,} stay"
    return f"{whole} as deleted marks, because others were made from them: {kept}"


def _lonely_stubs(gone: Sequence[int]) -> set[int]:
    """The stubs above these that nothing else was made from, and those above them."""
    going: set[int] = set(gone)
    stubs: set[int] = set()
    fresh = list(gone)
    while fresh:
        above = Asset.objects.filter(child_edges__child_id__in=fresh, is_stub=True).exclude(pk__in=going)
        needed: dict[int, set[int]] = {}
        for stub_id, child_id in Asset.objects.filter(pk__in=above).values_list("pk", "child_edges__child_id"):
            needed.setdefault(stub_id, set()).add(child_id)
        fresh = [stub_id for stub_id, children in needed.items() if children <= going]
        going.update(fresh)
        stubs.update(fresh)
    return stubs


def _related(owner_id: int, asset_ids: Sequence[int], path: str) -> int:
    """How many others an edge joins to these, at the end that the path names."""
    related = Asset.objects.filter(**{"owner_id": owner_id, f"{path}__in": asset_ids}).exclude(pk__in=asset_ids)
    return related.distinct().count()


def _runs(owner_id: int, asset_ids: Sequence[int]) -> int:
    ids_there = Asset.objects.filter(pk__in=asset_ids, is_stub=False).values("provider_asset_id")
    named = SyncProblem.objects.filter(owner_id=owner_id, provider_asset_id__in=ids_there)
    return named.values("run_id").distinct().count()


def _them(found: DeletionPreview) -> str:
    return "it" if len(found.asset_ids) == 1 else "them"


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s" if count else "nothing"
