"""The admin in a browser, under the site's content security policy."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from lineage.models import LineageEdge
from tests.factories import AssetFactory


@pytest.fixture
def as_admin(as_alice: Page, alice: User) -> Page:
    """Alice's browser, with the rights of an administrator."""
    User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    return as_alice


def test_a_link_is_drawn_between_assets_found_by_typing(
    as_admin: Page, site: str, alice: User, console: list[str]
) -> None:
    parent = AssetFactory(owner=alice, prompt="paper boats")
    child = AssetFactory(owner=alice, prompt="a fox in snow")
    as_admin.goto(f"{site}/admin/lineage/lineageedge/add/")

    choose(as_admin, "parent", typed="paper bo", found="paper boats")
    choose(as_admin, "child", typed="fox", found="a fox in snow")
    as_admin.get_by_role("button", name="Save", exact=True).click()

    expect(as_admin.locator(".messagelist")).to_contain_text("added successfully")
    edge = LineageEdge.objects.get()
    assert (edge.parent, edge.child, edge.evidence) == (parent, child, "manual")
    assert console == []


def choose(page: Page, field: str, *, typed: str, found: str) -> None:
    """Choose the only asset that is found."""
    page.locator(f".field-{field} .select2-selection").click()
    page.locator(".select2-search__field").press_sequentially(typed)
    expect(page.locator(".select2-results__option")).to_have_text([found])
    page.locator(".select2-results__option").click()
