"""The closed word lists that every provider's words are turned into (domain, section 4)."""

from __future__ import annotations

from django.db.models import TextChoices


class MediaType(TextChoices):
    """What kind of media an asset is."""

    VIDEO = "video", "Video"
    IMAGE = "image", "Image"
    AUDIO = "audio", "Audio"
    MODEL = "model", "3D model"


class AssetStatus(TextChoices):
    """What became of an item at its provider; an unknown word stays UNKNOWN, never done."""

    COMPLETED = "completed", "Ready"
    PROCESSING = "processing", "Still working"
    FAILED = "failed", "Failed"
    FILTERED = "filtered", "Withheld by moderation"
    DELETED = "deleted", "Deleted at the provider"
    UNKNOWN = "unknown", "Unknown"


class Origin(TextChoices):
    """Whether the provider made it or the owner brought it there."""

    GENERATED = "generated", "Made there"
    UPLOADED = "uploaded", "Uploaded"


class NameKind(TextChoices):
    """The ways in which a provider names an asset, the most specific first (see `RemoteAsset.names`)."""

    PATH = "path", "Path"
    STEM = "stem", "File stem"
    ID = "id", "Id"
    URL = "url", "URL"
    UPLOAD = "upload", "Upload"


class OperationType(TextChoices):
    """How a child was made."""

    TEXT_TO_IMAGE = "text_to_image", "Text to image"
    IMAGE_TO_IMAGE = "image_to_image", "Image to image"
    TEXT_TO_VIDEO = "text_to_video", "Text to video"
    IMAGE_TO_VIDEO = "image_to_video", "Image to video"
    VIDEO_EXTEND = "video_extend", "Extend"
    VIDEO_TRANSITION = "video_transition", "Transition"
    FUSION = "fusion", "Fusion"
    VIDEO_EDIT = "video_edit", "Edit"
    VIDEO_REMIX = "video_remix", "Remix"
    VIDEO_UPSCALE = "video_upscale", "Upscale"
    VIDEO_REFRAME = "video_reframe", "Reframe"
    LIP_SYNC = "lip_sync", "Lip sync"
    ADD_AUDIO = "add_audio", "Add audio"
    MOTION_CONTROL = "motion_control", "Motion control"
    STORYBOARD = "storyboard", "Storyboard"
    FRAME_EXTRACT = "frame_extract", "Frame"
    CLIP_EXTRACT = "clip_extract", "Clip"
    COMPOSITION = "composition", "Composition"
    UPLOAD = "upload", "Upload"
    UNKNOWN = "unknown", "Unknown"


class RelationType(TextChoices):
    """What a parent was to its child."""

    SOURCE_IMAGE = "SOURCE_IMAGE", "Source image"
    SOURCE_VIDEO = "SOURCE_VIDEO", "Source video"
    TRANSITION_INPUT = "TRANSITION_INPUT", "Transition input"
    KEYFRAME = "KEYFRAME", "Keyframe"
    PAUSED_FRAME = "PAUSED_FRAME", "Paused frame"
    VIDEO_CLIP = "VIDEO_CLIP", "Video clip"
    FUSION_CHARACTER = "FUSION_CHARACTER", "Fusion character"
    FUSION_BACKGROUND = "FUSION_BACKGROUND", "Fusion background"
    FUSION_REFERENCE = "FUSION_REFERENCE", "Fusion reference"
    STYLE_REFERENCE = "STYLE_REFERENCE", "Style reference"
    AUDIO_TRACK = "AUDIO_TRACK", "Audio track"
    MASK = "MASK", "Mask"
    SEGMENT = "SEGMENT", "Segment"
    DERIVATION = "DERIVATION", "Derived from"


class Evidence(TextChoices):
    """How an edge is known."""

    PROVIDER = "provider", "The provider's own record"
    GENERATION = "generation", "Made through Stemma"
    MANUAL = "manual", "Drawn by the owner"
