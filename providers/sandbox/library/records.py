"""Payloads of items, with all keys of the provider's own responses. Source: provider notes, Pixverse §5.1."""

from __future__ import annotations

from random import Random

from providers.sandbox.library import scenes
from providers.sandbox.library.identifiers import Names, Role, rfc3339
from providers.sandbox.library.inputs import PLACEHOLDER_IMAGE, Draft, Source, decoded
from providers.sandbox.library.plan import Spec
from providers.sandbox.library.templates import (
    Payload,
    audio_template,
    dimensions,
    image_template,
    person,
    set_status,
    upload_record,
    video_template,
)

_QUALITIES = ("360p", "540p", "720p", "720p", "1080p")
# Keys missing in records of 2025 and earlier, as in the notes' second list page (web-video-list-page2.json).
_NEWER_KEYS = ("creation_type", "platform", "multi_shot", "audio", "preview_mode", "webp_url", "sound_effect_switch")
_IMAGE_MODELS = ("qwen-image", "seedream-4.5", "gemini-3.0", "gpt-image-2.0")


class RecordWriter:
    """Writer of the payloads of one library; the same spec always gives the same payload."""

    def __init__(self, names: Names, specs: list[Spec], media_base_url: str) -> None:
        self.names = names
        self.specs = specs
        self.base = media_base_url.rstrip("/")

    def url(self, path: str) -> str:
        """Return the media URL of a path, with slashes escaped as in the provider's payloads."""
        return f"{self.base}/{path.replace('/', '%2F')}" if path else ""

    def path(self, spec: Spec) -> str:
        """Return the storage path of an item's file; "" when it has none."""
        if not spec.has_file:
            return ""
        uuid = self.names.uuid(spec.index, Role.MEDIA)
        match spec.kind:
            case "video":
                folder = "pixverse/mp4/media/web" + ("" if spec.recipe.name == "old_upscale" else "/ori")
                return f"{folder}/{uuid}_seed{self.seed_of(spec)}.mp4"
            case "image":
                made_from_text = spec.recipe.operation == "text_to_image"
                return f"pixverse/t2i/ori/{uuid}.png" if made_from_text else f"pixverse/i2i/ori/{uuid}.jpg"
            case "audio":
                return f"pixverse/audio/{uuid}.mp3"
        endings = {
            "upload_image": ("jpg", "png", "jpg", "webp"),
            "upload_video": ("mp4",),
            "upload_audio": ("mp3", "wav"),
        }
        ending = endings[spec.kind]
        return f"upload/{uuid}.{ending[spec.index % len(ending)]}"

    def frame_path(self, spec: Spec, role: Role) -> str:
        """Return the storage path of a frame cut from a clip; "" when the clip has no file."""
        if not spec.is_ready and not spec.gone:
            return ""
        return f"pixverse/video/frame/{self.names.uuid(spec.index, role)}.jpg"

    def seed_of(self, spec: Spec) -> int:
        return self.names.number(f"seed:{spec.index}", 31)

    def source(self, parent: int | str) -> Source:
        """Return all names that the provider has for an input."""
        if isinstance(parent, str):
            is_url = "://" in parent
            return Source("image", 0, "" if is_url else parent, parent if is_url else self.url(parent))
        spec = self.specs[parent]
        path = self.path(spec)
        first, last = (self.url(self.frame_path(spec, role)) for role in (Role.FIRST_FRAME, Role.LAST_FRAME))
        video_id = spec.item_id if spec.kind == "video" else 0
        return Source(spec.media_type, video_id, path, self.url(path), spec.duration, first, last)

    def record(self, spec: Spec) -> Payload:
        """Return the list and detail payload of one item."""
        match spec.kind:
            case "video":
                return self._maybe_without_path(spec, self._video(spec), "video_path", "url")
            case "image":
                return self._maybe_without_path(spec, self._image(spec), "image_path", "image_url")
            case "audio":
                return self._audio(spec)
        return self._upload(spec)

    def _maybe_without_path(self, spec: Spec, record: Payload, path_key: str, url_key: str) -> Payload:
        """Empty the path of one finished item in eight: its URL alone names the file."""
        if record[url_key] and spec.status == 1 and self.names.number(f"path:{spec.index}", 3) == 0:
            record[path_key] = ""
        return record

    def _draft(self, spec: Spec, prompt: str, random: Random) -> Draft:
        path = self.path(spec)
        return Draft(
            sources=tuple(self.source(parent) for parent in spec.parents),
            own=Source(spec.media_type, spec.item_id, path, self.url(path), spec.duration),
            scene=scenes.scene_of(spec.look),
            prompt=prompt,
            random=random,
            key_frame_path=f"pixverse/video/frame/{self.names.uuid(spec.index, Role.KEY_FRAME)}.jpg",
            mask_path=f"pixverse/mask/{self.names.uuid(spec.index, Role.MASK)}.png",
            media_base_url=self.base,
        )

    def _video(self, spec: Spec) -> Payload:
        random = Random(f"{self.names.seed}:{spec.index}")
        scene = scenes.scene_of(spec.look)
        recipe = spec.recipe
        prompt = (scenes.continuation if recipe.operation == "video_extend" else scenes.motion)(scene, random)
        record = video_template()
        record.update(
            video_id=spec.item_id, video_status=spec.status, asset_id=spec.item_id, created_at=rfc3339(spec.at_ms),
            create_mode=recipe.mode, prompt=prompt, model=recipe.model, quality=random.choice(_QUALITIES),
            aspect_ratio=spec.aspect, seed=self.seed_of(spec), duration=spec.duration, **person(self.url),
        )  # fmt: skip
        fields = recipe.write(self._draft(spec, prompt, random))
        record.update(fields.top, customer_paths=fields.nested)
        self._state(spec, record)
        _quirks[recipe.quirk](record, self.base)
        if recipe.old:
            for key in _NEWER_KEYS:
                del record[key]
        if recipe.mode is None:
            del record["create_mode"]
        return record

    def _state(self, spec: Spec, record: Payload) -> None:
        stem = f"{self.names.uuid(spec.index, Role.MEDIA)}_seed{record['seed']}"
        frames = [self.url(self.frame_path(spec, role)) for role in (Role.FIRST_FRAME, Role.LAST_FRAME)]
        set_status(record, spec.status, path=self.path(spec), stem=stem, frame_urls=frames, url=self.url)

    def _image(self, spec: Spec) -> Payload:
        random = Random(f"{self.names.seed}:{spec.index}")
        scene = scenes.scene_of(spec.look)
        from_images = spec.recipe.operation == "image_to_image"
        prompt = scenes.edit(random) if from_images and random.random() < 0.5 else scenes.still(scene, random)
        path = self.path(spec) if spec.status == 1 else ""
        width, height = dimensions("1080p", spec.aspect) if path else (0, 0)
        sources = [self.source(parent) for parent in spec.parents]
        record = image_template()
        record.update(
            person(self.url), asset_id=spec.item_id, image_id=spec.item_id, image_status=spec.status, prompt=prompt,
            model=random.choice(_IMAGE_MODELS), aspect_ratio=spec.aspect, seed=self.seed_of(spec), image_path=path,
            image_url=self.url(path), output_width=width, output_height=height, created_at=rfc3339(spec.at_ms),
            customer_img_paths=[source.path for source in sources],
            customer_img_urls=[source.url for source in sources],
        )  # fmt: skip
        if spec.status == 9:
            record["queue_data"] = {"queue_time": 12, "queue_count": 3}
        _quirks[spec.recipe.quirk](record, self.base)
        return record

    def _upload(self, spec: Spec) -> Payload:
        path = self.path(spec)
        width, height = (0, 0) if spec.media_type == "audio" else dimensions("1080p", spec.aspect)
        return upload_record(
            item_id=spec.item_id, media_type=spec.media_type, path=path, url=self.url(path), width=width, height=height,
            name=f"{scenes.scene_of(spec.look).name} {spec.index + 1}", duration=spec.duration, at_ms=spec.at_ms,
        )  # fmt: skip

    def _audio(self, spec: Spec) -> Payload:
        random = Random(f"{self.names.seed}:{spec.index}")
        path = self.path(spec)
        record = audio_template()
        record.update(
            audio_id=spec.item_id, asset_id=spec.item_id, audio_status=spec.status, create_mode=spec.recipe.mode,
            model="music-2.6", provider="minimax", duration=spec.duration, audio_path=path,
            audio_url=self.url(path), created_at=rfc3339(spec.at_ms), **person(self.url),
        )  # fmt: skip
        if spec.recipe.operation == "speech":
            record.update(text=scenes.line(random), model="speech-2.8-hd", voice_name="Harbour")
        else:
            record["prompt"] = scenes.tune(random)
        if spec.parents:
            images = [self.source(parent).path for parent in spec.parents]
            record.update(image_paths=images, model="lyria-3-pro-preview", provider="google")
        return record


