"""Drawing of the scenes: one animated picture per look and variant, so that a child resembles its parents."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]
Color = tuple[int, int, int]

MARK = "sandbox"
# Crops of any shape from 9:16 to 16:9 have the mark in them, whole: those around the center, and those that keep this
# share of the cut height above, as pages do that would rather lose the feet than the head.
_WIDEST_CROP = 16 / 9
_CUT_ABOVE = 0.35
_SUPERSAMPLE = 2


@dataclass(frozen=True, slots=True)
class Picture:
    """Picture of a scene: `look` gives palette and scene, `variant` the arrangement, `start` the first second."""

    look: int
    variant: int
    start: float = 0.0


@dataclass(frozen=True, slots=True)
class _Stage:
    """Fixed parts of a picture: colors, and positions from 0 to 1."""

    top: Color
    bottom: Color
    near: Color
    far: Color
    light: Color
    sun_x: float
    sun_y: float
    horizon: float
    phase: float


def draw(picture: Picture, second: float, width: int, height: int) -> Pixels:
    """Draw one second of a picture as RGB pixels of shape (height, width, 3)."""
    stage = _stage(picture.look, picture.variant)
    moment = picture.start + second
    ground = _ground(stage, picture.look, moment, width, height)
    size = (width * _SUPERSAMPLE, height * _SUPERSAMPLE)
    overlay = Image.new("RGBA", size)
    _SUBJECTS[picture.look % len(_SUBJECTS)](ImageDraw.Draw(overlay), stage, picture.variant, moment, *size)
    scene = Image.fromarray(ground).convert("RGBA")
    scene.alpha_composite(overlay.reduce(_SUPERSAMPLE))
    scene.alpha_composite(_mark(width, height))
    return np.asarray(scene.convert("RGB"))


def blank(width: int, height: int) -> Pixels:
    """Draw the provider's placeholder: no picture, only the mark."""
    scene = Image.new("RGBA", (width, height), (52, 54, 60, 255))
    scene.alpha_composite(_mark(width, height))
    return np.asarray(scene.convert("RGB"))


@lru_cache(maxsize=256)
def _stage(look: int, variant: int) -> _Stage:
    family, own = Random(look), Random(variant)
    # One palette per family, with slight variations between its pictures.
    hue, night = family.random() + 0.12 * (own.random() - 0.5), family.random() < 0.35
    warm = (hue + 0.45 + 0.1 * family.random()) % 1

    def shade(at: float, saturation: float, value: float) -> Color:
        red, green, blue = colorsys.hsv_to_rgb(at % 1, saturation, value)
        return int(red * 255), int(green * 255), int(blue * 255)

    return _Stage(
        top=shade(hue, 0.62, 0.22 if night else 0.72),
        bottom=shade(warm, 0.38, 0.5 if night else 0.97),
        near=shade(hue + 0.06, 0.58, 0.16 if night else 0.32),
        far=shade(hue + 0.02, 0.4, 0.34 if night else 0.62),
        light=shade(warm, 0.18, 1.0),
        sun_x=0.2 + 0.6 * own.random(),
        sun_y=0.16 + 0.22 * own.random(),
        horizon=0.5 + 0.14 * own.random(),
        phase=own.random() * math.tau,
    )


