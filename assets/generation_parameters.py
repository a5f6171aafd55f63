"""Generation parameters of an asset, read from payload fields that several providers share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Labels of these fields on pages. Other fields are in the payload, which the asset's page shows in full.
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
    """Return label → value of the payload's parameters; blank ones are left out."""
    return {
        word: str(payload[key])
        for key, word in PARAMETER_WORDS.items()
        if isinstance(payload.get(key), str | int | float) and payload[key] not in ("", False)
    }
