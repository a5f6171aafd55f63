"""Template effects of Pixverse's account API in the sandbox: catalog, categories, search, and single templates.

Paths are known, and that a submit names `template_id` and `template_type` (2 makes an image). What the service answers
is not known: methods, fields of requests other than `template_id`, and all answers are guesses.
"""

from __future__ import annotations

from typing import Any

from providers.sandbox.library import scenes
from providers.sandbox.library.templates import Payload
from providers.sandbox.state.state import Sandbox
from providers.sandbox.wire import Answer, Refused, Request, integer, success, text

CATEGORIES = {1: "Clips", 2: "Images"}
_PRICE = 30


def template_list(sandbox: Sandbox, request: Request) -> Answer:
    """GET or POST content/template/list."""
    return _page(request, _templates(sandbox))


def template_search(sandbox: Sandbox, request: Request) -> Answer:
    """GET or POST search/web/effect: the templates with `keyword` in their names."""
    keyword = text(_asked(request), "keyword").casefold()
    return _page(request, [each for each in _templates(sandbox) if keyword in each["template_name"].casefold()])


def template_detail(sandbox: Sandbox, request: Request) -> Answer:
    """GET or POST template/detail."""
    wanted = integer(_asked(request), "template_id")
    found = next((each for each in _templates(sandbox) if each["template_id"] == wanted), None)
    if found is None:
        raise Refused(500008)
    return success(found)


def categories(sandbox: Sandbox, request: Request) -> Answer:
    """GET or POST content/categories/secondary."""
    found = [{"category_id": number, "category_name": name} for number, name in CATEGORIES.items()]
    return success({"data": found, "total": len(found)})


def _asked(request: Request) -> dict[str, Any]:
    return {**request.query, **request.json}


def _page(request: Request, found: list[Payload]) -> Answer:
    asked = _asked(request)
    offset, limit = integer(asked, "offset", 0), integer(asked, "limit", 20)
    if offset < 0 or limit < 1:
        raise Refused(400017)
    reached = offset + limit
    return success({"data": found[offset:reached], "total": len(found), "has_more": reached < len(found)})


def _templates(sandbox: Sandbox) -> list[Payload]:
    return [
        {
            "template_id": template_id,
            "template_name": name,
            "template_type": template_type,
            "category_id": template_type,
            "fixed_cost": _PRICE,
            "customer_img_count": 1,
            "template_thumbnail_url": sandbox.media_url(f"asset/template/{template_id}.png"),
        }
        for number, (template_id, name) in enumerate(scenes.templates())
        for template_type in [1 + number % 2]
    ]
