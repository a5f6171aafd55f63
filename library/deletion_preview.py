"""Preview the deletion of assets; reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assets.models import Asset, AssetMerge, Reference, SyncProblem
from library.deletion import ancestors_of_remaining, children_of
from lineage.origins_impact.subqueries import count_closure_union


@dataclass(frozen=True, slots=True)
class DeletionPreview:
    """Consequences of deleting assets.

    `gone_ids` are deleted completely; `marked_ids` are kept as stubs, because other assets were made from them;
    `stub_ids` are stubs above them without other children, deleted with them. `parent_count` and `child_count` are of
    remaining assets; `descendant_count` is of everything made from them, at any distance. `run_count` is of the scans
    and imports whose reports mention them; the reports do not change.
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
        """Ids of the assets that exist."""
        return (*self.gone_ids, *self.marked_ids)


def preview_deletion(owner_id: int, asset_ids: Sequence[int]) -> DeletionPreview:
    """Compute what `deletion.delete` would do with these assets.

    Args:
        owner_id: whose assets; ids of others are not found.
        asset_ids: ids of the assets.
    """
    children = children_of(owner_id, asset_ids)
    marked = ancestors_of_remaining(children)
    found = sorted(children)
    gone = [asset_id for asset_id in found if asset_id not in marked]
    stubs = _unneeded_stubs(gone)
    return DeletionPreview(
        gone_ids=tuple(gone),
        marked_ids=tuple(sorted(marked)),
        stub_ids=tuple(sorted(stubs)),
        not_found_ids=tuple(asset_id for asset_id in dict.fromkeys(asset_ids) if asset_id not in children),
        parent_count=_related(owner_id, found, "child_edges__child_id"),
        child_count=_related(owner_id, found, "parent_edges__parent_id"),
        descendant_count=count_closure_union(found, is_up=False),
        name_count=Reference.objects.filter(asset_id__in=found, is_indirect=False).count(),
        merge_count=AssetMerge.objects.filter(survivor_id__in=found).count(),
        run_count=_runs(owner_id, found),
    )


def facts(found: DeletionPreview) -> tuple[tuple[str, str], ...]:
    """Return the consequences as labels and values in words, the most important first."""
    descendants = f"{found.child_count:,} directly, {found.descendant_count:,} in total"
    rows = [
        ("Children", descendants if found.descendant_count else "none"),
        ("Parents", f"{found.parent_count:,}" if found.parent_count else "none"),
        ("Future imports", f"Won’t be imported again ({_counted(found.name_count, 'ID')} blocked)"),
    ]
    if found.stub_ids:
        rows.append(("Also deleted", f"{_counted(len(found.stub_ids), 'placeholder')} with no other children"))
    if found.merge_count:
        rows.append(("Merge history", f"{_counted(found.merge_count, 'merged copy', 'merged copies')}, also deleted"))
    if found.run_count:
        rows.append(("Run reports", f"Mentioned in {_counted(found.run_count, 'report')}, which won’t change"))
    return tuple(rows)


def summary(found: DeletionPreview) -> str:
    """Return the consequences in a sentence or two."""
    marked, gone = len(found.marked_ids), len(found.gone_ids)
    if not marked:
        return "Deleted completely." if gone == 1 else f"All {gone:,} deleted completely."
    placeholders = "a placeholder so its children keep" if marked == 1 else "placeholders so their children keep"
    kept = f"ept as {placeholders} their lineage; prompt, URLs and data are removed."
    if gone:
        return f"{gone:,} deleted completely. {marked:,} k{kept}"
    return f"K{kept}" if marked == 1 else f"All {marked:,} k{kept}"


def _unneeded_stubs(gone: Sequence[int]) -> set[int]:
    """Return the stubs above these assets that would have no children left, and those above them."""
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
    """Return the number of other assets with an edge to these, at the end of the edge given by the path."""
    related = Asset.objects.filter(**{"owner_id": owner_id, f"{path}__in": asset_ids}).exclude(pk__in=asset_ids)
    return related.distinct().count()


def _runs(owner_id: int, asset_ids: Sequence[int]) -> int:
    ids_there = Asset.objects.filter(pk__in=asset_ids, is_stub=False).values("provider_asset_id")
    problems = SyncProblem.objects.filter(owner_id=owner_id, provider_asset_id__in=ids_there)
    return problems.values("run_id").distinct().count()


def _counted(count: int, word: str, plural: str = "") -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {plural or word + 's'}"
