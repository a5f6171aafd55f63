"""Inputs in a stored Pixverse payload that a later answer for the same item replaces.

An item's inputs may be in several fields, nested or at top level (provider notes, Pixverse §5.3). When a later answer
names other inputs, the old ones must not remain in the fields that it leaves out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from common.vocabulary import MediaType
from providers.records import ParentRef

# Fields that name inputs, and the lists parallel to them, by the media type of the inputs.
# Source: provider notes, Pixverse §5.3.
_INPUT_FIELDS = {
    MediaType.IMAGE: frozenset({
        "customer_img_path", "customer_img_url", "customer_img_paths", "customer_img_urls", "customer_first_frame",
        "customer_first_frame_url", "customer_last_frame", "customer_last_frame_url", "first_frame_url",
        "last_frame_url", "image_paths", "image_urls", "images", "prompts", "translate_prompts", "durations",
        "fusion_id_list", "fusion_name_list", "fusion_type_list",
    }),
    MediaType.VIDEO: frozenset({
        "customer_video_path", "customer_video_url", "customer_video_paths", "customer_video_urls",
        "customer_video_duration", "customer_video_first_frame_path", "customer_video_first_frame_url",
        "customer_video_last_frame_url", "customer_video_frame_paths", "original_video_id",
    }),
    MediaType.AUDIO: frozenset({
        "customer_audio_paths", "customer_audio_urls", "customer_lip_sync_audio_path", "lip_sync_audio_url",
        "lip_sync_audio_duration",
    }),
}  # fmt: skip


def replaced_fields(kept: Iterable[ParentRef], later: Iterable[ParentRef]) -> frozenset[str]:
    """Return the fields whose inputs a later answer replaces, because it names an input that the kept payload lacks.

    Args:
        kept: the parents that the kept payload names.
        later: the parents that the later answer names.
    """
    known = {(parent.media_type, name) for parent in kept for name in parent.names}
    types = {
        parent.media_type for parent in later if not any((parent.media_type, name) in known for name in parent.names)
    }
    return frozenset[str]().union(*(_INPUT_FIELDS.get(media_type, frozenset()) for media_type in types))


def without_fields(payload: Mapping[str, Any], fields: frozenset[str]) -> dict[str, Any]:
    """Return a payload without these fields, at top level and in the objects in it."""
    return {
        key: {inner: item for inner, item in value.items() if inner not in fields} if isinstance(value, dict) else value
        for key, value in payload.items()
        if key not in fields
    }
