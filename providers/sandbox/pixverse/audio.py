"""Music and speech of Pixverse's account API in the sandbox: catalogs, and submits that start audio jobs.

Paths and fields of the requests are known, and so are the models with their limits (the official client's
documentation). What the service answers is not known. Guesses: the shapes of catalogs and submits (those of clips, with
`audio_id`), the prices, the length of speech, both methods for catalogs, and that a record repeats `image_paths`.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4
from zlib import crc32

from providers.sandbox.library.identifiers import mint_id, rfc3339
from providers.sandbox.library.live import LiveItem
from providers.sandbox.library.templates import Payload, audio_template, person
from providers.sandbox.media.media_cache import Shot
from providers.sandbox.media.pictures import Picture
from providers.sandbox.pixverse.making import known_names
from providers.sandbox.state.account import CONCURRENT_JOBS
from providers.sandbox.state.jobs import REFUSED_WORD, Job
from providers.sandbox.state.state import Sandbox
from providers.sandbox.wire import Answer, Refused, Request, integer, success, text, texts

MUSIC_MODELS = {"music-2.6": "minimax", "music-v1": "elevenlabs", "lyria-3-pro-preview": "google"}
SPEECH_MODELS = {
    "speech-2.8-hd": ("minimax", 10_000),
    "speech-2.8-turbo": ("minimax", 10_000),
    "eleven-multilingual-v2": ("elevenlabs", 10_000),
    "eleven-v3": ("elevenlabs", 5_000),
    "eleven-turbo-v2.5": ("elevenlabs", 40_000),
}
VOICES = {"sandbox-voice-1": "Harbour", "sandbox-voice-2": "Orchard"}
SHORTEST, LONGEST, USUAL = 10, 240, 30
_MUSIC_PRICE, _SPEECH_PRICE = 20, 5
_LETTERS_PER_SECOND = 15


def music_models(sandbox: Sandbox, request: Request) -> Answer:
    """GET or POST music/models."""
    models = [
        {"model": model, "provider": provider, "min_duration": SHORTEST, "max_duration": LONGEST}
        for model, provider in MUSIC_MODELS.items()
    ]
    return success({"models": models, "total": len(models)})


def speech_models(sandbox: Sandbox, request: Request) -> Answer:
    """GET or POST speech/tts/models."""
    models = [
        {"model": model, "provider": provider, "max_characters": letters}
        for model, (provider, letters) in SPEECH_MODELS.items()
    ]
    return success({"models": models, "total": len(models)})


def voices(sandbox: Sandbox, request: Request) -> Answer:
    """GET or POST speech/tts/voices."""
    found = [{"voice_id": number, "voice_name": name, "language_code": "en"} for number, name in VOICES.items()]
    return success({"voices": found, "total": len(found)})


def generate_music(sandbox: Sandbox, request: Request) -> Answer:
    """POST music/generate: from a prompt, with lyrics or none, and from images."""
    body = request.json
    model = text(body, "model") or next(iter(MUSIC_MODELS))
    if model not in MUSIC_MODELS:
        raise Refused(400017)
    seconds = USUAL if body.get("duration_auto") else integer(body, "duration_seconds", USUAL)
    if not SHORTEST <= seconds <= LONGEST:
        raise Refused(400017)
    fields = {
        "create_mode": "music",
        "prompt": _checked(text(body, "prompt")),
        "model": model,
        "provider": MUSIC_MODELS[model],
        "lyrics": text(body, "lyrics"),
        "image_paths": texts(body, "image_paths"),
    }
    return _submit(sandbox, body, fields, seconds, _MUSIC_PRICE)


def generate_speech(sandbox: Sandbox, request: Request) -> Answer:
    """POST speech/tts/generate."""
    body = request.json
    model = text(body, "model") or next(iter(SPEECH_MODELS))
    # Which of the names the voice has in a request is not known.
    voice = text(body, "voice_id") or text(body, "voice") or next(iter(VOICES))
    if model not in SPEECH_MODELS or voice not in VOICES:
        raise Refused(400017)
    provider, letters = SPEECH_MODELS[model]
    spoken = _checked(text(body, "text"), letters)
    fields = {
        "create_mode": "speech",
        "text": spoken,
        "model": model,
        "provider": provider,
        "voice_id": voice,
        "voice_name": VOICES[voice],
    }
    return _submit(sandbox, body, fields, max(1, len(spoken) // _LETTERS_PER_SECOND), _SPEECH_PRICE)


def _checked(written: str, letters: int = 5_000) -> str:
    if not written:
        raise Refused(400011)
    if len(written) > letters:
        raise Refused(400018)
    if REFUSED_WORD in written:
        raise Refused(500063)
    return written


def _submit(sandbox: Sandbox, body: Payload, fields: Payload, seconds: int, price: int) -> Answer:
    key = text(body, "idempotency_key")
    with sandbox.lock:
        if key and key in sandbox.answers_by_key:
            return success(sandbox.answers_by_key[key])
        if sandbox.working("audio") >= CONCURRENT_JOBS:
            raise Refused(500044)
        taken = sandbox.account.charge(price, sandbox.now())
        audio_id = _start(sandbox, fields, seconds, taken)
        resp = {"audio_id": audio_id, "success_ids": [audio_id], "success_count": 1, "fail_count": 0}
        if key:
            sandbox.answers_by_key[key] = resp
        return success(resp)


def _start(sandbox: Sandbox, fields: Payload, seconds: int, taken: dict[str, int]) -> int:
    at_ms = sandbox.next_ms()
    item_id = mint_id(at_ms, crc32(uuid4().bytes))
    words = fields.get("prompt") or fields["text"]
    job = Job("audio", item_id, sandbox.now(), sandbox.job_seconds, words, sandbox.now, taken)
    path = f"pixverse/audio/{uuid4()}.mp3"
    url = sandbox.media_url(path)

    def record() -> Payload:
        status = job.status()
        files = {"audio_path": path, "audio_url": url} if status == 1 else {}
        made = {"audio_id": item_id, "asset_id": item_id, "audio_status": status, "duration": seconds}
        avatar = person(sandbox.media_url)
        return {**audio_template(), **fields, **made, **files, "created_at": rfc3339(at_ms), **avatar}

    number = crc32(words.encode())
    sandbox.jobs.append(job)
    sandbox.library.put(
        LiveItem(
            kind="audio", item_id=item_id, at_ms=at_ms, path=path, url=url, record=record, status=job.status,
            is_fetchable=job.is_fetchable, shot=Shot((Picture(number, number),), seconds=float(seconds)),
            mode=fields["create_mode"], operation=fields["create_mode"],
            parents=_parents(sandbox, fields.get("image_paths", [])),
        )
    )  # fmt: skip
    return item_id


def _parents(sandbox: Sandbox, paths: list[str]) -> list[dict[str, Any]]:
    return [
        {
            "relation_type": "SOURCE_IMAGE",
            "operation_type": "music",
            "sequence_order": order,
            **known_names(sandbox, path, "image"),
        }
        for order, path in enumerate(paths)
    ]
