"""Fields of a Pixverse record that may change while the item stays the same.

Source: provider notes, Pixverse §4.1 and §5.1 for the fields. That each of them changes is inferred from its name.
"""

from __future__ import annotations

from collections.abc import Mapping

_PROGRESS = "Progress of the generation."
_QUEUE = "Position or time in the provider's queue."
_COUNTER = "Counter of other people's actions."
_CHOICE = "Setting made on the provider's own pages."
_PERSON = "Data of the account, not of the item."

VOLATILE_FIELDS: Mapping[str, str] = {
    "video_status": _PROGRESS,
    "image_status": _PROGRESS,
    "audio_status": _PROGRESS,
    "status": _PROGRESS,
    "queue_data": _QUEUE,
    "queue_time": _QUEUE,
    "queue_count": _QUEUE,
    "processing_start_time": _QUEUE,
    "estimated_gen_time": _QUEUE,
    "likes": _COUNTER,
    "is_collected": _CHOICE,
    "is_dislike": _CHOICE,
    "is_hidden": _CHOICE,
    "block_remake": _CHOICE,
    "media_locked": _CHOICE,
    "remove_watermark": _CHOICE,
    "feedback_id": _CHOICE,
    "nick_name": _PERSON,
    "avatar": _PERSON,
    "email": _PERSON,
}
