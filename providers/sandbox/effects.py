"""Effects of the faults on requests and responses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from providers.sandbox.state.faults import Fault
from providers.sandbox.wire import Answer, Request, refusal

if TYPE_CHECKING:
    from providers.sandbox.state.state import Sandbox

_ID_KEYS = {"video_id", "image_id", "audio_id", "asset_id"}


Before = Callable[[Fault, Request, "Sandbox"], Answer | None]
After = Callable[[Fault, Request, Answer], Answer]


# Applied before the request is handled: they return a response instead of the real one, or change the request.


def _http_429(fault: Fault, request: Request, sandbox: Sandbox) -> Answer:
    answer = refusal(429, status=429, text="Too many requests")
    if fault.options.get("retry_after", 60) not in (None, ""):
        answer.headers["Retry-After"] = str(fault.options.get("retry_after", 60))
    return answer


def _http_error(status: int) -> Before:
    def answer(fault: Fault, request: Request, sandbox: Sandbox) -> Answer:
        if status == 401:
            return refusal(10001, status=401)
        texts = {404: "Not Found", 500: "Internal Server Error", 503: "Service Unavailable"}
        return Answer({"message": texts[status]}, status)

    return answer


def _html(status: int, title: str) -> Before:
    page = f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>\n"

    def answer(fault: Fault, request: Request, sandbox: Sandbox) -> Answer:
        return Answer(status=status, body=page.encode(), content_type="text/html")

    return answer


def _error(code: int | None = None) -> Before:
    def answer(fault: Fault, request: Request, sandbox: Sandbox) -> Answer:
        message = fault.options.get("text")
        number = code or int(fault.options.get("code", 500069))
        return refusal(number, status=int(fault.options.get("status", 200)), text=message)

    return answer


def _cut_before(fault: Fault, request: Request, sandbox: Sandbox) -> Answer | None:
    return Answer(cut="before") if fault.options.get("at", "middle") == "before" else None


def _growing(fault: Fault, request: Request, sandbox: Sandbox) -> None:
    sandbox.grow(int(fault.options.get("count", 1)))


def _default_window(fault: Fault, request: Request, sandbox: Sandbox) -> None:
    filters = request.json.get("filter") or {}
    if filters.get("start_time") or filters.get("end_time"):
        return
    since = sandbox.newest_ms() // 1000 - int(fault.options.get("days", 90)) * 86_400
    request.json = {**request.json, "filter": {**filters, "start_time": since}}


def _repeat_page(fault: Fault, request: Request, sandbox: Sandbox) -> None:
    request.headers["x-sandbox-offset"] = str(request.json.get("offset", 0))
    request.json = {**request.json, "offset": 0}


def _no_credits(fault: Fault, request: Request, sandbox: Sandbox) -> Answer | None:
    return refusal(500043) if sandbox.is_submit(request) else None


# Applied after the request is handled: they change the real response.


def _slow(fault: Fault, request: Request, answer: Answer) -> Answer:
    answer.delay_seconds += float(fault.options.get("seconds", 5))
    return answer


def _cut(fault: Fault, request: Request, answer: Answer) -> Answer:
    answer.cut = str(fault.options.get("at", "middle"))
    return answer


def _truncated_json(fault: Fault, request: Request, answer: Answer) -> Answer:
    content = answer.content()
    answer.body = content[: len(content) // 2]
    return answer


def _resp(value: Any) -> After:
    def change(fault: Fault, request: Request, answer: Answer) -> Answer:
        if isinstance(answer.payload, dict):
            answer.payload["Resp"] = value
        return answer

    return change


def _malformed_item(fault: Fault, request: Request, answer: Answer) -> Answer:
    rows = _rows(answer)
    if rows:
        kind, place = fault.options.get("kind", "null"), min(int(fault.options.get("at", 1)), len(rows) - 1)
        if kind == "no_id":
            rows[place] = {key: value for key, value in rows[place].items() if key not in _ID_KEYS}
        else:
            rows.insert(place, None if kind == "null" else "not an item")
    return answer


def _stalled_cursor(fault: Fault, request: Request, answer: Answer) -> Answer:
    rows = _rows(answer)
    if rows:
        answer.payload["Resp"] = {"data": rows, "web_has_more": True, "web_next_offset": request.json["offset"]}
    return answer


def _repeated(fault: Fault, request: Request, answer: Answer) -> Answer:
    rows = _rows(answer)
    if not rows:
        return answer
    following = int(request.headers["x-sandbox-offset"]) + len(rows)
    answer.payload["Resp"].update(has_more=True, next_offset=following, web_has_more=True, web_next_offset=following)
    return answer


def _empty_page(fault: Fault, request: Request, answer: Answer) -> Answer:
    _rows(answer).clear()
    return answer


def _alternate_keys(fault: Fault, request: Request, answer: Answer) -> Answer:
    key = fault.options.get("key", "image_list")
    rows = _rows(answer)
    if rows:
        answer.payload["Resp"] = rows if key == "resp" else {key: rows}
    return answer


def _no_balance(fault: Fault, request: Request, answer: Answer) -> Answer:
    resp = answer.payload.get("Resp") if isinstance(answer.payload, dict) else None
    if request.path.endswith("/user/credits") and resp:
        resp.update(dict.fromkeys(("credit_daily", "credit_monthly", "credit_package"), 0))
    return answer


def _submitted(change: Callable[[dict[str, Any]], dict[str, Any]]) -> After:
    def spoil(fault: Fault, request: Request, answer: Answer) -> Answer:
        resp = answer.payload.get("Resp") if isinstance(answer.payload, dict) else None
        if isinstance(resp, dict) and {"video_id", "image_id"} & resp.keys():
            answer.payload["Resp"] = change(resp)
        return answer

    return spoil


def _rows(answer: Answer) -> list[Any]:
    resp = answer.payload.get("Resp") if isinstance(answer.payload, dict) else None
    rows = resp.get("data") if isinstance(resp, dict) else None
    return rows if isinstance(rows, list) else []


BEFORE: dict[str, Before] = {
    "auth_expired": _error(10001),
    "auth_not_logged_in": _error(10003),
    "session_replaced": _error(10005),
    "error": _error(),
    "http_401": _http_error(401),
    "http_404": _http_error(404),
    "http_429": _http_429,
    "http_500": _http_error(500),
    "http_503": _http_error(503),
    "http_502_html": _html(502, "502 Bad Gateway"),
    "http_403_html": _html(403, "403 Forbidden"),
    "cut": _cut_before,
    "growing": _growing,
    "default_window": _default_window,
    "repeat_page": _repeat_page,
    "no_credits": _no_credits,
}  # fmt: skip
AFTER: dict[str, After] = {
    "slow": _slow,
    "cut": _cut,
    "truncated_json": _truncated_json,
    "resp_null": _resp(None),
    "resp_wrong": _resp("unexpected"),
    "malformed_item": _malformed_item,
    "stalled_cursor": _stalled_cursor,
    "repeat_page": _repeated,
    "empty_page": _empty_page,
    "alternate_keys": _alternate_keys,
    "no_credits": _no_balance,
    "submit_no_id": _submitted(lambda _: {"video_ids": []}),
    "submit_minimal": _submitted(lambda resp: {key: resp[key] for key in ("video_id", "image_id") if key in resp}),
}


def names() -> set[str]:
    """Return the names of all faults."""
    return set(BEFORE) | set(AFTER)