def _as_usual(record: Payload, base: str) -> None:
    """Change nothing: most records have no quirk."""


def _id_as_text(record: Payload, base: str) -> None:
    record["video_id"] = str(record["video_id"])


def _nulls(record: Payload, base: str) -> None:
    for key in ("negative_prompt", "first_frame", "last_frame", "url", "lip_sync", "queue_data", "customer_paths"):
        record[key] = None


def _done_placeholder(record: Payload, base: str) -> None:
    record["url"] = f"{base}/{'pixverse/mp4/media/default.mp4'.replace('/', '%2F')}"
    record["first_frame"] = f"{base}/{PLACEHOLDER_IMAGE.replace('/', '%2F')}"
    record["video_path"] = ""


def _decoded_url(record: Payload, base: str) -> None:
    record["url"] = decoded(record["url"])


def _long_prompt(record: Payload, base: str) -> None:
    record["prompt"] = "波が灯台に打ち寄せる — “tempête” 🌊 \u2028 " * 40


def _template(record: Payload, base: str) -> None:
    record.update(prompt="", model="", template_id=307_489_548_427_968, template_name="Storybook cover")


_quirks = {
    "": _as_usual,
    "id_as_text": _id_as_text,
    "nulls": _nulls,
    "done_placeholder": _done_placeholder,
    "decoded_url": _decoded_url,
    "long_prompt": _long_prompt,
    "template": _template,
}
