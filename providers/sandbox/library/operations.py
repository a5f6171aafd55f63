"""Submit endpoints: their operations, and the inputs in their bodies. Source: provider notes, Pixverse §2.5."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from providers.sandbox.library.templates import Payload
from providers.sandbox.wire import text, texts

_ROLES = {"subject": "FUSION_CHARACTER", "background": "FUSION_BACKGROUND"}

# One input: its relation to the child, and the path or URL that names it.
Input = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Operation:
    """One submit endpoint: the record's mode, the operation type, and a function that reads the inputs of a body."""

    mode: str
    operation: str
    inputs: Callable[[Payload], list[Input]]
    least_inputs: int = 0
    most_inputs: int = 99
    media_type: str = "video"
    needs_last_frame: bool = False


def _no_inputs(body: Payload) -> list[Input]:
    return []


def _image_inputs(body: Payload) -> list[Input]:
    several = texts(body, "customer_img_paths") or texts(body, "customer_img_urls")
    one = text(body, "customer_img_path") or text(body, "customer_img_url")
    return [("SOURCE_IMAGE", name) for name in several or ([one] if one else [])]


def _frame_inputs(body: Payload) -> list[Input]:
    return [("TRANSITION_INPUT", name) for _, name in _image_inputs(body)]


def _fusion_inputs(body: Payload) -> list[Input]:
    kinds = texts(body, "fusion_type_list")
    images = [name for _, name in _image_inputs(body)]
    cast = [(_ROLES.get(kinds[n] if n < len(kinds) else "", "FUSION_REFERENCE"), name) for n, name in enumerate(images)]
    clips = [("SOURCE_VIDEO", name) for name in texts(body, "customer_video_paths")]
    return cast + clips + [("AUDIO_TRACK", name) for name in texts(body, "customer_audio_paths")]


def _clip_input(body: Payload) -> list[Input]:
    name = text(body, "customer_video_path") or text(body, "customer_video_url")
    return [("SOURCE_VIDEO", name)] if name else []


def _modify_inputs(body: Payload) -> list[Input]:
    return _clip_input(body) + [("FUSION_REFERENCE", name) for name in texts(body, "customer_img_paths")]


def _lip_sync_inputs(body: Payload) -> list[Input]:
    track = text(body, "customer_lip_sync_audio_path")
    return _clip_input(body) + ([("AUDIO_TRACK", track)] if track else [])


def _mimic_inputs(body: Payload) -> list[Input]:
    return _clip_input(body) + _image_inputs(body)


OPERATIONS: dict[str, Operation] = {
    "/video/t2v": Operation("image_text", "text_to_video", _no_inputs),
    "/video/i2v": Operation("image_text", "image_to_video", _image_inputs, 1),
    "/video/frames": Operation("transition", "video_transition", _frame_inputs, 2, 7),
    "/video/transition": Operation("transition", "video_transition", _frame_inputs, 2, 7),
    "/video/extend": Operation("extend", "video_extend", _clip_input, 1, needs_last_frame=True),
    "/video/fusion": Operation("fusion", "fusion", _fusion_inputs, 1, 7),
    "/video/modify": Operation("modify", "video_edit", _modify_inputs, 1),
    "/video/upscale": Operation("upscale", "video_upscale", _clip_input, 1),
    "/video/restyle": Operation("video_restyle", "video_edit", _clip_input, 1),
    "/video/lip_sync": Operation("lip_sync", "lip_sync", _lip_sync_inputs, 1),
    "/video/mimic": Operation("mimic", "motion_control", _mimic_inputs, 2),
    "/image/t2i": Operation("create_image", "text_to_image", _no_inputs, media_type="image"),
    "/image/i2i": Operation("create_image", "image_to_image", _image_inputs, 1, 14, media_type="image"),
}
