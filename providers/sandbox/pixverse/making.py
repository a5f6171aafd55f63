"""Submits of Pixverse's account API in the sandbox: each starts jobs. Source: provider notes, Pixverse §2.5."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4
from zlib import crc32

from providers.sandbox.library import scenes
from providers.sandbox.library.identifiers import mint_id, rfc3339
from providers.sandbox.library.live import LiveItem
from providers.sandbox.library.operations import Operation
from providers.sandbox.library.plan import NEW_PICTURES
from providers.sandbox.library.templates import (
    Payload,
    dimensions,
    image_template,
    person,
    set_status,
    video_template,
)
from providers.sandbox.media.media_cache import Shot
from providers.sandbox.media.pictures import Picture
from providers.sandbox.state.account import CONCURRENT_JOBS
from providers.sandbox.state.jobs import REFUSED_WORD, Job
from providers.sandbox.state.state import Sandbox
from providers.sandbox.wire import Answer, Refused, Request, integer, success, text, texts

MAX_PROMPT, MAX_SECONDS = 5_000, 120
_PRICES = {"360p": 20, "480p": 25, "540p": 30, "720p": 40, "1080p": 80, "2160p": 60}
_IMAGE_PRICE = 10
# Fields of the request that a record keeps in `customer_paths`.
_KEPT_PREFIXES = ("customer_", "fusion_", "lip_sync_", "restyle_")
_KEPT = {"prompts", "durations", "original_prompt", "cut_time_ms", "key_frame_path", "auto_mask_info", "platform"}


def submit(operation: Operation, sandbox: Sandbox, request: Request) -> Answer:
    """Handle a submit: check it, charge for it, and start a job for each output."""
    body = request.json
    key = text(body, "idempotency_key")
    with sandbox.lock:
        if key and key in sandbox.answers_by_key:
            return success(sandbox.answers_by_key[key])
        _check(operation, body, sandbox.url)
        count = integer(body, "create_count", 1)
        if not 1 <= count <= 4:
            raise Refused(400017)
        if sandbox.working(operation.media_type) + count > CONCURRENT_JOBS:
            raise Refused(500044)
        price = _price(operation, sandbox, body)
        if sandbox.account.spendable < price * count:
            raise Refused(500043)
        charge = partial(sandbox.account.charge, price, sandbox.now())
        ids = [_start(operation, sandbox, body, charge()) for _ in range(count)]
        resp = _answer(operation.media_type, ids, price * count)
        if key:
            sandbox.answers_by_key[key] = resp
        return success(resp)


def mimic_precheck(sandbox: Sandbox, request: Request) -> Answer:
    """POST video/mimic/precheck: clients read `pass` for images (`type` 1), and `result` for the clip.

    Source: provider notes, Pixverse §2.5, web-mimic-precheck.json.
    """
    if not texts(request.json, "paths"):
        raise Refused(400011)
    return success({"pass": True, "result": 1})


def restyle_list(sandbox: Sandbox, request: Request) -> Answer:
    """POST restyle/list."""
    style = {
        "restyle_id": 335_044_000_000_001,
        "restyle_name": "Watercolor",
        "restyle_prompt": "",
        "thumbnail_url": f"{sandbox.url}/asset%2Frestyle%2Fwatercolour.png",
    }
    return success({"data": [style], "total": 1})


def _check(operation: Operation, body: Payload, url: str) -> None:
    prompt = text(body, "prompt")
    if len(prompt) > MAX_PROMPT:
        raise Refused(400018)
    if REFUSED_WORD in prompt:
        raise Refused(500063)
    inputs = operation.inputs(body)
    # A template has a prompt of its own.
    if len(inputs) < operation.least_inputs or not (inputs or prompt or body.get("template_id")):
        raise Refused(400011)
    if operation.needs_last_frame and not text(body, "customer_video_last_frame_url"):
        raise Refused(400011)
    # Files that the provider does not store itself are rejected. Source: provider notes, Pixverse §6.
    if len(inputs) > operation.most_inputs or any("://" in name and not name.startswith(url) for _, name in inputs):
        raise Refused(400017)


def _price(operation: Operation, sandbox: Sandbox, body: Payload) -> int:
    if operation.media_type == "image":
        return _IMAGE_PRICE
    return _PRICES.get(text(body, "quality"), 30) * max(1, -(-_seconds(operation, sandbox, body) // 5))


def _seconds(operation: Operation, sandbox: Sandbox, body: Payload) -> int:
    """Return the duration of a clip: as asked for, the sum of a transition's legs, or that of the source."""
    legs = body.get("durations")
    if "duration" in body or not (legs or operation.least_inputs):
        seconds = integer(body, "duration", 5)
    elif isinstance(legs, list) and legs:
        seconds = sum(integer({"leg": leg}, "leg") for leg in legs)
    else:
        sources = (sandbox.library.shot(sandbox.media_path(name)) for _, name in operation.inputs(body))
        seconds = round(next((shot.seconds for shot in sources if shot is not None and shot.seconds), 5))
    if not 1 <= seconds <= MAX_SECONDS:
        raise Refused(400017)
    return seconds


