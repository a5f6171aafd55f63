"""Origins and impact, search by ancestry, edges by hand and deletion, as a person sees them."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from assets.models import Asset
from common.vocabulary import RelationType
from library import deletion
from lineage.manual import edges
from lineage.models import LineageEdge
from providers.models import ProviderAccount
from tests.browser.conftest import sign_in
from tests.browser.looking import NewContext, look_at, look_at_opened, screen


def hub_of(library: list[Asset]) -> Asset:
    return max(library, key=lambda asset: asset.child_count)


def addresses(library: list[Asset]) -> dict[str, str]:
    """The pages of these matters, each by its name."""
    hub = hub_of(library)
    made_of_many = max(library, key=lambda asset: asset.parent_count)
    loner = next(asset for asset in library if not asset.parent_count and not asset.child_count)
    drawn = LineageEdge.objects.get(evidence="manual")
    said = LineageEdge.objects.filter(evidence="provider").earliest("pk")
    mark = Asset.objects.get(deleted_at__isnull=False)
    add = reverse("lineage:add_edge", args=[hub.pk])
    return {
        "origins": reverse("lineage:origins", args=[made_of_many.pk]),
        "origins-none": reverse("lineage:origins", args=[loner.pk]),
        "impact": reverse("lineage:impact", args=[hub.pk]) + "?sort=newest",
        "impact-nothing-matches": reverse("lineage:impact", args=[hub.pk]) + "?media_type=model",
        "impact-nonsense": reverse("lineage:impact", args=[hub.pk]) + "?sort=smell",
        "library-made-from": f"/?text=made-from:{hub.pk}&show_relatives=true",
        "library-made-from-nonsense": "/?text=made-from:abc",
        "add-edge-find": f"{add}?side=parents",
        "add-edge-draw": f"{add}?side=children&other={loner.pk}",
        "edit-edge": reverse("lineage:edit_edge", args=[drawn.pk]),
        "edge-drawn": reverse("lineage:edge", args=[drawn.child_id, drawn.parent_id]),
        "remove-edge": reverse("lineage:remove_edge", args=[drawn.pk]),
        "edge-read-only": reverse("lineage:edit_edge", args=[said.pk]),
        "delete-with-children": reverse("library:delete", args=[hub.pk]),
        "delete-alone": reverse("library:delete", args=[loner.pk]),
        "delete-selected": reverse("library:delete_selected") + f"?asset={hub.pk}&asset={loner.pk}",
        "asset-with-lineage": reverse("library:asset", args=[hub.pk]),
        "asset-mark": reverse("library:asset", args=[mark.pk]),
        "inspector-mark": reverse("lineage:inspector", args=[mark.pk]),
    }


@pytest.fixture
def worked_on(full_library: list[Asset], account: ProviderAccount) -> list[Asset]:
    """The whole library after its owner drew an edge and deleted an asset that others were made from."""
    loner, other = [asset for asset in full_library if not asset.parent_count and not asset.child_count][1:3]
    note = edges.EdgeFields(RelationType.SOURCE_VIDEO, note="I remember drawing this on the train.")
    edges.add(loner, other, note, now=timezone.now())
    middle = next(asset for asset in full_library if asset.parent_count and asset.child_count and not asset.is_stub)
    deletion.delete(account.owner_id, [middle.pk], now=timezone.now())
    return list(Asset.objects.order_by("pk"))


def test_pages(new_context: NewContext, site: str, worked_on: list[Asset]) -> None:
    page = screen(new_context)
    sign_in(page, site)

    for name, address in addresses(worked_on).items():
        page.goto(site + address)
        look_at(page, name)
    page.goto(site + reverse("lineage:impact", args=[hub_of(worked_on).pk]))
    look_at_opened(page, "impact-filters", "Filters")


def test_a_badge_says_how_much_is_above_and_below(as_alice: Page, site: str, full_library: list[Asset]) -> None:
    hub = hub_of(full_library)
    as_alice.goto(f"{site}/?text=made-from:{hub.pk}&show_relatives=true&sort=oldest")
    badge = as_alice.locator(f'.lineage-badge[href="{reverse("lineage:inspector", args=[hub.pk])}"]')

    badge.focus()

    expect(badge.get_by_role("tooltip", include_hidden=True)).to_contain_text("descendant")
    expect(badge).to_have_accessible_description(re.compile(r"\d+ children; \d+ ancestors, \d+ descendants"))


def test_a_list_is_sorted_by_its_heads_and_stays_so(as_alice: Page, site: str, full_library: list[Asset]) -> None:
    as_alice.goto(site + reverse("lineage:impact", args=[hub_of(full_library).pk]))

    as_alice.get_by_role("link", name="Created").click()
    expect(as_alice.locator('th[aria-sort="descending"]')).to_contain_text("Created")
    as_alice.get_by_role("link", name="Created").click()
    expect(as_alice.locator('th[aria-sort="ascending"]')).to_contain_text("Created")
    first = as_alice.locator(".reach__words").first.inner_text()
    as_alice.reload()

    expect(as_alice.locator(".reach__words").first).to_have_text(first)
    expect(as_alice.locator('th[aria-sort="ascending"]')).to_contain_text("Created")


def test_assets_are_selected_and_deleted(as_alice: Page, site: str, full_library: list[Asset]) -> None:
    as_alice.goto(f"{site}/?lineage=orphan")
    expect(as_alice.locator("#selection")).to_be_hidden()

    for card in as_alice.locator(".asset-card").all()[:2]:
        card.hover()
        card.get_by_role("checkbox").check()
    as_alice.get_by_role("button", name="Delete…").click()
    expect(as_alice.get_by_role("heading", level=1)).to_have_text("Delete these 2 assets?")
    expect(as_alice.locator("#summary")).to_contain_text("deleted completely")
    as_alice.get_by_role("button", name="Delete 2 assets").click()

    expect(as_alice.get_by_text("2 assets deleted.")).to_be_visible()
    assert Asset.objects.count() == len(full_library) - 2


def test_an_edge_is_drawn_by_hand(as_alice: Page, site: str, full_library: list[Asset]) -> None:
    asset, other = [asset for asset in full_library if not asset.parent_count and not asset.child_count][:2]
    as_alice.goto(site + reverse("lineage:add_edge", args=[asset.pk]) + "?side=parents")

    as_alice.get_by_role("searchbox").fill(str(other.pk))
    as_alice.locator(f'.found__item[href*="other={other.pk}"]').click()
    as_alice.get_by_label("Note").fill("From memory.")
    as_alice.get_by_role("button", name="Add link").click()

    expect(as_alice.get_by_text("Link added.")).to_be_visible()
    edge = LineageEdge.objects.get(evidence="manual")
    assert (edge.parent, edge.child, edges.note_of(edge)) == (other, asset, "From memory.")
