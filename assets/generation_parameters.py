"""What an asset was asked for with, read from its payload in the words that payloads of several providers share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# How pages say these fields. What is not among them is in the payload, which the asset's page shows whole.
PARAMETER_WORDS = {
    "negative_prompt": "Negative prompt",
    "quality": "Quality",
    "resolution": "Resolution",
    "aspect_ratio": "Aspect ratio",
    "seed": "Seed",
    "style": "Style",
    "motion_mode": "Motion",
    "camera_movement": "Camera",
}


def parameters(payload: Mapping[str, Any]) -> dict[str, str]:
    """The parameters a payload gives, by the words pages use for them; what is blank is left out."""
    return {
        word: str(payload[key])
        for key, word in PARAMETER_WORDS.items()
        if isinstance(payload.get(key), str | int | float) and payload[key] not in ("", False)
    }