def _answer(media_type: str, ids: list[int], cost: int) -> Payload:
    counts = {"success_ids": ids, "success_count": len(ids), "fail_count": 0}
    if media_type == "image":
        return {"image_id": ids[0], **counts, "total_count": 0}
    return {"video_id": ids[0], "video_ids": ids, **counts, "total_count": len(ids), "cost_credits": cost}


def _start(operation: Operation, sandbox: Sandbox, body: Payload, taken: dict[str, int]) -> int:
    at_ms = sandbox.next_ms()
    item_id = mint_id(at_ms, crc32(uuid4().bytes))
    prompt = text(body, "prompt")
    job = Job(operation.media_type, item_id, at_ms / 1000, sandbox.job_seconds, prompt, sandbox.now, taken)
    # The job's age counts from the submit, even when its ID has a slightly later time.
    job.submitted_at = sandbox.now()
    seed = integer(body, "seed", crc32(str(item_id).encode()) & 0x7FFFFFFF)
    uuid = str(uuid4())
    if operation.media_type == "image":
        path = f"pixverse/i2i/ori/{uuid}.jpg" if operation.inputs(body) else f"pixverse/t2i/ori/{uuid}.png"
    else:
        path = f"pixverse/mp4/media/web/ori/{uuid}_seed{seed}.mp4"
    shot = _shot(operation, sandbox, body, item_id)
    write = _image_record if operation.media_type == "image" else _video_record
    frames = _frames(sandbox, shot) if operation.media_type == "video" else []
    record = partial(
        write, operation, sandbox, body, job, path=path, seed=seed, at_ms=at_ms, frame_urls=frames, shot=shot
    )
    sandbox.jobs.append(job)
    sandbox.library.put(
        LiveItem(
            kind=operation.media_type, item_id=item_id, at_ms=at_ms, path=path, url=sandbox.media_url(path),
            record=record, status=job.status, is_fetchable=job.is_fetchable, shot=shot, mode=_mode(operation, body),
            operation=_operation_type(operation, body), parents=_true_parents(operation, sandbox, body),
        )
    )  # fmt: skip
    return item_id


def _mode(operation: Operation, body: Payload) -> str:
    return "effect" if operation.mode == "image_text" and body.get("template_id") else operation.mode


def _operation_type(operation: Operation, body: Payload) -> str:
    if operation.operation == "image_to_video" and not operation.inputs(body):
        return "text_to_video"
    return operation.operation


def known_names(sandbox: Sandbox, name: str, media_type: str) -> dict[str, Any]:
    """Return the media type and names of an input; `media_type` is that of one that is not in the library."""
    path = sandbox.media_path(name)
    return sandbox.library.names_of(path) or {
        "media_type": media_type,
        "names": {"path": path, "url": sandbox.media_url(path)},
    }


def _true_parents(operation: Operation, sandbox: Sandbox, body: Payload) -> list[dict[str, Any]]:
    usual = {"SOURCE_VIDEO": "video", "AUDIO_TRACK": "audio"}
    return [
        {
            "relation_type": relation,
            "operation_type": _operation_type(operation, body),
            "sequence_order": order,
            **known_names(sandbox, name, usual.get(relation, "image")),
        }
        for order, (relation, name) in enumerate(operation.inputs(body))
    ]


