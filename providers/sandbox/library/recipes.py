"""Recipes: all ways in which items of the library are made, with inputs, field forms, status and true edges."""

from __future__ import annotations

from dataclasses import dataclass

from providers.sandbox.library import clip_inputs, inputs
from providers.sandbox.library.inputs import Writer

# Letters of `needs`:
# i an image, generated or uploaded  u an uploaded image      g a generated image
# v a generated clip                 w an uploaded clip       a an audio file    f a fusion (else any clip)
# G, J a clip, an image that was deleted at the provider
# F a frame cut by the service       X an image on another host
# = the previous input again         H the hub: the first upload, used most often
# T a second upload of the hub's picture

DONE, WITHHELD, FAILED = 1, 7, 8


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way in which an item is made.

    `relations` is by position, and its last entry repeats; inputs beyond `true_inputs` are in the payload but are not
    parents. `weight` is the frequency besides edge cases (0: edge case only). `certain` is False where the provider
    notes mark the interpretation as a proposal. Source of relations: domain.md section 4 and the notes'
    lineage-expected.json.
    """

    name: str
    mode: str | None
    operation: str
    write: Writer
    needs: str = ""
    relations: tuple[str, ...] = ("SOURCE_IMAGE",)
    weight: int = 0
    more: int = 0
    old: bool = False
    status: int = DONE
    model: str = "v6"
    true_inputs: int = 99
    certain: bool = True
    quirk: str = ""


_CLIP = ("SOURCE_VIDEO",)
_FRAMES = ("TRANSITION_INPUT",)
_CAST = ("FUSION_CHARACTER", "FUSION_BACKGROUND", "FUSION_CHARACTER")
_REFERENCES = ("FUSION_REFERENCE",)

TEXT = Recipe("text", "image_text", "text_to_video", inputs.nothing, weight=14)
IMAGE = Recipe("image", "image_text", "image_to_video", inputs.image, "i", weight=26)
EXTEND = Recipe("extend", "extend", "video_extend", clip_inputs.extend, "v", _CLIP, weight=16)
TRANSITION = Recipe("transition", "transition", "video_transition", inputs.transition, "ii", _FRAMES, weight=9)
FUSION = Recipe("fusion", "fusion", "fusion", inputs.fusion, "ii", _CAST, weight=8, more=2)

MODERN: tuple[Recipe, ...] = (
    TEXT,
    IMAGE,
    EXTEND,
    TRANSITION,
    FUSION,
    Recipe("extend_nested_id", "extend", "video_extend", clip_inputs.extend_nested_id, "v", _CLIP, weight=4),
    Recipe("extend_upload", "extend", "video_extend", clip_inputs.extend_path_only, "w", _CLIP, weight=2),
    Recipe("extend_gone", "extend", "video_extend", clip_inputs.extend, "G", _CLIP, weight=1),
    Recipe(
        "transition_many", "transition", "video_transition", inputs.transition_translated, "iii", _FRAMES,
        weight=3, more=4, model="v5",
    ),
    Recipe("transition_loop", "transition", "video_transition", inputs.transition_plain, "i=", _FRAMES, weight=1),
    Recipe("transition_paths", "transition", "video_transition", inputs.transition_paths, "gi", _FRAMES, weight=2),
    Recipe("fusion_simple", "fusion", "fusion", inputs.fusion_simple, "iii", _REFERENCES, weight=4),
    Recipe(
        "fusion_short", "fusion", "fusion", inputs.fusion_short, "iii",
        ("FUSION_CHARACTER", "FUSION_CHARACTER", "FUSION_REFERENCE"),
    ),
    Recipe(
        "fusion_repeat", "fusion", "fusion", inputs.fusion_repeat, "i=i",
        ("FUSION_CHARACTER", "FUSION_CHARACTER", "FUSION_BACKGROUND"),
    ),
    Recipe(
        "fusion_media", "fusion", "fusion", inputs.fusion_media, "ifa",
        ("FUSION_REFERENCE", "SOURCE_VIDEO", "AUDIO_TRACK"), weight=2, certain=False,
    ),
    Recipe("modify", "modify", "video_edit", clip_inputs.modify, "v", _CLIP, weight=2, model="v5.5"),
    Recipe(
        "modify_image", "modify", "video_edit", clip_inputs.modify, "vi", ("SOURCE_VIDEO", "FUSION_REFERENCE"),
        weight=2, model="v5.5", certain=False,
    ),
    Recipe("upscale", "upscale", "video_upscale", clip_inputs.upscale, "v", _CLIP, weight=4),
    Recipe(
        "lip_sync_audio", "lip_sync", "lip_sync", clip_inputs.lip_sync_audio, "va", ("SOURCE_VIDEO", "AUDIO_TRACK"),
        weight=1, certain=False,
    ),
    Recipe("lip_sync_text", "lip_sync", "lip_sync", clip_inputs.lip_sync_text, "v", _CLIP, weight=1, certain=False),
    Recipe("restyle", "video_restyle", "video_edit", clip_inputs.restyle, "v", _CLIP, weight=2, certain=False),
    Recipe(
        "mimic", "mimic", "motion_control", clip_inputs.mimic, "wi", ("SOURCE_VIDEO", "SOURCE_IMAGE"),
        weight=1, model="v5.6", certain=False,
    ),
    Recipe(
        "motion_control", "motion_control", "motion_control", clip_inputs.mimic, "vi", ("SOURCE_VIDEO", "SOURCE_IMAGE"),
        model="v5.6", certain=False,
    ),
    Recipe(
        "replace", "replace", "video_edit", clip_inputs.replace, "vi", ("SOURCE_VIDEO", "FUSION_CHARACTER"),
        weight=1, model="v5.5", certain=False,
    ),
    Recipe("sound_effect", "sound_effect", "add_audio", clip_inputs.sound_effect, "v", _CLIP, weight=1, certain=False),
    Recipe("effect", "effect", "image_to_video", inputs.effect, "i", weight=2, model="v5.5"),
    Recipe("effect_two", "effect", "image_to_video", inputs.effect, "ii", weight=1, model="v5.5"),
    Recipe("image_from_frame", "image_text", "image_to_video", inputs.image, "F", weight=2),
    Recipe("image_elsewhere", "image_text", "image_to_video", inputs.image_url_only, "X", weight=1),
    Recipe("image_gone", "image_text", "image_to_video", inputs.image, "J", weight=1),
    Recipe("image_url_only", "image_text", "image_to_video", inputs.image_url_only, "u", weight=2),
    Recipe("image_failed", "image_text", "image_to_video", inputs.image, "i", weight=1, status=FAILED),
    Recipe(
        "transition_withheld", "transition", "video_transition", inputs.transition_paths,
        "gi", _FRAMES, weight=1, status=WITHHELD,
    ),
    Recipe("fusion_withheld", "fusion", "fusion", inputs.fusion, "ii", _CAST, weight=1, status=WITHHELD),
    Recipe("extend_hung", "extend", "video_extend", clip_inputs.extend, "v", _CLIP, status=5),
    Recipe("extend_decoded", "extend", "video_extend", clip_inputs.extend_decoded, "v", _CLIP, weight=2),
    Recipe("extend_placeholder", "extend", "video_extend", clip_inputs.extend_placeholder, "v", _CLIP),
    Recipe("image_placeholder", "image_text", "text_to_video", inputs.placeholder_image),
    Recipe("transition_mixed", "transition", "video_transition", inputs.transition_mixed, "iii", _FRAMES),
    Recipe(
        "transition_extra_prompts", "transition", "video_transition", inputs.transition_extra_prompts,
        "ii", _FRAMES,
    ),
    Recipe("transition_twins", "transition", "video_transition", inputs.transition_plain, "HT", _FRAMES),
    Recipe("platform_job", "image_text", "text_to_video", inputs.platform_job, model="c1"),
    Recipe("id_as_text", "image_text", "text_to_video", inputs.nothing, quirk="id_as_text"),
    Recipe("unknown_status", "image_text", "text_to_video", inputs.nothing, status=17, model="grok-imagine"),
    Recipe("deleted_status", "image_text", "text_to_video", inputs.nothing, status=6),
    Recipe("nulls", "image_text", "text_to_video", inputs.nothing, quirk="nulls"),
    Recipe("done_placeholder", "image_text", "text_to_video", inputs.nothing, quirk="done_placeholder"),
    Recipe("decoded_url", "image_text", "text_to_video", inputs.nothing, quirk="decoded_url", model="happyhorse-1.0"),
    Recipe("long_prompt", "image_text", "text_to_video", inputs.nothing, quirk="long_prompt"),
    Recipe("names_itself", "extend", "video_extend", clip_inputs.extend_self, certain=False),
    Recipe("unknown_mode_images", "mosaic", "image_to_video", inputs.images_listed, "ii"),
    Recipe("unknown_mode_clip", "echo", "image_to_video", clip_inputs.clip_plain, "v", ("DERIVATION",), certain=False),
)  # fmt: skip

OLD: tuple[Recipe, ...] = (
    Recipe("old_image", "i2v", "image_to_video", inputs.image_flat, "u", weight=12, old=True, model="v4.5"),
    Recipe("old_text", "t2v", "text_to_video", inputs.nothing, weight=6, old=True, model="v4.5"),
    Recipe("old_text_spelled", "text_to_video", "text_to_video", inputs.nothing, old=True, model="v3.5"),
    Recipe(
        "old_image_spelled", "image_to_video", "image_to_video", inputs.image_two_spellings,
        "u", old=True, model="v4",
    ),
    Recipe("old_no_mode", "", "video_transition", inputs.transition_plain, "ii", _FRAMES, old=True, model="v4.5"),
    Recipe(
        "old_transition", "transition", "video_transition", inputs.transition_flat,
        "ii", _FRAMES, weight=4, old=True, model="v4.5",
    ),
    Recipe(
        "old_one_prompt", "transition", "video_transition", inputs.transition_one_prompt,
        "iii", _FRAMES, old=True, model="v5",
    ),
    Recipe("old_ends", "transition", "video_transition", inputs.transition_ends, "ii", _FRAMES, old=True, model="v4.5"),
    Recipe(
        "old_multi", "multi_transition", "video_transition", inputs.transition_plain,
        "iii", _FRAMES, old=True, model="v5",
    ),
    Recipe(
        "old_fusion", "fusion", "fusion", inputs.fusion_flat, "iii",
        ("FUSION_CHARACTER", "FUSION_BACKGROUND", "FUSION_REFERENCE"), weight=2, old=True, model="v4.5",
    ),
    Recipe("old_extend_query", "extend", "video_extend", clip_inputs.extend_query, "v", _CLIP, old=True, model="v4.5"),
    Recipe("old_extend_id", "extend", "video_extend", clip_inputs.extend_id_text, "v", _CLIP, old=True, model="v4.5"),
    Recipe(
        "old_extend_nested", "image_text", "video_extend", clip_inputs.extend_nested_mode,
        "v", _CLIP, old=True, model="v4.5",
    ),
    Recipe("old_extend", "extend", "video_extend", clip_inputs.extend, "v", _CLIP, weight=6, old=True, model="v4.5"),
    Recipe(
        "old_extend_conflict", "extend", "video_extend", clip_inputs.extend_conflict, "vv", _CLIP,
        old=True, model="v4.5", true_inputs=1, certain=False,
    ),
    Recipe("old_upscale", None, "video_upscale", clip_inputs.upscale_flat, "v", _CLIP, old=True, model="v3"),
    Recipe("old_effect", "effect", "image_to_video", inputs.effect, "u", weight=2, old=True, model="v4.5"),
)  # fmt: skip

PICTURES: tuple[Recipe, ...] = (
    Recipe("picture_text", "create_image", "text_to_image", inputs.nothing, weight=10),
    Recipe("picture", "create_image", "image_to_image", inputs.images_listed, "i", weight=12, more=2),
    Recipe("picture_of_pictures", "create_image", "image_to_image", inputs.images_listed, "gg", weight=6, more=1),
    Recipe("picture_repeat", "create_image", "image_to_image", inputs.images_listed, "i=u", certain=False),
    Recipe("picture_gone", "create_image", "image_to_image", inputs.images_listed, "J", weight=1),
    Recipe("picture_from_frame", "create_image", "image_to_image", inputs.images_listed, "F", weight=1),
    Recipe("picture_template", "create_image", "image_to_image", inputs.images_listed, "u", weight=1, quirk="template"),
    Recipe("picture_withheld", "create_image", "image_to_image", inputs.images_listed, "u", weight=1, status=WITHHELD),
    Recipe("picture_failed", "create_image", "image_to_image", inputs.images_listed, "i", weight=1, status=FAILED),
)  # fmt: skip

UPLOAD = Recipe("upload", None, "upload", inputs.nothing)
# That music made from images names them in `image_paths`, and the mode of speech, are guesses.
AUDIO: tuple[Recipe, ...] = (
    Recipe("tune", "music", "music", inputs.nothing),
    Recipe("tune_of_images", "music", "music", inputs.nothing, "i", more=1, certain=False),
    Recipe("speech", "speech", "speech", inputs.nothing, certain=False),
)
GONE = Recipe("gone", None, "unknown", inputs.nothing)

MODERN_DONE, PICTURES_DONE = (
    tuple(recipe for recipe in table if recipe.weight and recipe.status == DONE) for table in (MODERN, PICTURES)
)

# Items still being generated, newest last.
WORKING: tuple[tuple[str, Recipe], ...] = (
    ("video", Recipe("just_done", "image_text", "text_to_video", inputs.nothing)),
    ("image", Recipe("picture_working", "create_image", "image_to_image", inputs.images_listed, "g", status=10)),
    ("image", Recipe("picture_queued", "create_image", "image_to_image", inputs.images_listed, "g", status=9)),
    ("video", Recipe("image_working", "image_text", "image_to_video", inputs.image, "u", status=10)),
    ("video", Recipe("text_queued", "image_text", "text_to_video", inputs.nothing, status=5)),
)  # fmt: skip


def relation(recipe: Recipe, position: int) -> str:
    """Return the relation of the input at `position`."""
    return recipe.relations[min(position, len(recipe.relations) - 1)]
