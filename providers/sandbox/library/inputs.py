"""Fields with which records name their inputs: one writer for each form that the provider has used.

Each writer returns the fields at the top of the record and the `customer_paths` object. The forms follow the
recorded and derived payloads. Source: provider notes, Pixverse §5.3 and §5.5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from providers.sandbox.library import scenes

PLACEHOLDER_IMAGE = "pixverse/jpg/media/default.jpg"
PLACEHOLDER_VIDEO = "pixverse-preview/mp4/media/default.mp4"


@dataclass(frozen=True, slots=True)
class Source:
    """One input with the provider's names for it; `item_id` 0 and empty texts mean that it has no such name."""

    media_type: str
    item_id: int
    path: str
    url: str
    duration: int = 0
    first_frame_url: str = ""
    last_frame_url: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """Data for a writer: the inputs in order, the record's own file, and texts."""

    sources: tuple[Source, ...]
    own: Source
    scene: scenes.Scene
    prompt: str
    random: Random
    key_frame_path: str
    mask_path: str
    media_base_url: str

    @property
    def paths(self) -> list[str]:
        return [source.path for source in self.sources]

    @property
    def urls(self) -> list[str]:
        return [source.url for source in self.sources]


@dataclass(frozen=True, slots=True)
class Fields:
    """`top` replaces fields of the record; `nested` is its `customer_paths`."""

    top: dict[str, Any]
    nested: dict[str, Any] | None


Writer = Callable[[Draft], Fields]


def decoded(url: str) -> str:
    """Return the other form of a media URL, with plain slashes. Source: provider notes, Pixverse §4.5."""
    return url.replace("%2F", "/")


# Text and one image


def nothing(draft: Draft) -> Fields:
    return Fields({}, {"platform": "web"})


def platform_job(draft: Draft) -> Fields:
    """Made through the platform API: the object exists and names no inputs."""
    nested = {
        "ext_info": None,
        "agent_info": None,
        "cameo_id_list": None,
        "duration_type": "",
        "thinking_type": "enabled",
        "caption_switch": False,
        "fusion_id_list": None,
        "model_evaluator": "",
        "use_api_gen_image": False,
    }
    return Fields({"platform": "openapi"}, nested)


def image(draft: Draft) -> Fields:
    nested = {"customer_img_path": draft.paths[0], "customer_img_url": draft.urls[0], "platform": "web"}
    return Fields({}, nested)


def image_url_only(draft: Draft) -> Fields:
    return Fields({}, {"customer_img_path": "", "customer_img_url": draft.urls[0], "platform": "web"})


def image_flat(draft: Draft) -> Fields:
    return Fields({"customer_img_path": draft.paths[0], "customer_img_url": draft.urls[0]}, None)


def image_two_spellings(draft: Draft) -> Fields:
    """The decoded and the encoded URL are one image."""
    return Fields({"customer_img_url": decoded(draft.urls[0])}, {"customer_img_urls": [draft.urls[0]]})


def placeholder_image(draft: Draft) -> Fields:
    """A placeholder in an input field is not an input."""
    url = f"{draft.media_base_url}/{PLACEHOLDER_IMAGE.replace('/', '%2F')}"
    return Fields({}, {"customer_img_path": "", "customer_img_url": url, "platform": "web"})


def effect(draft: Draft) -> Fields:
    number, name = scenes.template(draft.random)
    top = {"template_id": number, "template_name": name, "optional_image_num": len(draft.sources), "prompt": ""}
    if len(draft.sources) == 1:
        return Fields(top, image(draft).nested)
    return Fields(top, {"customer_img_paths": draft.paths, "customer_img_urls": draft.urls, "platform": "web"})


def images_listed(draft: Draft) -> Fields:
    return Fields({}, {"customer_img_paths": draft.paths, "customer_img_urls": draft.urls})


# Transitions


def transition(draft: Draft) -> Fields:
    first, last = draft.sources[0], draft.sources[-1]
    nested = {
        "customer_img_paths": draft.paths,
        "customer_img_urls": draft.urls,
        "customer_first_frame": first.path,
        "customer_first_frame_url": first.url,
        "customer_last_frame": last.path,
        "customer_last_frame_url": last.url,
        "prompts": [draft.prompt],
        "durations": [5],
    }
    return Fields({}, nested)


def transition_plain(draft: Draft) -> Fields:
    count = len(draft.sources) - 1
    nested = {"customer_img_paths": draft.paths, "customer_img_urls": draft.urls, **_legs(draft, count)}
    return Fields({"duration": 5 * count}, nested)


def transition_paths(draft: Draft) -> Fields:
    """Paths only, as the official client writes them."""
    count = len(draft.sources) - 1
    return Fields({"duration": 5 * count}, {"customer_img_paths": draft.paths, **_legs(draft, count)})


