"""Goes through a scan or an import the way a page does: post, read the form that comes back, post it again."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.test import Client
from django.urls import reverse

HTMX = {"HX-Request": "true"}
_FORM = re.compile(r'<form[^>]*action="([^"]*)"(?:(?!</form>).)*?name="walk" value="([^"]*)"', re.DOTALL)


def walk(client: Client, name: str, account_id: int, *, headers: dict[str, str], **posted: Any) -> list[str]:
    """Every page of a walk, the last one being the one that asks for no further step."""
    address, fields = reverse(name), {"account": account_id, **posted}
    pages = []
    while address:
        response = client.post(address, fields, headers=headers)
        assert response.status_code == 200, response.content.decode()
        pages.append(response.content.decode())
        found = _FORM.search(pages[-1])
        address = found[1] if found else ""
        fields = {"account": account_id, "walk": unescape(found[2])} if found else {}
    return pages


def walk_token(page: str) -> str:
    """The position that a page's form carries."""
    found = _FORM.search(page)
    assert found is not None
    return unescape(found[2])
