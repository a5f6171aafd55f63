"""The two messages that go upwards; a test lists who listens.

`assets_merged(owner_id, survivors: dict[int, int])` maps each absorbed asset id to its survivor. It is sent inside the
merge's transaction with plain `send`, before the absorbed rows go: a receiver that fails undoes the merge.

`assets_imported(owner_id, asset_ids: list[int], create_lineage: bool, now)` is sent after a page has committed: a
failing rebuild never costs an import.
"""

from __future__ import annotations

from django.dispatch import Signal

assets_merged = Signal()
assets_imported = Signal()
