"""Extraction of the parents of a Pixverse record.

Each `create_mode` has its own rules; an unknown or missing mode is inferred from the inputs in the record.
Source: provider notes, Pixverse §5.2 to §5.5. Facts marked as guesses there are marked here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from functools import cached_property
from itertools import zip_longest
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from common.vocabulary import MediaType, NameKind, OperationType, RelationType
from providers.pixverse.fields import Fields, Source
from providers.pixverse.names import clean_url, id_name, media_name, stem_name
from providers.records import Name, ParentRef

ValueT = TypeVar("ValueT")


class Mode(StrEnum):
    """Kind of `create_mode`: how an item was made."""

    IMAGE_TEXT = auto()
    TRANSITION = auto()
    FUSION = auto()
    EFFECT = auto()
    EXTEND = auto()
    MODIFY = auto()
    UPSCALE = auto()
    RESTYLE = auto()
    LIP_SYNC = auto()
    MOTION = auto()
    REPLACE = auto()
    SOUND = auto()
    CREATE_IMAGE = auto()
    MUSIC = auto()
    SPEECH = auto()
    OTHER = auto()


# The first spelling of each mode is the official client's (1.2.10, July 2026); `sound_effect` is a guess.
# Source: provider notes, Pixverse §5.2.
MODES = {
    "image_text": Mode.IMAGE_TEXT,
    "t2v": Mode.IMAGE_TEXT,
    "text_to_video": Mode.IMAGE_TEXT,
    "i2v": Mode.IMAGE_TEXT,
    "image_to_video": Mode.IMAGE_TEXT,
    "transition": Mode.TRANSITION,
    "multi_transition": Mode.TRANSITION,
    "extend": Mode.EXTEND,
    "fusion": Mode.FUSION,
    "modify": Mode.MODIFY,
    "upscale": Mode.UPSCALE,
    "lip_sync": Mode.LIP_SYNC,
    "video_restyle": Mode.RESTYLE,
    "restyle": Mode.RESTYLE,
    "mimic": Mode.MOTION,
    "motion_control": Mode.MOTION,
    "replace": Mode.REPLACE,
    "swap": Mode.REPLACE,
    "effect": Mode.EFFECT,
    "sound_effect": Mode.SOUND,
    "sound": Mode.SOUND,
    "create_image": Mode.CREATE_IMAGE,
    "t2i": Mode.CREATE_IMAGE,
    "i2i": Mode.CREATE_IMAGE,
    "text_to_image": Mode.CREATE_IMAGE,
    "image_to_image": Mode.CREATE_IMAGE,
}

# Modes of audio items. Only `music` has been seen; the others are guesses from the endpoints' names.
# Source: provider notes, Pixverse §5.1, and the official client's commands (recorded November 2026).
AUDIO_MODES = {
    "music": Mode.MUSIC,
    "music_generate": Mode.MUSIC,
    "speech": Mode.SPEECH,
    "tts": Mode.SPEECH,
    "text_to_speech": Mode.SPEECH,
}

# Images as inputs of an item, below names of their own. Music is made with `image_paths` (official client, recorded
# November 2026). That videos may be too, and by the other names, is a guess; images have their own file there.
_PLAIN_IMAGE_LISTS = (("image_paths", "image_urls"), ("images", ""), ("image_path", "image_url"))
# The item's own pictures, which may be repeated in these fields.
_OWN_PICTURES = (
    "first_frame", "last_frame", "webp_url", "img_url", "asset_img_url", "thumbnail", "thumbnail_url", "cover_url",
)  # fmt: skip

# By the entries of `fusion_type_list`; any other or missing one is FUSION_REFERENCE.
# Source: provider notes, Pixverse §5.4.
FUSION_RELATIONS = {
    "subject": RelationType.FUSION_CHARACTER,
    "background": RelationType.FUSION_BACKGROUND,
}


@dataclass(frozen=True, slots=True)
class ClipReading:
    """Rule for a mode that starts from one clip: its operation, the fields kept on the edge, and further inputs."""

    operation: OperationType
    kept_texts: tuple[str, ...] = ()
    kept_numbers: tuple[str, ...] = ()
    image_relation: RelationType | None = None
    names_audio: bool = False


# The relations of images in MODIFY and REPLACE, and REPLACE's operation, are guesses.
# Source: provider notes, Pixverse §5.4.
CLIP_READINGS = {
    Mode.EXTEND: ClipReading(OperationType.VIDEO_EXTEND),
    Mode.MODIFY: ClipReading(
        OperationType.VIDEO_EDIT,
        kept_texts=("key_frame_path",),
        kept_numbers=("cut_time_ms",),
        image_relation=RelationType.FUSION_REFERENCE,
    ),
    Mode.UPSCALE: ClipReading(OperationType.VIDEO_UPSCALE),
    Mode.RESTYLE: ClipReading(OperationType.VIDEO_EDIT, kept_texts=("restyle_prompt",), kept_numbers=("restyle_id",)),
    Mode.LIP_SYNC: ClipReading(
        OperationType.LIP_SYNC,
        kept_texts=("lip_sync_tts_speaker_id", "lip_sync_tts_content"),
        names_audio=True,
    ),
    Mode.MOTION: ClipReading(OperationType.MOTION_CONTROL, image_relation=RelationType.SOURCE_IMAGE),
    Mode.REPLACE: ClipReading(
        OperationType.VIDEO_EDIT, kept_texts=("mask_path",), image_relation=RelationType.FUSION_CHARACTER
    ),
    Mode.SOUND: ClipReading(OperationType.ADD_AUDIO, kept_texts=("sound_effect_content",), names_audio=True),
}

# Frames cut from the source clip, and masks: evidence of the clip, not parents.
# Source: provider notes, Pixverse §5.3.
_CLIP_EVIDENCE = (
    "key_frame_path",
    "key_frame_url",
    "mask_path",
    "customer_video_first_frame_path",
    "customer_video_first_frame_url",
    "customer_video_last_frame_url",
)


_RANKS = {kind: rank for rank, kind in enumerate(NameKind)}


@dataclass(frozen=True, slots=True)
class _Input:
    """Input that a record names, before its role is determined."""

    media_type: MediaType
    names: tuple[Name, ...]
    url: str
    index: int


@dataclass(frozen=True, slots=True)
class _Use:
    """Input with its role."""

    source: _Input
    relation: RelationType
    transformation: Mapping[str, Any]
    end_seconds: float | None = None


class Inputs:
    """Inputs and operation of one record.

    Args:
        record: the payload; its values may be of any type.
        media_type: the media type of the record itself.
        own_id: the record's own ID.
        hosts: the media hosts, see `names.media_name`.
    """

    def __init__(
        self, record: Mapping[str, Any], *, media_type: MediaType, own_id: str, hosts: tuple[str, ...]
    ) -> None:
        self._fields = Fields(record)
        self._media_type = media_type
        self._own_id = own_id
        self._hosts = hosts
        self._record = record
        self._mode_text = self._fields.text("create_mode")
        self._mode = self._read_mode()

    def operation(self) -> OperationType:
        """Return the operation that made the item; it is the same for all parents."""
        if self._media_type is MediaType.IMAGE:
            return self._image_operation()
        if self._media_type is MediaType.AUDIO:
            return self._audio_operation()
        if reading := CLIP_READINGS.get(self._mode):
            return reading.operation
        if self._mode is Mode.TRANSITION:
            return OperationType.VIDEO_TRANSITION
        if self._mode is Mode.FUSION:
            return OperationType.FUSION
        return self._plain_operation()

    def parents(self) -> tuple[ParentRef, ...]:
        """Return all parents, in order."""
        operation = self.operation()
        return tuple(
            ParentRef(
                relation_type=use.relation,
                operation_type=operation,
                sequence_order=order,
                media_type=use.source.media_type,
                names=use.source.names,
                remote_url=self._remote_url(use.source),
                transformation=use.transformation,
                end_seconds=use.end_seconds,
            )
            for order, use in enumerate(self._uses())
        )

    def _read_mode(self) -> Mode:
        if self._mode_text:
            modes = AUDIO_MODES if self._media_type is MediaType.AUDIO else MODES
            return modes.get(self._mode_text.lower(), Mode.OTHER)
        if self._media_type is MediaType.IMAGE:
            return Mode.CREATE_IMAGE
        return self._inferred_mode() if self._media_type is MediaType.VIDEO else Mode.OTHER

    def _inferred_mode(self) -> Mode:
        fields = self._fields
        if self._clip:
            if fields.is_set("extended"):
                return Mode.EXTEND
            return Mode.UPSCALE if fields.is_set("upscaled") else Mode.MODIFY
        if self._has_ends() or (len(self._images) > 1 and (fields.texts("prompts") or fields.numbers("durations"))):
            return Mode.TRANSITION
        if self._images and (fields.texts("fusion_name_list") or fields.texts("fusion_type_list")):
            return Mode.FUSION
        return Mode.IMAGE_TEXT

    def _has_ends(self) -> bool:
        first, last = self._end("first", 0), self._end("last", 1)
        return bool(first and last)

    def _image_operation(self) -> OperationType:
        if any(True for _ in self._uses()):
            return OperationType.IMAGE_TO_IMAGE
        return OperationType.UNKNOWN if self._mode is Mode.OTHER else OperationType.TEXT_TO_IMAGE

    def _audio_operation(self) -> OperationType:
        if self._mode is Mode.SPEECH:
            return OperationType.SPEECH
        # Without a mode, audio made from images is music: a guess.
        is_music = self._mode is Mode.MUSIC or (not self._mode_text and bool(self._images))
        return OperationType.MUSIC if is_music else OperationType.UNKNOWN

    def _plain_operation(self) -> OperationType:
        if self._media_type is not MediaType.VIDEO:  # 3D models
            return OperationType.UNKNOWN
        if self._mode is Mode.EFFECT and self._clip and not self._images:
            return OperationType.VIDEO_EDIT  # A template over a clip; the operation is a guess.
        if any(True for _ in self._uses()):
            return OperationType.IMAGE_TO_VIDEO
        return OperationType.UNKNOWN if self._mode is Mode.OTHER else OperationType.TEXT_TO_VIDEO

    def _uses(self) -> Iterator[_Use]:
        if self._media_type is not MediaType.VIDEO:
            return self._other_uses()
        if reading := CLIP_READINGS.get(self._mode):
            return self._clip_uses(reading)
        if self._mode is Mode.TRANSITION:
            return self._transition_uses()
        if self._mode is Mode.FUSION:
            return self._fusion_uses()
        return self._effect_uses() if self._mode is Mode.EFFECT else self._other_uses()

    def _transition_uses(self) -> Iterator[_Use]:
        frames = self._frames()
        last = max((frame.index for frame in frames), default=0)
        for frame in frames:
            leg = self._leg(frame.index) if frame.index < last else {}
            hints = self._frame_hints(frame)
            facts = {**self._legs(), **hints}
            yield _Use(frame, RelationType.TRANSITION_INPUT, {**leg, **hints, "pixverse_transition": facts})

    def _frames(self) -> tuple[_Input, ...]:
        if len(self._images) > 1:
            return self._images
        first, last = self._end("first", 0), self._end("last", 1)
        if self._images and last:
            return (self._images[0], last)
        return tuple(end for end in (first, last) if end) or self._images

    def _end(self, which: str, index: int) -> _Input | None:
        source = self._source(f"customer_{which}_frame", f"customer_{which}_frame_url", MediaType.IMAGE)
        older = self._source(f"{which}_frame_url", "", MediaType.IMAGE)
        return self._input(MediaType.IMAGE, source.joined(older), index)

    def _leg(self, index: int) -> dict[str, Any]:
        fields = self._fields
        return _given(
            prompt=_at(fields.texts("prompts"), index),
            translate_prompt=_at(fields.texts("translate_prompts"), index),
            duration=_at(fields.numbers("durations"), index),
        )

    def _legs(self) -> dict[str, Any]:
        fields = self._fields
        facts = _given(
            prompts=list(fields.texts("prompts")),
            translate_prompts=list(fields.texts("translate_prompts")),
            durations=list(fields.numbers("durations")),
            first_frame_path=fields.text("customer_first_frame"),
            last_frame_path=fields.text("customer_last_frame"),
        )
        return {key: value for key, value in facts.items() if value}

    def _frame_hints(self, frame: _Input) -> dict[str, Any]:
        fields = self._fields
        return _given(
            image_index=frame.index,
            create_mode=self._mode_text,
            first_frame_url=fields.text("customer_first_frame_url") or fields.text("first_frame_url"),
            last_frame_url=fields.text("customer_last_frame_url") or fields.text("last_frame_url"),
            source_video_id=self._own_id,
        )

    def _fusion_uses(self) -> Iterator[_Use]:
        fields = self._fields
        names, types = fields.texts("fusion_name_list"), fields.texts("fusion_type_list")
        shared = _given(original_prompt=fields.text("original_prompt"), source_video_id=self._own_id)
        for image in self._images:
            entry_type = _at(types, image.index)
            hints = _given(
                image_index=image.index,
                fusion_name=_at(names, image.index),
                fusion_entry_type=entry_type,
                **shared,
            )
            relation = FUSION_RELATIONS.get((entry_type or "").lower(), RelationType.FUSION_REFERENCE)
            yield _Use(image, relation, {**hints, "pixverse_fusion": hints})
        shared = {**shared, "pixverse_fusion": shared} if shared else {}
        # The relation of a video among the references is a guess. Source: provider notes, Pixverse §5.4.
        yield from (_Use(clip, RelationType.SOURCE_VIDEO, shared) for clip in self._all_clips())
        yield from (_Use(audio, RelationType.AUDIO_TRACK, shared) for audio in self._audios())

    def _effect_uses(self) -> Iterator[_Use]:
        hints = _given(template_id=self._fields.id("template_id"))
        if not self._images and self._clip:
            yield _Use(self._clip, RelationType.SOURCE_VIDEO, hints)
        yield from (_Use(image, RelationType.SOURCE_IMAGE, hints) for image in self._images)

    def _clip_uses(self, reading: ClipReading) -> Iterator[_Use]:
        clips = (self._clip,) if self._clip else self._all_clips()
        for clip in clips:
            yield self._clip_use(clip, reading)
        yield from self._clip_images(reading, has_clip=bool(clips))
        if reading.names_audio:
            yield from (_Use(audio, RelationType.AUDIO_TRACK, {}) for audio in self._audios())

    def _clip_use(self, clip: _Input, reading: ClipReading) -> _Use:
        fields = self._fields
        hints = _given(
            **{key: fields.text(key) for key in reading.kept_texts},
            **{key: fields.number(key) for key in reading.kept_numbers},
        )
        if self._mode is not Mode.EXTEND:
            return _Use(clip, RelationType.SOURCE_VIDEO, hints)
        length = fields.number("customer_video_duration")
        facts = self._extend_hints(length)
        hints = {**hints, **facts, "pixverse_extend": facts} if facts else hints
        return _Use(clip, RelationType.SOURCE_VIDEO, hints, None if length is None else float(length))

    def _extend_hints(self, length: int | float | None) -> dict[str, Any]:
        fields = self._fields
        return _given(
            original_video_id=fields.id("original_video_id"),
            customer_video_url=fields.text("customer_video_url"),
            customer_video_path=fields.text("customer_video_path"),
            customer_video_duration=length,
            customer_video_last_frame_url=fields.text("customer_video_last_frame_url"),
            parent_end_time=length,
            # For extensions the source clip's ID, elsewhere the item's own one.
            source_video_id=fields.id("original_video_id"),
        )

    def _clip_images(self, reading: ClipReading, *, has_clip: bool) -> Iterator[_Use]:
        if reading.image_relation:
            evidence = {name for key in _CLIP_EVIDENCE for name in self._names(self._fields.text(key))}
            images = tuple(image for image in self._images if not evidence.intersection(image.names))
            yield from (_Use(image, reading.image_relation, {}) for image in images)
        elif not has_clip:
            yield from (_Use(image, RelationType.SOURCE_IMAGE, {}) for image in self._images)

    def _other_uses(self) -> Iterator[_Use]:
        hints = _given(create_mode=self._mode_text) if self._mode is Mode.OTHER else {}
        is_video = self._media_type is MediaType.VIDEO
        for image in self._images:
            yield _Use(image, RelationType.SOURCE_IMAGE, hints if is_video else {"image_index": image.index, **hints})
        yield from (_Use(clip, RelationType.DERIVATION, hints) for clip in self._all_clips())
        if self._mode is Mode.OTHER:
            yield from (_Use(audio, RelationType.AUDIO_TRACK, hints) for audio in self._audios())

    @cached_property
    def _images(self) -> tuple[_Input, ...]:
        return (
            self._listed(MediaType.IMAGE, "customer_img_paths", "customer_img_urls")
            or self._listed(MediaType.IMAGE, "customer_img_path", "customer_img_url")
            or self._plain_images()
        )

    def _plain_images(self) -> tuple[_Input, ...]:
        """Return the images of fields that are not of the customer's inputs, where nothing else is an input."""
        if self._media_type is MediaType.IMAGE or self._end("first", 0) or self._end("last", 1) or self._all_clips():
            return ()
        own = {name for key in _OWN_PICTURES for name in self._names(clean_url(self._record.get(key)))}
        for paths, urls in _PLAIN_IMAGE_LISTS:
            if listed := self._listed(MediaType.IMAGE, paths, urls):
                return tuple([image for image in listed if not own.intersection(image.names)])
        return ()

    @cached_property
    def _clip(self) -> _Input | None:
        source = self._source("customer_video_path", "customer_video_url", MediaType.VIDEO)
        original = Source(id=self._fields.id("original_video_id"))
        return self._input(MediaType.VIDEO, Source(source.path, source.url, original.id or source.id), index=0)

    def _all_clips(self) -> tuple[_Input, ...]:
        listed = self._listed(MediaType.VIDEO, "customer_video_paths", "customer_video_urls")
        if self._clip is None or any(set(self._clip.names) & set(clip.names) for clip in listed):
            return listed
        return (self._clip, *listed)

    def _audios(self) -> tuple[_Input, ...]:
        listed = self._listed(MediaType.AUDIO, "customer_audio_paths", "customer_audio_urls")
        source = self._source("customer_lip_sync_audio_path", "lip_sync_audio_url", MediaType.AUDIO)
        single = self._input(MediaType.AUDIO, source, index=0)
        if single is None or any(set(single.names) & set(audio.names) for audio in listed):
            return listed
        return (single, *listed)

    def _source(self, path_key: str, url_key: str, media_type: MediaType) -> Source:
        """Return the first file that two fields name, by path and by URL."""
        paths, urls = self._fields.sources(path_key, media_type), self._fields.sources(url_key, media_type)
        return (paths[0] if paths else Source()).joined(urls[0] if urls else Source())

    def _listed(self, media_type: MediaType, paths_key: str, urls_key: str) -> tuple[_Input, ...]:
        """Build the inputs by position, before any is dropped; the longer list wins where the two disagree.

        Source: provider notes, Pixverse §5.5, cases 1 and 4.
        """
        paths, urls = self._fields.sources(paths_key, media_type), self._fields.sources(urls_key, media_type)
        if not (paths or urls):
            return ()
        prefers_urls = len(urls) > len(paths)
        entries = [
            self._input(media_type, path.joined(url), index, prefers_url=prefers_urls)
            for index, (path, url) in enumerate(zip_longest(paths, urls, fillvalue=Source()))
        ]
        return tuple([entry for entry in entries if entry])

    def _input(self, media_type: MediaType, source: Source, index: int, *, prefers_url: bool = False) -> _Input | None:
        if not source:
            return None
        first, second = media_name(source.path, self._hosts), media_name(source.url, self._hosts)
        if prefers_url:
            first, second = second, first
        names = [first] if first else []
        # Two different paths at one position are two files, and must not become two names of one asset.
        if second and not (first and first.kind is NameKind.PATH and second.kind is NameKind.PATH):
            names.append(second)
        if media_type is MediaType.VIDEO:
            names.extend([stem for name in tuple(names) if (stem := stem_name(name.value))])
        if source.id and (number := id_name(source.id, media_type)):
            names.append(number)
        if not names:
            return None
        return _Input(media_type, _ordered(names), source.url, index)

    def _names(self, value: str) -> tuple[Name, ...]:
        name = media_name(value, self._hosts)
        return (name,) if name else ()

    def _remote_url(self, source: _Input) -> str:
        """Return the URL of a parent's media: as given, else its path on the host of the record's own media."""
        address = clean_url(source.url)
        name = media_name(address, self._hosts)
        if address and (name is None or name in source.names):
            return address
        path = next((name.value for name in source.names if name.kind is NameKind.PATH), "")
        base = self._media_base if path and not path.startswith("sha256:") else ""
        return base + quote(path, safe="") if base else ""

    @cached_property
    def _media_base(self) -> str:
        return _media_base(self._record, self._hosts)


def _media_base(record: Mapping[str, Any], hosts: tuple[str, ...]) -> str:
    for key in ("url", "video_url", "image_url", "first_frame", "last_frame", "webp_url", "audio_url"):
        address = clean_url(record.get(key))
        try:
            parts = urlsplit(address)
        except ValueError:
            continue
        if parts.netloc and parts.netloc.lower() in hosts:
            return f"{parts.scheme}://{parts.netloc}/"
    return ""


def _ordered(names: Iterable[Name]) -> tuple[Name, ...]:
    distinct = dict.fromkeys(names)
    return tuple(sorted(distinct, key=_rank) if len(distinct) > 1 else distinct)


def _rank(name: Name) -> int:
    return _RANKS[name.kind]


def _at(values: tuple[ValueT, ...], index: int) -> ValueT | None:
    return values[index] if index < len(values) else None


def _given(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None and value != ""}
