"""Cache of the sandbox's media files, which are small real files generated on the first request."""

from __future__ import annotations

import io
import math
import tempfile
import threading
from collections import OrderedDict
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from PIL import Image

from providers.sandbox.media.pictures import Picture, Pixels, blank, draw

FRAMES_PER_SECOND = 12
# Longer clips have fewer frames per second: they are as long as their records say, and take no longer to encode.
MAX_FRAMES = 120
# Likewise, longer sounds have fewer samples per second.
SAMPLES_PER_SECOND, SAMPLES_WHEN_LONG, LONG_SOUND_SECONDS = 44_100, 16_000, 30
CACHE_BYTES = 192 * 2**20

# Equal shots must give equal bytes. With x264's macroblock tree they sometimes differ when a side is not a multiple of
# 16 (seen with 180 x 320, four times in thirty).
_ENCODING = {"preset": "veryfast", "crf": "24", "x264-params": "mbtree=0"}

CONTENT_TYPES = {
    "mp4": "video/mp4",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
}


@dataclass(frozen=True, slots=True)
class Shot:
    """Content of a file: one picture, or several with crossfades; none gives the provider's placeholder.

    `seconds` is the duration of a clip or an audio file; a still image shows the second `at`.
    """

    pictures: tuple[Picture, ...]
    aspect: str = "16:9"
    seconds: float = 5
    at: float = 0.0


class MediaCache:
    """Generated files by path: the most recently used ones, up to a number of bytes."""

    def __init__(self, cache_bytes: int = CACHE_BYTES) -> None:
        self._cache_bytes = cache_bytes
        self._held = 0
        self._files: OrderedDict[str, bytes] = OrderedDict()
        self._making = threading.Lock()

    def get(self, path: str, shot: Shot) -> bytes:
        """Return the bytes of `path`, generated from `shot` when they are not cached."""
        # One at a time: encoding is CPU-bound, and a page requests the same few files at once.
        with self._making:
            if path in self._files:
                self._files.move_to_end(path)
                return self._files[path]
            made = make(shot, path.rpartition(".")[2])
            self._keep(path, made)
            return made

    def _keep(self, path: str, made: bytes) -> None:
        self._files[path] = made
        self._held += len(made)
        while self._held > self._cache_bytes and len(self._files) > 1:
            _, dropped = self._files.popitem(last=False)
            self._held -= len(dropped)


def make(shot: Shot, ending: str) -> bytes:
    """Generate one file; `ending` is mp4, webp, jpg, png, mp3 or wav. Equal arguments give equal bytes."""
    match ending:
        case "mp4":
            return _clip(shot)
        case "webp":
            return _moving_thumbnail(shot)
        case "mp3" | "wav":
            return _sound(shot, ending)
    return _still(shot, ending)


def frame_size(aspect: str, short: int) -> tuple[int, int]:
    """Return width and height with `short` pixels on the short side, both even, as H.264 requires."""
    across, down = (int(part) for part in aspect.split(":"))
    scale = short / min(across, down)
    return round(across * scale / 2) * 2, round(down * scale / 2) * 2


def _paint(shot: Shot, second: float, width: int, height: int) -> Pixels:
    if not shot.pictures:
        return blank(width, height)
    place = min(second / max(shot.seconds, 0.1), 1) * (len(shot.pictures) - 1)
    left = min(int(place), len(shot.pictures) - 1)
    share = place - left
    first = draw(shot.pictures[left], second, width, height)
    if share < 0.01:
        return first
    second_picture = draw(shot.pictures[left + 1], second, width, height)
    return (first * (1 - share) + second_picture * share).astype(np.uint8)


def _still(shot: Shot, ending: str) -> bytes:
    width, height = frame_size(shot.aspect, 384)
    image = Image.fromarray(_paint(shot, shot.at, width, height))
    out = io.BytesIO()
    if ending == "png":
        image.save(out, "PNG", compress_level=3)
    else:
        image.save(out, "JPEG", quality=86)
    return out.getvalue()


def _moving_thumbnail(shot: Shot) -> bytes:
    width, height = frame_size(shot.aspect, 120)
    count = 1 if shot.seconds == 0 else 10
    frames = [Image.fromarray(_paint(shot, shot.at + number / 5, width, height)) for number in range(count)]
    out = io.BytesIO()
    frames[0].save(
        out, "WEBP", save_all=count > 1, append_images=frames[1:], duration=200, loop=0, quality=60, method=0
    )
    return out.getvalue()


def _clip(shot: Shot) -> bytes:
    width, height = frame_size(shot.aspect, 180)
    # A named file, because the muxer opens its own output to move the index to the front.
    with tempfile.NamedTemporaryFile(suffix=".mp4") as out:
        _encode(out.name, shot, width, height)
        return Path(out.name).read_bytes()


def frame_rate(seconds: float) -> int:
    """Return the frames per second of a clip; at least one."""
    return max(1, min(FRAMES_PER_SECOND, int(MAX_FRAMES / max(seconds, 1))))


def _encode(name: str, shot: Shot, width: int, height: int) -> None:
    rate = frame_rate(shot.seconds)
    with av.open(name, "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=rate, options=_ENCODING)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        # One thread, so that equal shots give equal bytes on every machine.
        stream.codec_context.thread_count = 1
        stream.codec_context.time_base = Fraction(1, rate)
        for number in range(max(1, round(shot.seconds * rate))):
            pixels = _paint(shot, number / rate, width, height)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))


def _sound(shot: Shot, ending: str) -> bytes:
    rate = SAMPLES_PER_SECOND if shot.seconds <= LONG_SOUND_SECONDS else SAMPLES_WHEN_LONG
    base = 196.0 * 2 ** ((shot.pictures[0].look % 12) / 12) if shot.pictures else 220.0
    clock = np.arange(round(rate * shot.seconds), dtype=np.float32) / rate
    wave = np.zeros_like(clock)
    for number, step in enumerate((0, 4, 7, 12, 7, 4)):
        since = np.mod(clock - number * 0.5, 3.0)
        wave += np.exp(-2.2 * since) * np.sin(math.tau * base * 2 ** (step / 12) * since)
    samples = (np.clip(wave * 0.22, -1, 1) * 32_000).astype(np.int16)[None, :]
    codec = "libmp3lame" if ending == "mp3" else "pcm_s16le"
    layout = "s16p" if ending == "mp3" else "s16"
    out = io.BytesIO()
    with av.open(out, "w", format=ending) as container:
        stream = cast(av.AudioStream, container.add_stream(codec, rate=rate, layout="mono"))
        for begin in range(0, samples.shape[1], 1152):
            chunk = np.ascontiguousarray(samples[:, begin : begin + 1152])
            frame = av.AudioFrame.from_ndarray(chunk, format=layout, layout="mono")
            frame.sample_rate, frame.pts = rate, begin
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()
