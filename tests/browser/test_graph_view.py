"""The graph view of the inspector: the picture of the API, what can be done to it, and how long a large one takes."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import Page, expect

from assets.models import Asset
from lineage.models import LineageEdge
from providers.sandbox.server.server import SandboxServer
from tests.browser.conftest import sign_in
from tests.browser.looking import EACH_WIDTH, NARROW, WIDE, NewContext, look_at, overflow, screen
from tests.factories import NOW, AssetFactory, EdgeFactory, chain

# Far more than it takes; the figure itself is printed.
PAINT_MS = 30_000

PLACES = "document.querySelector('[data-graph]').graph.places"
EDGE_IDS = """document.querySelector('[data-graph]').graph.cy.edges('.pair')
  .map(edge => edge.data('edgeIds')).flat().sort((one, other) => one - other)"""
PAGE_HEIGHT = "document.documentElement.scrollHeight"
# Without a picture a card has what stands for it and the pill.
IMAGES_COUNT = """id => {
  const { cy } = document.querySelector('[data-graph]').graph;
  const images = cy.getElementById(id).data('images');
  return images.length === 2 && images[0].includes('No%20preview');
}"""
PAINT = "performance.getEntriesByName('graph:first-paint').at(-1).duration"
POINT = """id => {
  const { cy, canvas } = document.querySelector('[data-graph]').graph;
  const { x, y } = cy.getElementById(id).renderedPosition();
  const box = canvas.getBoundingClientRect();
  return [box.left + x, box.top + y];
}"""
# The longest time between two frames while the picture is moved to and fro.
LONGEST_FRAME = """async () => {
  const { cy } = document.querySelector('[data-graph]').graph;
  let longest = 0;
  let last = performance.now();
  for (let step = 0; step < 40; step += 1) {
    cy.panBy({ x: step % 2 ? 30 : -25, y: 12 });
    await new Promise(requestAnimationFrame);
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }
  return longest;
}"""


class TestPicture:
    def test_is_that_of_the_api(self, calm: Page, site: str, full_library: list[Asset], console: list[str]) -> None:
        asset = max(full_library, key=lambda asset: asset.parent_count)

        show(calm, site, asset, "up=3&down=2")

        answer = calm.request.get(f"{site}/api/v1/assets/{asset.pk}/lineage?up=3&down=2&fan_out=12").json()
        assert sorted(int(key) for key in places(calm)) == sorted(node["asset"]["id"] for node in answer["nodes"])
        assert calm.evaluate(EDGE_IDS) == sorted(edge["id"] for edge in answer["edges"])
        assert console == []

    def test_is_the_same_after_opening_closing_reloading_and_going_back(
        self, calm: Page, site: str, full_library: list[Asset], console: list[str]
    ) -> None:
        child = next(asset for asset in full_library if asset.parent_count and not asset.is_stub)
        parent = child.parent_edges.order_by("sequence_order")[0].parent
        EdgeFactory.create_batch(3, parent=parent, child__owner=parent.owner)
        show(calm, site, child, "up=1&down=0")
        closed = places(calm)

        calm.evaluate(f"document.querySelector('[data-graph]').graph.openSide('{parent.pk}c')")
        drawn(calm, f"open={parent.pk}c")
        opened = places(calm)
        calm.evaluate(f"document.querySelector('[data-graph]').graph.closeSide('{parent.pk}c')")
        expect(graph(calm)).not_to_have_attribute("data-drawn", re.compile("open"))
        closed_again = places(calm)
        calm.evaluate(f"document.querySelector('[data-graph]').graph.openSide('{parent.pk}c')")
        drawn(calm, f"open={parent.pk}c")
        opened_again = places(calm)
        calm.reload()
        drawn(calm, f"open={parent.pk}c")
        reloaded = places(calm)
        calm.go_back()
        expect(graph(calm)).to_have_attribute("data-drawn", re.compile("^(?!.*open).+"))
        back = places(calm)

        assert len(opened) > len(closed)
        assert closed_again == closed == back
        assert opened_again == opened == reloaded
        assert console == []

    def test_groups_a_large_family_and_opens_more_of_it(self, calm: Page, site: str, alice: User) -> None:
        hub = AssetFactory(owner=alice)
        EdgeFactory.create_batch(30, parent=hub, child__owner=alice)
        show(calm, site, hub)
        expect(calm.locator("[data-graph-notice]")).to_contain_text("nearest assets")
        assert label(calm, f"more{hub.pk}c") == "18 more"

        # What the header asks for afterwards moves the canvas.
        calm.wait_for_load_state("networkidle")
        calm.locator(".graph__canvas").press("c")
        drawn(calm, f"open={hub.pk}c2")

        assert len(places(calm)) == 25
        assert label(calm, f"more{hub.pk}c") == "6 more"
        calm.locator(".graph__canvas").press("c")
        drawn(calm, f"open={hub.pk}c3")
        assert len(places(calm)) == 31

    def test_packs_the_children_of_a_hub_into_a_grid(
        self, calm: Page, site: str, alice: User, console: list[str]
    ) -> None:
        hub = AssetFactory(owner=alice)
        children = [edge.child for edge in EdgeFactory.create_batch(325, parent=hub, child__owner=alice)]
        show(calm, site, hub, f"max_nodes=2000&open={hub.pk}c28")
        expect(graph(calm)).to_have_attribute("data-painted", "yes")

        found = places(calm)
        assert len(found) == 326
        grid = [found[str(child.pk)] for child in children]
        assert all(x > found[str(hub.pk)][0] for x, _ in grid)
        # All of them are legible enough to be told apart, in a picture as wide as a screen, and none lies on another.
        width, height = (max(axis) - min(axis) for axis in zip(*grid, strict=True))
        assert 0.5 < width / height < 3
        assert calm.evaluate("document.querySelector('[data-graph]').graph.cy.zoom()") > 0.06
        assert len({(x, y) for x, y in grid}) == 325
        assert console == []

    def test_has_the_parents_in_their_order_from_the_top(self, calm: Page, site: str, alice: User) -> None:
        child = AssetFactory(owner=alice)
        parents = [EdgeFactory(child=child, parent__owner=alice, sequence_order=order).parent for order in range(4)]
        EdgeFactory(parent=parents[2], child__owner=alice)

        show(calm, site, child, f"open={parents[2].pk}c")

        heights = [places(calm)[str(parent.pk)][1] for parent in parents]
        assert heights == sorted(heights)

    def test_draws_no_picture_that_is_missing(self, calm: Page, site: str, sandbox: SandboxServer, alice: User) -> None:
        missing = AssetFactory(owner=alice, thumbnail_url=f"{sandbox.url}/no-such-picture.jpg")
        warnings: list[str] = []
        calm.on("console", lambda said: warnings.append(said.text) if said.type == "warning" else None)

        show(calm, site, missing)
        calm.wait_for_load_state("networkidle")

        calm.wait_for_function(IMAGES_COUNT, arg=f"a{missing.pk}")
        assert [warning for warning in warnings if "drawImage" in warning] == []

    def test_on_a_phone_begins_with_the_root_and_its_parents(
        self, new_context: NewContext, site: str, alice: User
    ) -> None:
        older, middle, _ = chain(alice, 3)
        page = screen(new_context, NARROW)
        sign_in(page, site)

        show(page, site, middle)

        across = [point(page, f"a{asset.pk}")[0] for asset in (older, middle)]
        assert 0 < across[0] < across[1] < 390

    def test_says_when_there_are_no_relatives(self, calm: Page, site: str, alice: User) -> None:
        show(calm, site, AssetFactory(owner=alice))

        expect(calm.locator("[data-graph-notice]")).to_contain_text("No parents or children.")


class TestActs:
    def test_a_click_selects_and_a_double_click_centers(
        self, calm: Page, site: str, alice: User, console: list[str]
    ) -> None:
        older, middle, newer = chain(alice, 3)
        show(calm, site, middle)

        calm.mouse.click(*point(calm, f"a{newer.pk}"))
        expect(calm.locator("#graph-panel")).to_contain_text(newer.prompt)
        expect(calm).to_have_url(re.compile(f"pick={newer.pk}$"))
        calm.mouse.dblclick(*point(calm, f"a{older.pk}"))
        calm.wait_for_url(re.compile(f"/assets/{older.pk}/lineage/"))
        expect(calm.locator("#focus-title")).to_contain_text(older.prompt)
        expect(graph(calm)).to_have_attribute("data-painted", "yes")
        calm.go_back()

        expect(calm.locator("#focus-title")).to_contain_text(middle.prompt)
        expect(graph(calm)).to_have_attribute("data-painted", "yes")
        assert len(places(calm)) == 3
        assert console == []

    def test_a_picked_line_leaves_the_page_as_long_as_it_was(self, calm: Page, site: str, alice: User) -> None:
        older, middle, _ = chain(alice, 3)
        show(calm, site, middle)
        before = calm.evaluate(PAGE_HEIGHT)

        show(calm, site, middle, f"pick={older.pk}-{middle.pk}")
        expect(calm.locator("#graph-panel")).to_contain_text(older.prompt)

        assert calm.evaluate(PAGE_HEIGHT) == before

    def test_pointing_says_which_part_was_used(self, calm: Page, site: str, alice: User) -> None:
        paused, ranged = (
            EdgeFactory(
                child__owner=alice, parent__owner=alice, parent_start_time=2.5, parent_end_time=end, parent_frame=frame
            )
            for end, frame in ((2.5, 75), (None, None))
        )

        show(calm, site, paused.child)
        calm.mouse.move(*point(calm, f"how{paused.child_id}"))
        expect(calm.locator("[data-graph-tip]")).to_contain_text("the frame at 2.5 s, frame 75")
        show(calm, site, ranged.child)
        calm.mouse.move(*point(calm, f"how{ranged.child_id}"))

        expect(calm.locator("[data-graph-tip]")).to_contain_text("from 2.5 s")

    def test_focus_hides_what_does_not_lead_to_the_picked(self, calm: Page, site: str, alice: User) -> None:
        root, child, grandchild = chain(alice, 3)
        EdgeFactory.create_batch(3, parent=root, child__owner=alice)
        show(calm, site, root, f"down=2&pick={grandchild.pk}")

        calm.get_by_role("button", name="Show path only").click()
        drawn(calm, "focus=1")

        assert sorted(places(calm)) == sorted(str(asset.pk) for asset in (root, child, grandchild))
        expect(calm.get_by_role("button", name="Show path only")).to_have_attribute("aria-pressed", "true")
        calm.get_by_role("button", name="Show all").click()
        expect(graph(calm)).not_to_have_attribute("data-drawn", re.compile("focus"))
        assert len(places(calm)) == 6

    def test_all_by_keyboard(self, calm: Page, site: str, alice: User, console: list[str]) -> None:
        older, middle, newer = chain(alice, 3)
        sibling = EdgeFactory(parent=older, child__owner=alice).child
        show(calm, site, middle)
        canvas = calm.locator(".graph__canvas")

        canvas.press("ArrowLeft")
        expect(calm.locator("[data-graph-said]")).to_contain_text("1 level up")
        expect(calm.locator("#graph-panel")).to_contain_text(older.prompt)
        canvas.press("c")
        drawn(calm, f"open={older.pk}c")
        assert str(sibling.pk) in places(calm)
        canvas.press("Shift+C")
        expect(graph(calm)).not_to_have_attribute("data-drawn", re.compile("open"))
        assert str(sibling.pk) not in places(calm)
        canvas.press("Home")
        canvas.press("ArrowRight")
        canvas.press("Enter")

        calm.wait_for_url(re.compile(f"/assets/{newer.pk}/lineage/"))
        expect(calm.locator(".graph__canvas")).to_be_focused()
        assert console == []

    def test_finding_lights_and_goes_from_one_to_the_next(self, calm: Page, site: str, alice: User) -> None:
        root = AssetFactory(owner=alice)
        foxes = [EdgeFactory(parent=root, child__owner=alice, child__prompt="a fox in snow").child for _ in range(2)]
        EdgeFactory(parent=root, child__owner=alice)
        show(calm, site, root)

        calm.get_by_label("Find in graph").fill("fox")
        expect(calm.locator("#graph-found")).to_have_text("2")
        calm.get_by_label("Find in graph").press("Enter")
        expect(calm).to_have_url(re.compile(f"pick={foxes[0].pk}$"))
        calm.get_by_label("Find in graph").press("Enter")

        expect(calm).to_have_url(re.compile(f"pick={foxes[1].pk}$"))
        expect(calm.locator("#graph-found")).to_have_text("2 of 2")

    def test_the_tabs_and_the_form_take_along_what_was_opened(self, calm: Page, site: str, alice: User) -> None:
        older, middle, _ = chain(alice, 3)
        EdgeFactory(parent=older, child__owner=alice)
        show(calm, site, middle, f"pick={older.pk}")
        calm.get_by_role("button", name="Show children (1)").click()
        drawn(calm, f"open={older.pk}c")

        calm.get_by_role("link", name="One level more up").click()
        expect(calm).to_have_url(re.compile(f"up=2&open={older.pk}c"))
        drawn(calm, f"up=2&open={older.pk}c")
        calm.get_by_role("link", name="Tree", exact=True).click()

        expect(calm).to_have_url(re.compile(f"view=tree&up=2&open={older.pk}c"))

    def test_the_wheel_scrolls_the_page_and_zooms_with_ctrl(self, calm: Page, site: str, alice: User) -> None:
        show(calm, site, AssetFactory(owner=alice))
        zoom = "document.querySelector('[data-graph]').graph.cy.zoom()"
        before = calm.evaluate(zoom)
        calm.set_viewport_size({"width": 1440, "height": 500})
        canvas = calm.locator(".graph__canvas")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box
        assert box["height"] < 500 - 60
        calm.evaluate("scrollTo(0, 0)")
        top = canvas.bounding_box()
        assert top
        calm.mouse.move(top["x"] + 300, 480)

        calm.mouse.wheel(0, 120)
        calm.wait_for_function("() => scrollY > 0")
        assert calm.evaluate(zoom) == before

        # The first turns of the wheel may still belong to the scrolling of the page.
        calm.keyboard.down("Control")
        for _ in range(20):
            calm.mouse.wheel(0, -120)
            calm.wait_for_timeout(100)
            if calm.evaluate(zoom) > before:
                break
        assert calm.evaluate(zoom) > before


class TestTrouble:
    def test_a_failing_answer_can_be_tried_again(self, calm: Page, site: str, alice: User) -> None:
        older, middle, _ = chain(alice, 3)
        EdgeFactory(parent=older, child__owner=alice)
        show(calm, site, middle, f"pick={older.pk}")
        calm.route("**/api/v1/assets/*/lineage?*", lambda route: route.fulfill(status=503, body="{}"))

        calm.get_by_role("button", name="Show children (1)").click()
        expect(calm.locator("[data-graph-notice]")).to_contain_text("could not answer")
        calm.unroute("**/api/v1/assets/*/lineage?*")
        calm.get_by_role("button", name="Try again").click()

        drawn(calm, f"open={older.pk}c")
        assert len(places(calm)) == 4

    def test_a_session_that_has_ended_is_said(self, calm: Page, site: str, alice: User) -> None:
        older, middle, _ = chain(alice, 3)
        EdgeFactory(parent=older, child__owner=alice)
        show(calm, site, middle, f"pick={older.pk}")
        expect(calm.locator("#graph-panel")).to_contain_text(older.prompt)
        Session.objects.all().delete()

        calm.get_by_role("button", name="Show children (1)").click()
        expect(calm.locator("[data-graph-notice]")).to_contain_text("session has expired")
        calm.get_by_role("button", name="Sign in again").click()

        expect(calm.get_by_role("button", name="Sign in")).to_be_visible()

    def test_without_script_it_leads_to_the_tree(self, new_context: NewContext, site: str, alice: User) -> None:
        root = chain(alice, 2)[0]
        page = new_context(java_script_enabled=False).new_page()
        sign_in(page, site)

        page.goto(site + reverse("lineage:inspector", args=[root.pk]) + "?view=graph")
        page.locator(".graph").get_by_role("link", name="tree").click()

        expect(page).to_have_url(re.compile("view=tree"))


class TestLarge:
    def test_five_hundred_assets(self, calm: Page, site: str, alice: User, console: list[str]) -> None:
        root = family(alice, 500)

        show(calm, site, root, "down=10&max_nodes=500&fan_out=50")

        assert len(places(calm)) == 500
        expect(calm.locator("[data-graph-minimap]")).to_be_visible()
        tell(calm, "500 assets")
        look_at(calm, "graph-500", [WIDE])
        assert console == []

    def test_five_thousand_assets_in_reach(self, calm: Page, site: str, alice: User) -> None:
        root = family(alice, 5_000)

        show(calm, site, root, "down=20&max_nodes=2000&fan_out=2000")

        assert len(places(calm)) == 2_000
        expect(calm.locator("[data-graph-notice]")).to_contain_text("2,000 nearest")
        tell(calm, "2,000 of 5,000 assets")


@EACH_WIDTH
def test_looks(new_context: NewContext, site: str, full_library: list[Asset], width: int) -> None:
    page = screen(new_context, width)
    sign_in(page, site)
    fused = max(full_library, key=lambda asset: asset.parent_count)
    hub = max(full_library, key=lambda asset: asset.child_count)

    show(page, site, fused, f"up=3&down=2&pick={fused.pk}")
    expect(page.locator("#graph-panel")).to_contain_text("Created")
    look_at(page, "graph-fusion", [width])
    show(page, site, hub, "up=2&down=3")
    look_at(page, "graph-hub", [width])


def test_fits_the_smallest_phone(new_context: NewContext, site: str, full_library: list[Asset]) -> None:
    page = screen(new_context, 320)
    sign_in(page, site)

    show(page, site, max(full_library, key=lambda asset: asset.parent_count))

    assert overflow(page) <= 0


@pytest.fixture
def calm(new_context: NewContext, site: str) -> Page:
    """A page on which alice has signed in, where nothing moves by itself."""
    page = screen(new_context)
    sign_in(page, site)
    return page


@pytest.fixture
def console(calm: Page) -> list[str]:
    """Errors of the browser on the calm page."""
    complaints: list[str] = []
    calm.on("pageerror", lambda error: complaints.append(str(error)))
    calm.on("console", lambda said: complaints.append(said.text) if "Security Policy" in said.text else None)
    return complaints


def show(page: Page, site: str, asset: Asset, query: str = "") -> None:
    """Open the graph view of an asset, and wait until it is drawn."""
    page.goto(f"{site}{reverse('lineage:inspector', args=[asset.pk])}?view=graph&{query}")
    expect(graph(page)).to_have_attribute("data-painted", "yes", timeout=PAINT_MS)


def graph(page: Page) -> Any:
    """The part of the page that holds the graph."""
    return page.locator("[data-graph]")


def drawn(page: Page, words: str) -> None:
    """Wait until the picture is that of an address with these words."""
    expect(graph(page)).to_have_attribute("data-drawn", re.compile(re.escape(words)))
    expect(graph(page)).to_have_attribute("data-painted", "yes")


def places(page: Page) -> dict[str, list[float]]:
    """Position of each asset."""
    found: dict[str, list[float]] = page.evaluate(PLACES)
    return found


def tell(page: Page, size: str) -> None:
    """Print how long the picture took, and the longest wait while it is moved; `pytest -s` shows it."""
    paint, frame = page.evaluate(PAINT), page.evaluate(LONGEST_FRAME)
    sys.stdout.write(f"{size}: first paint {paint:.0f} ms, longest frame {frame:.0f} ms\n")


def point(page: Page, node: str) -> tuple[float, float]:
    """Position of a node on the screen."""
    x, y = page.evaluate(POINT, node)
    return x, y


def label(page: Page, node: str) -> str:
    """Text of a node."""
    return str(page.evaluate(f"document.querySelector('[data-graph]').graph.cy.getElementById('{node}').data('label')"))


def family(owner: User, size: int) -> Asset:
    """A root and its descendants: most have a few children, each tenth has forty, each fifth has two parents."""
    assets = Asset.objects.bulk_create(AssetFactory.build_batch(size, owner=owner))
    edges = []
    parent, room = 0, 8
    for place in range(1, size):
        if room == 0:
            parent += 1
            room = 40 if parent % 10 == 0 else 3
        room -= 1
        edges.append((parent, place, 0))
        if place % 5 == 0 and parent > 3:
            edges.append((parent - 3, place, 1))
    LineageEdge.objects.bulk_create(
        LineageEdge(
            owner=owner,
            parent=assets[above],
            child=assets[below],
            relation_type="SOURCE_VIDEO",
            operation_type="video_extend",
            evidence="provider",
            sequence_order=order,
            created_at=NOW,
        )
        for above, below, order in edges
    )
    return assets[0]
