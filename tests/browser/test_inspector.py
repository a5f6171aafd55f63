"""The inspector in a browser: what opens and closes, by pointer and by keyboard, in light and dark."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from assets.models import Asset
from tests.browser.conftest import sign_in
from tests.browser.looking import NewContext, look_at, look_at_opened, screen
from tests.factories import EdgeFactory, chain


def inspector(asset: Asset, query: str = "") -> str:
    return reverse("lineage:inspector", args=[asset.pk]) + query


def test_every_view_looks_right(new_context: NewContext, site: str, full_library: list[Asset]) -> None:
    page = screen(new_context)
    sign_in(page, site)

    for name, address in looks(full_library).items():
        page.goto(site + address)
        look_at(page, name)
    page.goto(site + inspector(full_library[0]))
    look_at_opened(page, "inspector-filters", "Filters")
    look_at_opened(page, "inspector-edit", "Edit lineage")


def test_what_is_beside_the_asset_has_room(as_alice: Page, site: str, alice: User) -> None:
    first, second, third = chain(alice, 3)
    beside = EdgeFactory(parent=first, child__owner=alice).child
    as_alice.set_viewport_size({"width": 1440, "height": 900})

    as_alice.goto(site + inspector(second, f"?open={first.pk}c"))

    across = [as_alice.locator(f".node[data-node='{asset.pk}']").bounding_box() for asset in (first, beside, third)]
    left, middle, right = (box for box in across if box)
    assert left["x"] + left["width"] < middle["x"]
    assert middle["x"] + middle["width"] < right["x"]


@pytest.mark.parametrize(("view", "landing"), [("cards", "#close-{}c"), ("tree", "#title-{}")], ids=["cards", "tree"])
def test_expanding_collapsing_reloading_and_going_back(
    as_alice: Page, site: str, alice: User, console: list[str], view: str, landing: str
) -> None:
    first, second, third = chain(alice, 3)
    as_alice.goto(site + inspector(first, f"?view={view}"))
    begun = shown(as_alice)

    as_alice.locator(f"#open-{second.pk}c").click()
    expect(as_alice.locator(f"#close-{second.pk}c")).to_be_visible()
    expect(as_alice.locator(landing.format(second.pk))).to_be_focused()
    opened = shown(as_alice)
    as_alice.locator(f"#close-{second.pk}c").click()
    expect(as_alice.locator(f"#close-{second.pk}c")).to_have_count(0)
    closed = shown(as_alice)
    as_alice.locator(f"#open-{second.pk}c").click()
    expect(as_alice.locator(f"#close-{second.pk}c")).to_be_visible()
    as_alice.reload()

    assert begun == closed == {first.pk, second.pk}
    assert opened == shown(as_alice) == {first.pk, second.pk, third.pk}
    as_alice.go_back()
    expect(as_alice.locator(f"#close-{second.pk}c")).to_have_count(0)
    assert shown(as_alice) == begun
    assert console == []


def test_the_tree_by_keyboard(as_alice: Page, site: str, alice: User, console: list[str]) -> None:
    first, second, third, fourth = chain(alice, 4)
    Asset.objects.filter(pk=third.pk).update(title="zebra crossing")
    as_alice.goto(site + inspector(second, "?view=tree"))
    title(as_alice, first).focus()
    as_alice.keyboard.press("ArrowDown")
    expect(title(as_alice, third)).to_be_focused()
    as_alice.keyboard.press("Home")
    expect(title(as_alice, first)).to_be_focused()
    as_alice.keyboard.press("z")
    expect(title(as_alice, third)).to_be_focused()

    as_alice.keyboard.press("ArrowRight")
    expect(title(as_alice, fourth)).to_be_visible()
    expect(title(as_alice, third)).to_be_focused()
    as_alice.keyboard.press("ArrowRight")
    expect(title(as_alice, fourth)).to_be_focused()
    as_alice.keyboard.press("ArrowLeft")
    expect(title(as_alice, third)).to_be_focused()
    as_alice.keyboard.press("ArrowLeft")
    expect(title(as_alice, fourth)).to_have_count(0)

    expect(title(as_alice, third)).to_be_focused()
    as_alice.keyboard.press("Enter")
    expect(as_alice.locator("#focus-title")).to_contain_text("zebra crossing")
    expect(as_alice.locator("#focus-title")).to_be_focused()
    assert console == []


def test_the_side_panel_opens_survives_a_reload_and_closes(
    as_alice: Page, site: str, full_library: list[Asset], console: list[str]
) -> None:
    child = next(asset for asset in full_library if asset.operation_type == "video_extend" and asset.parent_count)
    as_alice.goto(site + inspector(child))
    badge = as_alice.locator(".use__relation").first

    badge.click()
    expect(as_alice.locator("#side #edge-title")).to_be_focused()
    expect(as_alice).to_have_url(re.compile(f"pick={pair(child)}"))
    as_alice.reload()
    expect(as_alice.locator("#side #edge-title")).to_be_visible()
    as_alice.keyboard.press("Escape")
    expect(as_alice.locator("#side")).to_be_hidden()
    expect(as_alice).not_to_have_url(re.compile("pick="))

    badge.click()
    expect(as_alice.locator("#side #edge-title")).to_be_focused()
    as_alice.locator("[data-side-close]").click()
    expect(badge).to_be_focused()
    assert console == []


def test_two_clips_play_in_step(as_alice: Page, site: str, full_library: list[Asset], console: list[str]) -> None:
    child = next(
        asset
        for asset in full_library
        if asset.operation_type == "video_extend" and asset.remote_url and asset.parent_edges.get().parent.remote_url
    )
    as_alice.goto(site + edge(child))
    seek = as_alice.get_by_label("Time", exact=True)

    as_alice.get_by_role("button", name="Play both").click()
    expect(as_alice.get_by_role("button", name="Pause both")).to_be_visible()
    expect(seek).not_to_have_value(re.compile(r"^0(\.0\d?)?$"))
    as_alice.get_by_role("button", name="Pause both").click()
    seek.fill("2")

    expect(as_alice.locator(".players__time")).to_contain_text("2.0 /")
    for number in (0, 1):
        expect(as_alice.locator("[data-media]").nth(number)).to_have_js_property("currentTime", 2)
    assert console == []


def title(page: Page, asset: Asset) -> Locator:
    """Title link of an asset's line in the tree."""
    return page.locator(f"#title-{asset.pk}")