def _shot(operation: Operation, sandbox: Sandbox, body: Payload, item_id: int) -> Shot:
    """Return the content of the output: a continuation of its inputs, or something new."""
    seconds = float(_seconds(operation, sandbox, body)) if operation.media_type == "video" else 0.0
    shots = []
    for _, name in operation.inputs(body):
        shot = sandbox.library.shot(sandbox.media_path(name))
        if shot is not None and shot.pictures:
            shots.append(shot)
    if not shots:
        number = crc32(f"{text(body, 'prompt')}:{item_id}".encode())
        return Shot((Picture(number, number),), text(body, "aspect_ratio") or "16:9", seconds)
    first = shots[0].pictures[0]
    if operation.operation == "video_transition":
        return Shot(tuple(shot.pictures[0] for shot in shots), shots[0].aspect, seconds)
    if operation.operation == "video_extend":
        first = replace(shots[0].pictures[-1], start=shots[0].pictures[-1].start + shots[0].seconds)
    if operation.media_type == "image" or operation.operation in NEW_PICTURES:
        first = replace(first, variant=item_id & 0xFFFF)
    return Shot((first,), text(body, "aspect_ratio") or shots[0].aspect, seconds)


def _template(body: Payload) -> Payload:
    template_id = integer(body, "template_id", 0)
    return {"template_id": template_id, "template_name": dict(scenes.templates()).get(template_id, "")}


def _frames(sandbox: Sandbox, shot: Shot) -> list[str]:
    return [sandbox.cut_frame(shot, at) for at in (0.0, shot.seconds)]


def _video_record(
    operation: Operation, sandbox: Sandbox, body: Payload, job: Job, *, path: str, seed: int, at_ms: int,
    frame_urls: list[str], shot: Shot,
) -> Payload:  # fmt: skip
    record = video_template()
    record.update(
        person(sandbox.media_url), video_id=job.item_id, asset_id=job.item_id, created_at=rfc3339(at_ms),
        create_mode=_mode(operation, body), prompt=job.prompt, negative_prompt=text(body, "negative_prompt"),
        model=text(body, "model"), quality=text(body, "quality") or "540p", seed=seed,
        aspect_ratio=text(body, "aspect_ratio") or "16:9", duration=round(shot.seconds),
        multi_shot=integer(body, "multi_shot", 0), audio=integer(body, "audio", 0),
        original_video_id=body.get("original_video_id") or 0, **_template(body),
        extended=int(operation.mode == "extend"), upscaled=int(operation.mode == "upscale"),
    )  # fmt: skip
    kept = {key: value for key, value in body.items() if key in _KEPT or key.startswith(_KEPT_PREFIXES)}
    record["customer_paths"] = {"platform": "web", **kept}
    stem = path.rpartition("/")[2].removesuffix(".mp4")
    set_status(record, job.status(), path=path, stem=stem, frame_urls=frame_urls, url=sandbox.media_url)
    return record


def _image_record(
    operation: Operation, sandbox: Sandbox, body: Payload, job: Job, *, path: str, seed: int, at_ms: int,
    frame_urls: list[str], shot: Shot,
) -> Payload:  # fmt: skip
    status = job.status()
    is_done = status == 1
    aspect = text(body, "aspect_ratio")
    quality = text(body, "quality") or "1080p"
    width, height = dimensions(quality, aspect if ":" in aspect else "1:1") if is_done else (0, 0)
    paths = texts(body, "customer_img_paths")
    record = image_template()
    record.update(
        person(sandbox.media_url), asset_id=job.item_id, image_id=job.item_id, image_status=status, prompt=job.prompt,
        model=text(body, "model"), quality=quality, aspect_ratio=aspect or "1:1", seed=seed,
        image_path=path if is_done else "", image_url=sandbox.media_url(path) if is_done else "",
        output_width=width, output_height=height, customer_img_paths=paths,
        customer_img_urls=[sandbox.media_url(name) for name in paths], created_at=rfc3339(at_ms),
        template_id=integer(body, "template_id", 0),
    )  # fmt: skip
    return record
