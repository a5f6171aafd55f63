"""Manual edges: removing one needs a confirmation."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page, expect

from lineage.models import LineageEdge
from tests.factories import EdgeFactory


def test_an_edge_goes_only_when_one_says_so_twice(as_alice: Page, site: str, alice: User) -> None:
    edge = EdgeFactory(parent__owner=alice, evidence="manual")
    pair = urlencode({"pick": f"{edge.parent_id}-{edge.child_id}"})
    as_alice.goto(f"{site}{reverse('lineage:inspector', args=[edge.child_id])}?{pair}")

    as_alice.get_by_role("link", name="Remove… this manual link").press("Enter")
    expect(as_alice.get_by_role("heading", level=1)).to_have_text("Remove this link?")
    as_alice.get_by_role("link", name="Cancel").press("Enter")
    as_alice.get_by_role("link", name="Remove… this manual link").press("Enter")
    as_alice.get_by_role("button", name="Remove link").press("Enter")

    expect(as_alice.get_by_text("Link removed.")).to_be_visible()
    assert not LineageEdge.objects.exists()