def _ground(stage: _Stage, look: int, moment: float, width: int, height: int) -> Pixels:
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    columns = np.linspace(0, width / height, width, dtype=np.float32)[None, :]
    top, bottom, light = (np.array(color, np.float32) for color in (stage.top, stage.bottom, stage.light))
    canvas = top + (bottom - top) * np.broadcast_to(rows, (height, width))[..., None]
    sun_x, sun_y = stage.sun_x * width / height, stage.sun_y - 0.05 * math.sin(moment * 0.08)
    distance = np.sqrt((columns - sun_x) ** 2 + (rows - sun_y) ** 2)
    glow = np.clip(1 - distance / 0.5, 0, 1) ** 3 * 0.7 + (distance < 0.06)
    canvas += (light - canvas) * np.clip(glow, 0, 1)[..., None]
    # All motion is periodic, since a chain of clips lasts for minutes. Water rolls; land moves past.
    speed, height_of = (0.9, 0.016) if look % 8 in (0, 1, 4) else (0.12, 0.05)
    for layer in range(4):
        nearness = layer / 3
        frequency = 4 + 3 * layer
        crest = stage.horizon + 0.11 * layer
        crest = crest + height_of * np.sin(
            columns * frequency + stage.phase * (layer + 1) + moment * speed * (1 + layer / 2)
        )
        crest = crest + height_of * 0.4 * np.sin(columns * frequency * 2.3 - moment * speed)
        color = np.array(stage.far, np.float32) * (1 - nearness) + np.array(stage.near, np.float32) * nearness
        edge = np.clip((rows - crest) * height * 0.5, 0, 1)[..., None]
        canvas += (color - canvas) * edge
    return np.clip(canvas, 0, 255).astype(np.uint8)


