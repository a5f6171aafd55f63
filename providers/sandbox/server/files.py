"""Media host and upload store of the sandbox: files by path, whole or in ranges, with plain or escaped slashes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from providers.sandbox.media.media_cache import CONTENT_TYPES
from providers.sandbox.state.state import Sandbox
from providers.sandbox.wire import Answer, Request

BUCKET = "pixverse-fe-upload"
UPLOADS_BYTES = 256 * 2**20
_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")
_NOT_FOUND = b"<Error><Code>NoSuchKey</Code><Message>No such file (Stemma sandbox)</Message></Error>"


def fetch(sandbox: Sandbox, request: Request) -> Answer:
    """Handle GET or HEAD of a media path; generate the file on first access, 404 when the provider has no such file."""
    path = request.path.lstrip("/")
    content = sandbox.uploads.get(path)
    if content is None:
        with sandbox.lock:
            shot = sandbox.shot(path)
        if shot is None:
            return Answer(status=404, body=_NOT_FOUND, content_type="application/xml", headers=_open_to_pages())
        content = sandbox.media_cache.get(path, shot)
    kind = CONTENT_TYPES.get(path.rpartition(".")[2], "application/octet-stream")
    headers = {**_open_to_pages(), "Accept-Ranges": "bytes", "Cache-Control": "public, max-age=86400"}
    return _ranged(Answer(body=content, content_type=kind, headers=headers), request.headers.get("range", ""))


def store(sandbox: Sandbox, request: Request) -> Answer:
    """Handle PUT to the object store: check the signature, reject overwriting, return no body.

    Source: provider notes, Pixverse §2.6.
    """
    path = request.path.lstrip("/")
    if request.headers.get("x-oss-security-token") != sandbox.store_keys["Token"]:
        return _store_error(403, "AccessDenied")
    if request.headers.get("authorization") != signature(request, sandbox.store_keys["Ak"], sandbox.store_keys["Sk"]):
        return _store_error(403, "SignatureDoesNotMatch")
    if path in sandbox.uploads and request.headers.get("x-oss-forbid-overwrite") == "true":
        return _store_error(409, "FileAlreadyExists")
    with sandbox.lock:
        if sum(map(len, sandbox.uploads.values())) + len(request.body) > UPLOADS_BYTES:
            return _store_error(507, "SandboxFull")
        sandbox.uploads[path] = request.body
    return Answer(body=b"", content_type="application/xml")


def signature(request: Request, access_key: str, secret: str) -> str:
    """Return the `Authorization` header for a PUT, signature version 1. Source: provider notes, Pixverse §2.6."""
    marked = sorted((name, value) for name, value in request.headers.items() if name.startswith("x-oss-"))
    lines = [
        "PUT",
        "",
        request.headers.get("content-type", ""),
        request.headers.get("x-oss-date", ""),
        *(f"{name}:{value}" for name, value in marked),
        f"/{BUCKET}{request.path}",
    ]
    digest = hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha1).digest()
    return f"OSS {access_key}:{base64.b64encode(digest).decode()}"


def _ranged(answer: Answer, byte_range: str) -> Answer:
    found = _RANGE.match(byte_range)
    whole = answer.content()
    if found is None or found.group() == "bytes=-":
        return answer
    first, last = found.groups()
    start = int(first) if first else max(len(whole) - int(last), 0)
    end = min(int(last) if first and last else len(whole) - 1, len(whole) - 1)
    if start > end:
        answer.status, answer.body = 416, b""
        answer.headers["Content-Range"] = f"bytes */{len(whole)}"
        return answer
    answer.status, answer.body = 206, whole[start : end + 1]
    answer.headers["Content-Range"] = f"bytes {start}-{end}/{len(whole)}"
    return answer


def _store_error(status: int, code: str) -> Answer:
    return Answer(status=status, body=f"<Error><Code>{code}</Code></Error>".encode(), content_type="application/xml")


def _open_to_pages() -> dict[str, str]:
    return {"Access-Control-Allow-Origin": "*"}