def transition_translated(draft: Draft) -> Fields:
    fields = transition_plain(draft)
    nested = fields.nested or {}
    return Fields(fields.top, {**nested, "translate_prompts": list(nested["prompts"])})


def transition_mixed(draft: Draft) -> Fields:
    """Three paths and two URLs: matched by position, the longest list wins."""
    nested = {"customer_img_paths": draft.paths, "customer_img_urls": draft.urls[:-1], **_legs(draft, 2)}
    return Fields({}, nested)


def transition_extra_prompts(draft: Draft) -> Fields:
    """More prompts than legs: the rest is ignored."""
    return Fields({}, {"customer_img_paths": draft.paths, "customer_img_urls": draft.urls, **_legs(draft, 4)})


def transition_one_prompt(draft: Draft) -> Fields:
    """One prompt for two legs."""
    nested = {"customer_img_paths": draft.paths, "customer_img_urls": draft.urls, "translate_prompts": None}
    return Fields({}, {**nested, **_legs(draft, 1)})


def transition_flat(draft: Draft) -> Fields:
    top = {
        "customer_img_urls": draft.urls,
        "customer_img_paths": draft.paths,
        **_legs(draft, 1),
        "translate_prompts": [draft.prompt],
        "first_frame_url": draft.urls[0],
        "last_frame_url": draft.urls[-1],
    }
    return Fields(top, None)


def transition_ends(draft: Draft) -> Fields:
    """No list at all: the first and last frame are the inputs."""
    named = transition(draft).nested or {}
    nested = {key: value for key, value in named.items() if not key.startswith("customer_img")}
    return Fields({}, nested)


# Fusions


def fusion(draft: Draft) -> Fields:
    count = len(draft.sources)
    names = scenes.fusion_names(draft.scene, count)
    kinds = ["subject", "background"] + ["subject"] * (count - 2)
    prompt = " with ".join(f"@{name}" for name in names)
    nested = {
        "customer_img_paths": draft.paths,
        "customer_img_urls": draft.urls,
        "fusion_id_list": [414_709_443_788_811 + number for number in range(count)],
        "fusion_name_list": names,
        "fusion_type_list": kinds,
        "original_prompt": f"{prompt}, {draft.prompt}",
    }
    return Fields({"prompt": nested["original_prompt"]}, nested)


def fusion_simple(draft: Draft) -> Fields:
    """No names and types: every image is a reference."""
    prompt = " meets ".join(f"@image{number + 1}" for number in range(len(draft.sources)))
    nested = {"customer_img_paths": draft.paths, "fusion_id_list": None, "original_prompt": prompt}
    return Fields({"prompt": prompt}, nested)


def fusion_short(draft: Draft) -> Fields:
    """Fewer names and types than images."""
    names = scenes.fusion_names(draft.scene, 2)
    nested = {
        "customer_img_paths": draft.paths,
        "customer_img_urls": draft.urls,
        "fusion_name_list": names,
        "fusion_type_list": ["subject", "subject"],
        "original_prompt": f"@{names[0]} and @{names[1]}",
    }
    return Fields({}, nested)


def fusion_repeat(draft: Draft) -> Fields:
    """One image in two roles; removing the repetition first would make the background a subject."""
    nested = {
        "customer_img_paths": draft.paths,
        "customer_img_urls": draft.urls,
        "fusion_name_list": [draft.scene.subject, "statue", draft.scene.setting],
        "fusion_type_list": ["subject", "subject", "background"],
        "original_prompt": f"@{draft.scene.subject} beside @statue",
    }
    return Fields({}, nested)


def fusion_flat(draft: Draft) -> Fields:
    """Fields at top level, URLs only, and an unknown type."""
    top = {
        "customer_img_urls": draft.urls,
        "fusion_name_list": [draft.scene.subject, "room", "lamp"],
        "fusion_type_list": ["subject", "background", "object"],
        "original_prompt": f"@{draft.scene.subject} in @room",
    }
    return Fields(top, None)


def fusion_media(draft: Draft) -> Fields:
    """Reference mode: one image, one clip, one audio file."""
    picture, clip, track = draft.sources
    nested = {
        "customer_img_paths": [picture.path],
        "customer_video_paths": [clip.path],
        "customer_video_frame_paths": [_path_of(clip.first_frame_url, draft)],
        "customer_audio_paths": [track.path],
        "original_prompt": "@image1 sings like @video1",
    }
    return Fields({"prompt": nested["original_prompt"]}, nested)


def _legs(draft: Draft, count: int) -> dict[str, Any]:
    return {"prompts": scenes.legs(draft.scene, count, draft.random), "durations": [5] * count}


def _path_of(url: str, draft: Draft) -> str:
    return decoded(url).removeprefix(f"{draft.media_base_url}/")
