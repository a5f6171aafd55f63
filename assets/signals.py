"""The signals for other apps; a test lists the receivers.

`assets_merged(owner_id, survivors: dict[int, int])` maps each absorbed asset id to its survivor. It is sent inside the
merge's transaction with plain `send`, before the absorbed rows are deleted: a receiver that fails rolls the merge back.

`assets_imported(owner_id, asset_ids: list[int], lost_name_ids: Sequence[int], create_lineage: bool, now)` is sent after
a page has committed, so that a failing rebuild never undoes an import. `asset_ids` were created or completed.
`lost_name_ids` lost an identifier to one of them, so children of theirs may belong to another parent now.

`asset_split(owner_id, survivor_id, asset_id, absorbed_id, merged_at, now)` is sent inside the split's transaction with
plain `send`. Links that came to the survivor with `absorbed_id` belong to `asset_id` again; when `merged_at` is set, it
is the survivor's other links from before that time that do.
"""

from __future__ import annotations

from django.dispatch import Signal

assets_merged = Signal()
assets_imported = Signal()
asset_split = Signal()
