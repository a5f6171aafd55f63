"""State of a running sandbox: library, account, faults, files, clock, and received requests."""

from __future__ import annotations

import copy
import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import orjson

from providers.sandbox.library.identifiers import DAY_MS, TODAY_MS, rfc3339
from providers.sandbox.library.library import GeneratedLibrary, Library
from providers.sandbox.library.live import LiveLists
from providers.sandbox.library.plan import SPAN_DAYS
from providers.sandbox.media.media_cache import MediaCache, Shot
from providers.sandbox.state.account import Account
from providers.sandbox.state.faults import Faults
from providers.sandbox.state.folders import Folders
from providers.sandbox.state.jobs import Job
from providers.sandbox.wire import Refused, Request

KEPT_REQUESTS = 5_000
SUBMIT_PREFIXES = tuple(f"/creative_platform/{name}/" for name in ("video", "image", "music", "speech/tts"))
SUBMIT_NAMES = {
    "t2v", "i2v", "frames", "transition", "extend", "fusion", "modify", "upscale", "restyle", "lip_sync", "mimic",
    "t2i", "i2i", "generate",
}  # fmt: skip

_SECRET_HEADERS = {"token", "access-key", "authorization", "x-oss-security-token", "cookie", "api-key"}
_SECRET_FIELDS = {"Password", "password", "id_token", "device_code"}
_REDACTED = "[redacted]"


TEAM_ID = 402_000_000_000_001


@dataclass(slots=True)
class Clock:
    """How far the sandbox's time is ahead of the real one."""

    ahead_seconds: float = 0.0


@dataclass(slots=True)
class Workspaces:
    """The workspace that the account has switched to."""

    active_id: int = 0


class Sandbox:
    """State of the endpoints; `lock` protects everything that requests change."""

    def __init__(self, library: Library, account: Account, faults: Faults, url: str, job_seconds: float = 6.0) -> None:
        self.base_library: Library = library
        self.library = LiveLists(library)
        names = library.folders() if isinstance(library, GeneratedLibrary) else {}
        self.folders = Folders(names, rfc3339(TODAY_MS - SPAN_DAYS * DAY_MS))
        self.account = account
        self.faults = faults
        self.url = url
        self.job_seconds = job_seconds
        self.media_cache = MediaCache()
        self.uploads: dict[str, bytes] = {}
        self.jobs: list[Job] = []
        self.answers_by_key: dict[str, Any] = {}
        self.cut_frames: dict[str, Shot] = {}
        self.store_keys = {name: f"sandbox-{secrets.token_hex(12)}" for name in ("Ak", "Sk", "Token")}
        self.lock = threading.RLock()
        self.clock = Clock()
        self.workspaces = Workspaces()
        self._requests: deque[dict[str, Any]] = deque(maxlen=KEPT_REQUESTS)
        self._arrived = 0
        self._team = self._of_team()

    def now(self) -> float:
        """Return the sandbox's time in Unix seconds; `advance` moves it."""
        return time.time() + self.clock.ahead_seconds

    def advance(self, seconds: float) -> None:
        """Move the clock of jobs forward."""
        self.clock.ahead_seconds += seconds

    def in_workspace(self, workspace_id: str) -> Sandbox:
        """Return the sandbox as a workspace sees it: 0 or "" is the personal one.

        That each workspace has a library and folders of its own, but not credits, is a guess; so is the error's number.

        Raises:
            Refused: 500404 for a workspace that the account is not in.
        """
        if workspace_id in ("", "0"):
            return self
        if workspace_id != str(TEAM_ID):
            raise Refused(500404)
        return self._team

    def shot(self, path: str) -> Shot | None:
        """Return the content of the file at a media path, of any workspace; None when there is no file."""
        return self.cut_frames.get(path) or self.library.shot(path) or self._team.library.shot(path)

    def newest_ms(self) -> int:
        """Return the creation time of the newest item in Unix milliseconds."""
        return self.library.newest_ms()

    def next_ms(self) -> int:
        """Return a creation time for a new item: now, but after all other items."""
        return max(int(self.now() * 1000), self.library.newest_ms() + 1)

    def media_url(self, path: str) -> str:
        """Return the media URL of a path, with slashes escaped as in the provider's payloads."""
        return f"{self.url}/{path.replace('/', '%2F')}"

    def media_path(self, name: str) -> str:
        """Return the path of a media URL with plain or escaped slashes, or of a path."""
        return name.replace("%2F", "/").removeprefix(f"{self.url}/")

    def cut_frame(self, shot: Shot, at_seconds: float) -> str:
        """Cut a frame from a clip, and return its URL."""
        path = f"pixverse/video/frame/{uuid4()}.jpg"
        self.cut_frames[path] = replace(shot, at=at_seconds)
        return self.media_url(path)

    def _of_team(self) -> Sandbox:
        team = copy.copy(self)
        team.base_library = GeneratedLibrary(0, self.library.seed, self.url)
        team.library = LiveLists(team.base_library)
        team.folders = Folders({}, "")
        return team

    def grow(self, count: int) -> list[int]:
        """Add items to a generated library and return their IDs; a stored library does not change."""
        if not isinstance(self.base_library, GeneratedLibrary):
            return []
        with self.lock:
            return self.base_library.add(count)

    def working(self, media_type: str) -> int:
        """Return the number of unfinished jobs of a media type."""
        with self.lock:
            return sum(job.media_type == media_type and job.is_open() for job in self.jobs)

    def settle(self) -> None:
        """Refund the credits of jobs that failed or were withheld. Source: provider notes, Pixverse §2.7."""
        with self.lock:
            for job in self.jobs:
                if job.is_to_refund():
                    self.account.refund(job.taken, self.now())
                    job.taken = {}

    def take_finished(self) -> dict[str, list[int]]:
        """Return the IDs of jobs finished since the last call, by list."""
        with self.lock:
            finished: dict[str, list[int]] = {"video_list": [], "image_list": []}
            for job in self.jobs:
                # Only these two lists are known.
                listed = finished.get(f"{job.media_type}_list")
                if listed is not None and not job.is_reported and not job.is_open():
                    job.is_reported = True
                    listed.append(job.item_id)
            return finished

    def is_submit(self, request: Request) -> bool:
        """Return True for a request that submits a job."""
        head, _, name = request.path.rpartition("/")
        return request.method == "POST" and f"{head}/" in SUBMIT_PREFIXES and name in SUBMIT_NAMES

    def note(self, request: Request) -> None:
        """Record a request for `GET /_sandbox/requests`, without its secrets."""
        with self.lock:
            self._arrived += 1
            self._requests.append(
                {
                    "number": self._arrived,
                    "at": round(self.now(), 3),
                    "method": request.method,
                    "path": request.path,
                    "query": dict(request.query),
                    "headers": {
                        name: _REDACTED if name in _SECRET_HEADERS else value for name, value in request.headers.items()
                    },
                    "body": _redacted(request),
                }
            )

    def requests(self, since: int = 0) -> list[dict[str, Any]]:
        """Return the requests received after number `since`, oldest first."""
        with self.lock:
            return [request for request in self._requests if request["number"] > since]


def _redacted(request: Request) -> Any:
    if request.headers.get("content-type", "").startswith("application/json") or request.json:
        if isinstance(request.json, dict):
            return {key: _REDACTED if key in _SECRET_FIELDS else value for key, value in request.json.items()}
        return request.json
    return f"{len(request.body)} bytes" if request.body else None


def decode_json(body: bytes) -> Any:
    """Decode a request body; an empty one gives an empty object, invalid JSON gives None."""
    if not body.strip():
        return {}
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