def shown(page: Page) -> set[int]:
    """The assets that a view shows."""
    found = page.locator("[data-node], [id^=line-]").evaluate_all(
        "nodes => nodes.map((node) => Number(node.dataset.node ?? node.id.slice(5)))"
    )
    rooted = page.url.split("/assets/")[1].split("/")[0]
    return {*found, int(rooted)}


def looks(library: list[Asset]) -> dict[str, str]:
    """The inspector in each of its views, by name."""
    hub = max(library, key=lambda asset: asset.child_count)
    made_of_many = max(library, key=lambda asset: asset.parent_count)
    deep = next(asset for asset in library if asset.parent_count and asset.child_count)
    extended = next(asset for asset in library if asset.operation_type == "video_extend" and asset.parent_count)
    return {
        "cards-many": inspector(made_of_many),
        "cards-hub": inspector(hub),
        "cards-deep": inspector(deep, "?up=3&down=3"),
        "tree-many": inspector(made_of_many, "?view=tree&up=3"),
        "tree-hub": inspector(hub, "?view=tree&down=3"),
        "tree-deep": inspector(deep, "?view=tree&up=8&down=8"),
        "edge-page": edge(extended),
        "edge-transition": edge(made_of_many),
        "edge-beside-cards": inspector(extended, f"?pick={pair(extended)}"),
        "edge-beside-tree": inspector(extended, f"?view=tree&up=3&pick={pair(extended)}"),
        "cards-wanted": inspector(deep, "?up=4&down=4&media_type=image"),
    }


def pair(child: Asset) -> str:
    """A parent of an asset and the asset, as addresses name them."""
    return f"{first_parent_id(child)}-{child.pk}"


def edge(child: Asset) -> str:
    return reverse("lineage:edge", args=[child.pk, first_parent_id(child)])


def first_parent_id(child: Asset) -> int:
    return int(child.parent_edges.order_by("sequence_order", "pk").values_list("parent_id", flat=True)[0])
