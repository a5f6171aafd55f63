"""Fields with which records name their source clip: extensions, edits, upscales, speech and motion.

Source: provider notes, Pixverse §5.3 and §5.5.
"""

from __future__ import annotations

from typing import Any

from providers.sandbox.library import scenes
from providers.sandbox.library.inputs import PLACEHOLDER_IMAGE, Draft, Fields, decoded


def extend(draft: Draft) -> Fields:
    return Fields({"original_video_id": draft.sources[0].item_id, "extended": 1}, _clip(draft, last_frame=True))


def extend_nested_id(draft: Draft) -> Fields:
    number = draft.sources[0].item_id
    nested = {**_clip(draft, last_frame=True), "original_video_id": number}
    return Fields({"original_video_id": number, "extended": 1}, nested)


def extend_decoded(draft: Draft) -> Fields:
    nested = _clip(draft, last_frame=True)
    nested["customer_video_url"] = decoded(nested["customer_video_url"])
    return Fields({"original_video_id": draft.sources[0].item_id, "extended": 1}, nested)


def extend_path_only(draft: Draft) -> Fields:
    """An uploaded clip has no video ID: `original_video_id` is 0."""
    return Fields({"extended": 1}, _clip(draft, last_frame=True))


def extend_query(draft: Draft) -> Fields:
    """The URL carries a rendition query."""
    top = {
        "extended": 1,
        "customer_video_url": f"{draft.urls[0]}?x-oss-process=video/snapshot,t_0,f_jpg",
        "customer_video_duration": draft.sources[0].duration,
    }
    return Fields(top, None)


def extend_id_text(draft: Draft) -> Fields:
    """The ID as a string, no path, no URL."""
    return Fields({"original_video_id": str(draft.sources[0].item_id), "extended": 1}, {})


def extend_nested_mode(draft: Draft) -> Fields:
    """The nested mode takes precedence over the one at top level."""
    nested = {"create_mode": "extend", "original_video_id": draft.sources[0].item_id, **_clip(draft, last_frame=True)}
    return Fields({"extended": 1}, nested)


def extend_conflict(draft: Draft) -> Fields:
    """The ID names another clip than the path; the path is the one that was sent."""
    return Fields({"original_video_id": draft.sources[1].item_id, "extended": 1}, _clip(draft))


def extend_placeholder(draft: Draft) -> Fields:
    """Placeholders in the frame fields of an otherwise valid record."""
    url = f"{draft.media_base_url}/{PLACEHOLDER_IMAGE.replace('/', '%2F')}"
    nested = {**_clip(draft), "customer_video_last_frame_url": url, "customer_img_url": url}
    return Fields({"original_video_id": draft.sources[0].item_id, "extended": 1}, nested)


def extend_self(draft: Draft) -> Fields:
    """The record names itself as its source."""
    nested = {"customer_video_path": draft.own.path, "customer_video_url": draft.own.url, "customer_video_duration": 5}
    return Fields({"extended": 1}, nested)


def modify(draft: Draft) -> Fields:
    prompt = scenes.edit(draft.random)
    nested: dict[str, Any] = {
        **_clip(draft),
        "customer_video_first_frame_url": draft.sources[0].first_frame_url,
        "key_frame_path": draft.key_frame_path,
        "cut_time_ms": 1500,
        "original_prompt": f'[{{"type":"text","text":"{prompt}"}}]',
    }
    if len(draft.sources) > 1:
        nested["customer_img_paths"] = draft.paths[1:]
    return Fields({"original_video_id": draft.sources[0].item_id, "prompt": prompt}, nested)


def upscale(draft: Draft) -> Fields:
    nested = {"customer_video_path": draft.paths[0], "platform": "web"}
    return Fields({"original_video_id": draft.sources[0].item_id, "upscaled": 1, "quality": "2160p"}, nested)


def upscale_flat(draft: Draft) -> Fields:
    return Fields({"original_video_id": draft.sources[0].item_id, "upscaled": 1}, None)


def lip_sync_audio(draft: Draft) -> Fields:
    clip, track = draft.sources
    nested = {
        **_clip(draft),
        "customer_lip_sync_audio_path": track.path,
        "lip_sync_audio_url": track.url,
        "lip_sync_audio_duration": track.duration,
    }
    speech = {"lip_sync_tts_speaker_id": "", "lip_sync_tts_content": ""}
    return Fields({"original_video_id": clip.item_id, "lip_sync": speech, "prompt": ""}, nested)


def lip_sync_text(draft: Draft) -> Fields:
    speech = {"lip_sync_tts_speaker_id": "Auto", "lip_sync_tts_content": scenes.line(draft.random)}
    top = {"original_video_id": draft.sources[0].item_id, "lip_sync": speech, "prompt": ""}
    return Fields(top, {**_clip(draft), **speech})


def restyle(draft: Draft) -> Fields:
    nested = {
        **_clip(draft, last_frame=True),
        "restyle_id": 335_044_000_000_001,
        "restyle_prompt": scenes.restyle(draft.random),
    }
    return Fields({"original_video_id": draft.sources[0].item_id, "prompt": ""}, nested)


def mimic(draft: Draft) -> Fields:
    nested = {
        "customer_img_paths": draft.paths[1:],
        "customer_img_urls": draft.urls[1:],
        **_clip(draft),
        "img_detection_result": 1,
        "video_detection_result": 1,
    }
    return Fields({"prompt": ""}, nested)


def replace(draft: Draft) -> Fields:
    clip, picture = draft.sources
    nested = {
        **_clip(draft),
        "customer_img_path": picture.path,
        "customer_img_url": picture.url,
        "mask_path": draft.mask_path,
        "key_frame_path": draft.key_frame_path,
    }
    return Fields({"original_video_id": clip.item_id, "prompt": ""}, nested)


def sound_effect(draft: Draft) -> Fields:
    prompt = scenes.sound(draft.random)
    top = {"original_video_id": draft.sources[0].item_id, "sound_effect_switch": 1, "prompt": prompt}
    return Fields(top, {**_clip(draft), "sound_effect_content": prompt, "original_sound_switch": 0})


def clip_plain(draft: Draft) -> Fields:
    return Fields({"original_video_id": draft.sources[0].item_id}, _clip(draft))


def _clip(draft: Draft, *, last_frame: bool = False) -> dict[str, Any]:
    clip = draft.sources[0]
    fields: dict[str, Any] = {
        "customer_video_path": clip.path,
        "customer_video_url": clip.url,
        "customer_video_duration": clip.duration,
    }
    if last_frame:
        fields["customer_video_last_frame_url"] = clip.last_frame_url
    return fields
