"""The sandbox's own endpoints: front page, true content of the library, faults, and received requests."""

from __future__ import annotations

import html
from collections.abc import Callable

from providers.sandbox import effects
from providers.sandbox.state.state import Sandbox
from providers.sandbox.wire import Answer, Refused, Request

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Stemma sandbox</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem;color:#223}}
code{{background:#eef;padding:.1em .3em;border-radius:.2em}}li{{margin:.2em 0}}</style></head><body>
{body}
</body></html>
"""


def front_page(sandbox: Sandbox, request: Request) -> Answer:
    """GET /: the front page, which describes the sandbox."""
    totals = "".join(f"<li>{count:,} {name.replace('_', ' ')}</li>" for name, count in totals_of(sandbox).items())
    switches = "".join(f"<li><code>{html.escape(str(fault))}</code></li>" for fault in sandbox.faults.as_list())
    body = f"""<h1>Stemma sandbox</h1>
<p><strong>This is a sandbox, not Pixverse.</strong> It has Pixverse's account API and a generated library, so that
Stemma can be tried and tested without a provider account. All media is generated, and nothing leaves this computer.</p>
<h2>Library</h2><p>Seed {sandbox.library.seed}.</p><ul>{totals}</ul>
<h2>Enabled faults</h2><ul>{switches or "<li>none</li>"}</ul>
<h2>Control endpoints</h2><ul>
<li><code>GET /_sandbox/library</code>: every item with its true parents (<code>limit</code>, <code>offset</code>)</li>
<li><code>GET, POST, DELETE /_sandbox/faults</code>: available are {", ".join(sorted(effects.names()))}</li>
<li><code>POST /_sandbox/items {{"count": n}}</code>, <code>POST /_sandbox/delete {{"ids": []}}</code></li>
<li><code>POST /_sandbox/clock {{"seconds": n}}</code>: advances the clock of jobs</li>
<li><code>POST /_sandbox/credits {{"credit_package": n}}</code></li>
<li><code>GET /_sandbox/requests?since=n</code>: received requests, without secrets</li></ul>
<h2>Words in a prompt that determine a job's result</h2>
<p>In a prompt: <code>#refuse</code> (at submit), <code>#withhold</code> (at the end), <code>#recall</code> (after
delivery), <code>#fail</code>, <code>#stall</code> (never ends), <code>#unknown</code> (an undocumented status).</p>"""
    return _html(body)


def device_page(sandbox: Sandbox, request: Request) -> Answer:
    """GET or POST /device: the page that approves a device sign-in."""
    code = request.query.get("user_code", "")
    if request.method == "POST":
        approved = sandbox.account.approve_device(code)
        return _html(f"<h1>Stemma sandbox</h1><p>{'Signed in.' if approved else 'Unknown code.'}</p>")
    form = f"""<h1>Stemma sandbox</h1><p>Allow the device with code <strong>{html.escape(code)}</strong> to sign in?</p>
<form method="post" action="/device?user_code={html.escape(code)}"><button>Allow</button></form>"""
    return _html(form)


def library(sandbox: Sandbox, request: Request) -> Answer:
    """GET /_sandbox/library: every item of the workspace with its true parents, oldest first."""
    sandbox = sandbox.in_workspace(request.headers.get("workspace-id", ""))
    offset = int(request.query.get("offset", 0))
    limit = int(request.query["limit"]) if "limit" in request.query else None
    with sandbox.lock:
        totals = totals_of(sandbox)
        items = sandbox.library.describe(offset, limit)
    size = sum(totals.values())
    return Answer({"sandbox": True, "seed": sandbox.library.seed, "size": size, "totals": totals, "items": items})


def totals_of(sandbox: Sandbox) -> dict[str, int]:
    """Return the numbers of items in the library, by the names of the control endpoint."""
    by_kind = sandbox.library.totals()
    return {
        "videos": by_kind.get("video", 0),
        "images": by_kind.get("image", 0),
        "uploaded_videos": by_kind.get("upload_video", 0),
        "uploaded_images": by_kind.get("upload_image", 0),
        "audio": by_kind.get("audio", 0) + by_kind.get("upload_audio", 0),
    }


def list_faults(sandbox: Sandbox, request: Request) -> Answer:
    """GET /_sandbox/faults."""
    return Answer({"faults": sandbox.faults.as_list(), "known": sorted(effects.names())})


def add_fault(sandbox: Sandbox, request: Request) -> Answer:
    """POST /_sandbox/faults: one description, or a list of them."""
    described = request.json if isinstance(request.json, list) else [request.json]
    for fault in described:
        sandbox.faults.add(fault)
    return list_faults(sandbox, request)


def clear_faults(sandbox: Sandbox, request: Request) -> Answer:
    """DELETE /_sandbox/faults, all or `?name=`."""
    sandbox.faults.clear(request.query.get("name"))
    return list_faults(sandbox, request)


def add_items(sandbox: Sandbox, request: Request) -> Answer:
    """POST /_sandbox/items."""
    return Answer({"ids": [str(item_id) for item_id in sandbox.grow(int(request.json.get("count", 1)))]})


def delete_items(sandbox: Sandbox, request: Request) -> Answer:
    """POST /_sandbox/delete: deletes items at the provider."""
    with sandbox.lock:
        deleted = [str(item_id) for item_id in request.json["ids"] if sandbox.library.remove(str(item_id))]
    return Answer({"deleted": deleted})


def advance_clock(sandbox: Sandbox, request: Request) -> Answer:
    """POST /_sandbox/clock."""
    sandbox.advance(float(request.json["seconds"]))
    return Answer({"now": sandbox.now()})


def set_credits(sandbox: Sandbox, request: Request) -> Answer:
    """POST /_sandbox/credits: replaces the named balances."""
    balances = sandbox.account.credits
    balances.update({key: int(value) for key, value in request.json.items() if key in balances})
    return Answer(dict(balances))


def requests(sandbox: Sandbox, request: Request) -> Answer:
    """GET /_sandbox/requests."""
    return Answer({"requests": sandbox.requests(int(request.query.get("since", 0)))})


def _html(body: str) -> Answer:
    return Answer(body=_PAGE.format(body=body).encode(), content_type="text/html; charset=utf-8")


def handle(sandbox: Sandbox, request: Request) -> Answer:
    """Handle one request to the sandbox's own endpoints; invalid input returns 400 with the reason."""
    handler = ROUTES.get(("GET" if request.method == "HEAD" else request.method, request.path))
    if handler is None:
        return Answer({"error": "The sandbox has no such endpoint."}, 404)
    try:
        return handler(sandbox, request)
    except (ValueError, KeyError, TypeError, AttributeError, Refused) as problem:
        return Answer({"error": str(problem)}, 400)


ROUTES: dict[tuple[str, str], Callable[[Sandbox, Request], Answer]] = {
    ("GET", "/"): front_page,
    ("GET", "/device"): device_page,
    ("POST", "/device"): device_page,
    ("GET", "/_sandbox/library"): library,
    ("GET", "/_sandbox/faults"): list_faults,
    ("POST", "/_sandbox/faults"): add_fault,
    ("DELETE", "/_sandbox/faults"): clear_faults,
    ("POST", "/_sandbox/items"): add_items,
    ("POST", "/_sandbox/delete"): delete_items,
    ("POST", "/_sandbox/clock"): advance_clock,
    ("POST", "/_sandbox/credits"): set_credits,
    ("GET", "/_sandbox/requests"): requests,
}