@lru_cache(maxsize=16)
def _mark(width: int, height: int) -> Image.Image:
    mark = Image.new("RGBA", (width, height))
    pen = ImageDraw.Draw(mark)
    size = max(9, min(width, height) // 16)
    font = ImageFont.load_default(size)
    left, upper, right, lower = pen.textbbox((0, 0), MARK, font=font)
    kept = min(height, width / _WIDEST_CROP)
    pad = size * 0.3
    x, y = (width - (right - left)) / 2, (height - kept) * _CUT_ABOVE + kept - lower - 2 * pad
    box = (x - pad, y - pad + upper, x + right - left + pad, y + lower + pad)
    pen.rounded_rectangle(box, radius=size * 0.4, fill=(0, 0, 0, 110))
    pen.text((x, y), MARK, font=font, fill=(255, 255, 255, 210))
    return mark


def _boat(pen: ImageDraw.ImageDraw, x: float, y: float, size: float, hull: Color, sail: Color) -> None:
    pen.polygon(
        [(x - size, y), (x + size, y), (x + size * 0.6, y + size * 0.4), (x - size * 0.6, y + size * 0.4)], fill=hull
    )
    pen.polygon([(x, y - size * 0.1), (x, y - size * 1.3), (x + size * 0.75, y - size * 0.1)], fill=sail)


def _harbor(pen: ImageDraw.ImageDraw, stage: _Stage, variant: int, moment: float, width: int, height: int) -> None:
    for number in range(1 + variant % 3):
        x = ((0.25 + 0.3 * number + moment * 0.012) % 1.1) * width
        y = (stage.horizon + 0.09 + 0.1 * number + 0.008 * math.sin(moment * 1.7 + number)) * height
        _boat(pen, x, y, (0.05 + 0.025 * number) * height, stage.near, stage.light)
    _gulls(pen, stage, moment, width, height)


def _gulls(pen: ImageDraw.ImageDraw, stage: _Stage, moment: float, width: int, height: int) -> None:
    for number in range(4):
        x = ((stage.sun_x + 0.17 * number + moment * 0.03) % 1) * width
        y = (0.14 + 0.06 * math.sin(number * 2 + moment * 0.7)) * height
        wing = (0.014 + 0.008 * math.sin(moment * 6 + number)) * height
        pen.line([(x - wing * 2, y - wing), (x, y), (x + wing * 2, y - wing)], fill=stage.light, width=3)


def _lighthouse(pen: ImageDraw.ImageDraw, stage: _Stage, variant: int, moment: float, width: int, height: int) -> None:
    x, foot, head = (0.3 + 0.4 * (variant % 10) / 10) * width, 0.74 * height, 0.3 * height
    turn = moment * 0.8 + stage.phase
    reach, spread = math.cos(turn) * width, 0.05 * height + abs(math.sin(turn)) * 0.1 * height
    pen.polygon([(x, head), (x + reach, head - spread), (x + reach, head + spread)], fill=(*stage.light, 80))
    unit = 0.035 * height
    pen.polygon(
        [(x - unit * 1.5, foot), (x + unit * 1.5, foot), (x + unit, head), (x - unit, head)], fill=(240, 238, 230)
    )
    for band in range(1, 4, 2):
        y = head + (foot - head) * band / 4
        pen.rectangle((x - unit * 1.2, y, x + unit * 1.2, y + (foot - head) / 8), fill=stage.near)
    pen.ellipse((x - unit, head - unit * 1.6, x + unit, head + unit * 0.4), fill=stage.light)


def _orchard(pen: ImageDraw.ImageDraw, stage: _Stage, variant: int, moment: float, width: int, height: int) -> None:
    own = Random(variant)
    for number in range(5):
        x, y, size = (
            (number / 4) * width + own.uniform(-0.05, 0.05) * width,
            own.uniform(0.5, 0.68) * height,
            own.uniform(0.1, 0.17) * height,
        )
        sway = math.sin(moment * 0.9 + number) * size * 0.06
        pen.rectangle((x - size * 0.08, y, x + size * 0.08, y + size * 1.6), fill=stage.near)
        for shift, lift, part in ((-0.45, 0.1, 0.62), (0.45, 0.1, 0.62), (0, -0.35, 0.75)):
            center_x, center_y = x + shift * size + sway, y + lift * size
            reach = part * size
            pen.ellipse((center_x - reach, center_y - reach, center_x + reach, center_y + reach), fill=stage.bottom)
        for _ in range(7):
            apple_x, apple_y = x + own.uniform(-0.7, 0.7) * size + sway, y + own.uniform(-0.7, 0.4) * size
            pen.ellipse((apple_x - 5, apple_y - 5, apple_x + 5, apple_y + 5), fill=stage.near)
    _drift(pen, stage.light, variant, moment, width, height, fall=0.05)


def _drift(
    pen: ImageDraw.ImageDraw, color: Color, variant: int, moment: float, width: int, height: int, *, fall: float
) -> None:
    own = Random(variant + 1)
    for _ in range(46):
        x0, y0, size = own.random(), own.random(), own.uniform(0.003, 0.009) * height
        x, y = ((x0 + 0.02 * math.sin(moment + y0 * 9)) % 1) * width, ((y0 + moment * fall * (0.6 + x0)) % 1) * height
        pen.ellipse((x - size, y - size, x + size, y + size), fill=(*color, 200))


def _night_train(pen: ImageDraw.ImageDraw, stage: _Stage, variant: int, moment: float, width: int, height: int) -> None:
    rail, car = 0.72 * height, 0.34 * width
    pen.rectangle((0, rail, width, rail + 0.02 * height), fill=(20, 20, 26))
    for pier in range(7):
        pen.rectangle((pier * width / 6 - 8, rail, pier * width / 6 + 8, height), fill=(*stage.near, 255))
    offset = (moment * 0.09 + variant % 10 / 10) * width % (car * 1.04)
    for number in range(-1, 4):
        x = number * car * 1.04 + offset
        pen.rounded_rectangle((x, rail - 0.17 * height, x + car, rail), radius=12, fill=(28, 30, 40))
        for window in range(5):
            left = x + car * (0.07 + 0.185 * window)
            pen.rectangle((left, rail - 0.13 * height, left + car * 0.12, rail - 0.065 * height), fill=(255, 214, 130))


def _paper_boats(pen: ImageDraw.ImageDraw, stage: _Stage, variant: int, moment: float, width: int, height: int) -> None:
    for number in range(2 + variant % 3):
        x = ((0.15 + 0.27 * number + moment * 0.03 + variant % 7 / 20) % 1.1) * width
        y = (0.64 + 0.07 * number + 0.01 * math.sin(moment * 2 + number)) * height
        size = (0.07 + 0.02 * number) * height
        pen.polygon(
            [
                (x - size, y - size * 0.2),
                (x + size, y - size * 0.2),
                (x + size * 0.55, y + size * 0.4),
                (x - size * 0.55, y + size * 0.4),
            ],
            fill=(250, 248, 240),
        )
        pen.polygon(
            [(x - size * 0.45, y - size * 0.2), (x, y - size), (x + size * 0.45, y - size * 0.2)], fill=stage.light
        )
        pen.line([(x, y - size), (x, y + size * 0.35)], fill=stage.far, width=2)


def _lantern_market(
    pen: ImageDraw.ImageDraw, stage: _Stage, variant: int, moment: float, width: int, height: int
) -> None:
    own = Random(variant)
    for number in range(9):
        x0, y0, size = own.random(), own.uniform(0.12, 0.55), own.uniform(0.035, 0.07) * height
        x = (x0 + 0.012 * math.sin(moment * 1.1 + number)) * width
        y = (y0 - 0.03 * math.sin(moment * 0.13 + number)) * height
        pen.line([(x0 * width, 0), (x, y - size)], fill=(*stage.near, 160), width=2)
        pen.ellipse((x - size * 1.9, y - size * 1.9, x + size * 1.9, y + size * 1.9), fill=(255, 190, 90, 45))
        pen.ellipse((x - size * 0.8, y - size, x + size * 0.8, y + size), fill=(255, 150 + number * 8, 80))
        pen.rectangle((x - size * 0.3, y - size * 1.12, x + size * 0.3, y - size * 0.9), fill=stage.near)


def _snow_valley(pen: ImageDraw.ImageDraw, stage: _Stage, variant: int, moment: float, width: int, height: int) -> None:
    own = Random(variant)
    for _ in range(9):
        x, foot, size = own.random() * width, own.uniform(0.66, 0.86) * height, own.uniform(0.1, 0.2) * height
        for tier in range(3):
            y = foot - size * 0.42 * tier
            half = size * (0.42 - 0.1 * tier)
            pen.polygon([(x - half, y), (x + half, y), (x, y - size * 0.62)], fill=stage.near)
            pen.polygon(
                [(x - half * 0.5, y - size * 0.31), (x + half * 0.5, y - size * 0.31), (x, y - size * 0.62)],
                fill=(244, 248, 252),
            )
    _drift(pen, (255, 255, 255), variant, moment, width, height, fall=0.09)


def _balloon_field(
    pen: ImageDraw.ImageDraw, stage: _Stage, variant: int, moment: float, width: int, height: int
) -> None:
    own = Random(variant)
    for number in range(4):
        x = (own.uniform(0.1, 0.9) + 0.02 * math.sin(moment * 0.4 + number)) * width
        y = (own.uniform(0.22, 0.5) - 0.09 * math.sin(moment * 0.15 + number)) * height
        size = own.uniform(0.06, 0.13) * height
        shade = stage.light if number % 2 else stage.near
        pen.polygon(
            [
                (x - size * 0.8, y + size * 0.55),
                (x + size * 0.8, y + size * 0.55),
                (x + size * 0.18, y + size * 1.5),
                (x - size * 0.18, y + size * 1.5),
            ],
            fill=shade,
        )
        pen.ellipse((x - size, y - size, x + size, y + size), fill=shade)
        pen.ellipse((x - size * 0.4, y - size, x + size * 0.4, y + size), fill=(*stage.far, 220))
        pen.rectangle((x - size * 0.17, y + size * 1.6, x + size * 0.17, y + size * 1.85), fill=(92, 62, 40))


_Subject = Callable[[ImageDraw.ImageDraw, _Stage, int, float, int, int], None]
# In the order of scenes.SCENES.
_SUBJECTS: tuple[_Subject, ...] = (
    _harbor, _lighthouse, _orchard, _night_train, _paper_boats, _lantern_market, _snow_valley, _balloon_field,
)  # fmt: skip
