"""The library's rows."""

from __future__ import annotations

from assets.models.asset import Asset, AssetMerge, AssetQuerySet, Reference, ReferenceQuerySet
from assets.models.listed_item import ListedItem
from assets.models.sync_run import ListPhase, RunKind, RunMode, SyncList, SyncProblem, SyncRun, SyncSeen
from assets.models.tombstone import Tombstone

__all__ = [
    "Asset",
    "AssetMerge",
    "AssetQuerySet",
    "ListPhase",
    "ListedItem",
    "Reference",
    "ReferenceQuerySet",
    "RunKind",
    "RunMode",
    "SyncList",
    "SyncProblem",
    "SyncRun",
    "SyncSeen",
    "Tombstone",
]
