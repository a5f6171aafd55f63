"""HTTP requests and responses of the sandbox, and the provider's envelope and error texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

# Source: the error payloads of the provider notes. Only the numbers matter; texts marked "derived" there are invented.
ERROR_TEXTS = {
    400: "incorrect image width or height",
    10001: "Token is invalid",
    10002: "user is not login",
    10003: "user is not login",
    10005: "login on another device",
    10054: "slow down",
    10055: "authorization pending",
    10056: "device code expired",
    400001: "Task not found",
    400011: "parameter is empty",
    400017: "invalid param",
    400018: "prompt too long",
    400032: "invalid img_id",
    400040: "image moderation failed",
    500008: "data not found",
    500020: "no permission",
    500043: "All Credits have been used up. Please upgrade your membership or purchase credits.",
    500044: "concurrent generation limit reached",
    500045: "subscription required",
    500047: "The provided media is invalid",
    500054: "image not approved",
    500063: "prompt not approved",
    500064: "content has been deleted",
    500069: "system busy",
    500090: "insufficient balance",
    500100: "database error",
    500200: "User does not exist.",
    500313: "invalid video id",
    500404: "workspace not found",
}


@dataclass(slots=True)
class Request:
    """One request: header names in lower case, `json` the decoded body (an empty object when there is none)."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    json: Any = field(default_factory=dict)


@dataclass(slots=True)
class Answer:
    """One response. `payload` is sent as JSON unless there is a `body`; `cut` is the point of a connection failure."""

    payload: Any = None
    status: int = 200
    body: bytes | None = None
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    delay_seconds: float = 0
    cut: str = ""

    def content(self) -> bytes:
        """Return the bytes of the body."""
        return orjson.dumps(self.payload) if self.body is None else self.body


def success(resp: Any) -> Answer:
    """Return the envelope of success. Source: provider notes, Pixverse §1."""
    return Answer({"ErrCode": 0, "ErrMsg": "Success", "Resp": resp})


def refusal(code: int, *, status: int = 200, text: str | None = None) -> Answer:
    """Return the envelope of failure, in most cases with HTTP 200."""
    return Answer({"ErrCode": code, "ErrMsg": text or ERROR_TEXTS.get(code, "error"), "Resp": None}, status)


class Refused(Exception):
    """End a request with the provider's error of this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def integer(body: Any, key: str, default: int | None = None) -> int:
    """Read a whole number from a body; digits in a string are accepted, as by the provider.

    Raises:
        Refused: 400011 when it is missing without default, 400017 when it is not a number.
    """
    value = body.get(key, default)
    if value is None:
        raise Refused(400011)
    if isinstance(value, bool) or not str(value).lstrip("-").isdigit():
        raise Refused(400017)
    return int(value)


def text(body: Any, key: str) -> str:
    """Read a text from a body; "" when missing or null."""
    value = body.get(key)
    return value if isinstance(value, str) else ""


def texts(body: Any, key: str) -> list[str]:
    """Read a list of texts from a body; empty when missing or null."""
    value = body.get(key)
    return [str(entry) for entry in value] if isinstance(value, list) else []
