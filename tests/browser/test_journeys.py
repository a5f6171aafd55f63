"""Journeys that need a browser: the whole walk by keyboard, going back, pictures that fail, a session that ends."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from assets.models import Asset, RunKind, RunMode, SyncList
from assets.sync_runs.start import start
from providers.models import ProviderAccount
from providers.sandbox.server.server import SandboxServer
from tests.browser.conftest import PASSWORD
from tests.factories import AssetFactory, EdgeFactory, chain

TABS_MAX = 120
# A run is taken up, read and seen to be over within this.
LONG_MS = 20_000


def test_the_whole_walk_by_keyboard(
    page: Page, site: str, sandbox: SandboxServer, worker: None, console: list[str]
) -> None:
    page.goto(site)
    page.keyboard.type("alice")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site}/")

    press(page, "main a:has-text('Open Provider Settings')")
    press(page, "main a:has-text('Connect an account')")
    tab_to(page, "input[name=credential_access_key]")
    page.keyboard.type(sandbox.access_key)
    press(page, "summary:has-text('Advanced')")
    tab_to(page, "input[name=base_url]")
    page.keyboard.type(sandbox.url)
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("is connected")

    press(page, "#tools-scan")
    expect(page.locator("#syncrun-title")).to_be_focused()
    expect(page.locator("#report")).to_contain_text(re.compile(r"Videos: \d+ remote / 0 imported"), timeout=LONG_MS)
    press(page, "#tools-import")
    expect(page.locator("#toasts")).to_contain_text("0 already imported, 0 unreadable", timeout=LONG_MS)
    expect(page.locator("#report")).to_contain_text(re.compile(r"Videos: (\d+) remote / \1 imported"))
    expect(page.locator("#accounts")).to_contain_text("Import, done")
    press(page, "#tools-rebuild")
    expect(page.locator("#toasts")).to_contain_text("Lineage rebuilt")

    press(page, "#rebuilt a:has-text('with lineage')")
    press(page, ".lineage-badge")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".use__badge").first).to_be_visible()
    press(page, ".node__link")
    expect(page.locator("#focus-title")).to_be_focused()
    assert console == []


def test_going_back_after_recentering(as_alice: Page, site: str, full_library: list[Asset], console: list[str]) -> None:
    asset = next(asset for asset in full_library if asset.parent_count and not asset.is_stub)
    first = site + reverse("lineage:inspector", args=[asset.pk])
    as_alice.goto(first)
    title = as_alice.title()

    as_alice.locator(".node__link").first.click()
    as_alice.wait_for_url(lambda address: address != first)
    second = as_alice.url
    expect(as_alice).not_to_have_title(title)
    as_alice.go_back()

    expect(as_alice).to_have_url(first)
    expect(as_alice).to_have_title(title)
    as_alice.go_forward()
    expect(as_alice).to_have_url(second)
    assert console == []


def test_looking_farther_changes_the_address(as_alice: Page, site: str, full_library: list[Asset]) -> None:
    deep = next(asset for asset in full_library if asset.parent_count and asset.child_count)
    as_alice.goto(site + reverse("lineage:inspector", args=[deep.pk]))
    steps = as_alice.get_by_role("spinbutton", name="Levels up")

    steps.fill("3")
    steps.press("Enter")

    expect(as_alice).to_have_url(re.compile("up=3"))
    expect(steps).to_have_value("3")


def test_rebuilding_says_what_changed(as_alice: Page, site: str, full_library: list[Asset]) -> None:
    child = next(asset for asset in full_library if asset.parent_count)
    child.parent_edges.all().delete()
    as_alice.goto(site + reverse("lineage:inspector", args=[child.pk]))
    expect(as_alice.locator(".tree")).to_contain_text("No parents.")

    as_alice.get_by_text("Edit lineage").focus()
    as_alice.keyboard.press("Enter")
    as_alice.keyboard.press("Tab")
    expect(as_alice.get_by_role("button", name="Rebuild lineage")).to_be_focused()
    as_alice.keyboard.press("Enter")

    expect(as_alice.locator("#toasts")).to_contain_text(f"{child.parent_count} new, 0 removed")
    expect(as_alice.locator(".tree")).not_to_contain_text("No parents.")
    expect(as_alice.get_by_text("Edit lineage")).to_be_focused()


@pytest.mark.parametrize("view", ["cards", "tree", "graph"])
def test_reloading_shows_what_came_since_and_keeps_the_rest(
    as_alice: Page, site: str, alice: User, console: list[str], view: str
) -> None:
    first, second = chain(alice, 2)
    as_alice.goto(site + reverse("lineage:inspector", args=[first.pk]) + f"?view={view}&pick={first.pk}-{second.pk}")
    reload = as_alice.get_by_role("link", name="Reload")
    expect(as_alice.locator(".focus__tags")).to_contain_text("1 child")
    EdgeFactory(parent=first, child__owner=alice)

    reload.focus()
    as_alice.keyboard.press("Enter")

    expect(as_alice.locator(".focus__tags")).to_contain_text("2 children")
    expect(reload).to_be_focused()
    expect(as_alice).to_have_url(re.compile(f"pick={first.pk}-{second.pk}"))
    assert console == []


def test_filtering_as_one_types(as_alice: Page, site: str, alice: User) -> None:
    AssetFactory(owner=alice, prompt="paper boats")
    AssetFactory(owner=alice, prompt="a fox in snow")
    as_alice.goto(site)

    as_alice.get_by_label("Search prompts").press_sequentially("fox")

    expect(as_alice.locator(".asset-card")).to_have_count(1)
    expect(as_alice).to_have_url(re.compile("text=fox"))
    expect(as_alice.get_by_label("Search prompts")).to_be_focused()


def test_an_operator_waits_while_one_types_it(as_alice: Page, site: str, alice: User) -> None:
    asset = AssetFactory(owner=alice, prompt="paper boats")
    as_alice.goto(site)
    search = as_alice.get_by_label("Search prompts")

    search.press_sequentially("made-from:", delay=20)
    expect(as_alice.locator("#results")).to_contain_text("Add an asset ID after made-from:")
    with as_alice.expect_response(lambda answer: answer.status == 204):
        search.press_sequentially("nowhere")
    expect(as_alice.locator(".asset-card")).to_have_count(1)
    expect(as_alice.get_by_role("alert")).to_have_count(0)
    search.press("Enter")
    expect(as_alice.get_by_role("alert")).to_contain_text("No asset with the ID “nowhere”")

    search.fill(f"made-from:{asset.pk}")
    expect(as_alice.locator("#results")).to_contain_text("No matching assets")


@pytest.mark.parametrize("button", ["Delete", "Cancel"])
def test_a_deletion_returns_to_the_place_in_the_list(as_alice: Page, site: str, alice: User, button: str) -> None:
    AssetFactory.create_batch(90, owner=alice, prompt="paper boats")
    as_alice.goto(f"{site}/?text=paper%20boats")
    as_alice.get_by_role("link", name="Next").click()
    expect(as_alice).to_have_url(re.compile("cursor="))
    place = as_alice.locator("#results").get_attribute("data-list")
    as_alice.locator(".asset-card__pick input").last.check(force=True)
    as_alice.evaluate("window.scrollTo({ top: 300, behavior: 'instant' })")

    as_alice.get_by_role("button", name="Delete…").click()
    expect(as_alice.get_by_role("heading", level=1)).to_contain_text("Delete")
    as_alice.locator(".row-line").get_by_text(button, exact=True).click()

    expect(as_alice.locator("#results")).to_have_attribute("data-list", place or "")
    expect(as_alice.locator(".asset-card")).to_have_count(41 if button == "Delete" else 42)
    assert as_alice.evaluate("window.scrollY") == 300


def test_the_filters_close_by_escape(as_alice: Page, site: str, alice: User) -> None:
    AssetFactory(owner=alice)
    as_alice.goto(site)
    as_alice.get_by_text("Filters").click()
    expect(as_alice.get_by_label("Created after")).to_be_visible()

    as_alice.keyboard.press("Escape")

    expect(as_alice.get_by_label("Created after")).to_be_hidden()


def test_a_failing_scan_shows_in_the_accounts_state(
    as_alice: Page, site: str, account: ProviderAccount, sandbox: SandboxServer, worker: None
) -> None:
    as_alice.goto(f"{site}/settings/providers/pixverse/")
    expect(as_alice.locator("#accounts")).to_contain_text("Ready")
    sandbox.faults.add({"name": "auth_expired"})

    as_alice.get_by_role("button", name="Scan Library").click()

    expect(as_alice.locator("#accounts")).to_contain_text("Needs a new sign-in", timeout=LONG_MS)
    expect(as_alice.get_by_role("link", name="Sign in again")).to_be_visible()


def test_a_run_shows_how_far_it_is_by_itself(
    as_alice: Page, site: str, account: ProviderAccount, sandbox: SandboxServer, worker: None, console: list[str]
) -> None:
    sandbox.faults.add({"name": "slow", "path": "/library/list", "seconds": 0.7})
    as_alice.goto(f"{site}/settings/providers/pixverse/")
    as_alice.get_by_label("Create lineage while importing").check()
    as_alice.get_by_role("button", name="Import Missing Assets").click()

    expect(as_alice.locator("#syncrun-card")).to_contain_text("Importing", timeout=LONG_MS)
    expect(as_alice.locator("#syncrun-progress")).to_have_attribute("value", re.compile(r"[1-9]\d"), timeout=LONG_MS)
    expect(as_alice.locator("#syncrun-announcement")).to_contain_text("% done")
    expect(as_alice.get_by_role("button", name="Import Missing Assets")).to_have_count(0)
    as_alice.get_by_role("button", name="Cancel").focus()
    as_alice.reload()
    expect(as_alice.locator("#syncrun-card")).to_contain_text("Importing")

    sandbox.faults.clear()
    expect(as_alice.locator("#toasts")).to_contain_text("0 already imported, 0 unreadable", timeout=LONG_MS)
    expect(as_alice.locator("#syncrun-card")).to_contain_text("Done")
    assert console == []


def test_the_focus_stays_while_a_run_changes(as_alice: Page, site: str, account: ProviderAccount) -> None:
    as_alice.goto(f"{site}/settings/providers/pixverse/")
    as_alice.get_by_role("button", name="Scan Library").click()
    # The page first brings the focus to what changed; only then is it anybody's to move.
    expect(as_alice.locator("#syncrun-title")).to_be_focused()
    cancel = as_alice.get_by_role("button", name="Cancel")
    cancel.focus()

    SyncList.objects.update(total=100, seen=50, pages=1)
    expect(as_alice.locator("#syncrun-card")).to_contain_text("50 of")
    expect(cancel).to_be_focused()
    as_alice.keyboard.press("Enter")

    expect(as_alice.locator("#syncrun-card")).to_contain_text("Cancelled")
    expect(as_alice.locator("#syncrun-title")).to_be_focused()
    expect(as_alice.get_by_role("button", name="Scan Library")).to_be_visible()


def test_a_run_that_is_under_way_is_told_of(as_alice: Page, site: str, account: ProviderAccount) -> None:
    as_alice.goto(f"{site}/settings/providers/pixverse/")
    expect(as_alice.locator("#report")).to_contain_text("not scanned yet")
    start(account, kind=RunKind.SCAN, mode=RunMode.FULL, now=timezone.now())

    as_alice.get_by_role("button", name="Scan Library").click()

    expect(as_alice.locator("#report")).to_contain_text("One run at a time")
    expect(as_alice.locator("#syncrun-card")).to_contain_text("Waiting for a worker")


def test_a_picture_that_fails_gives_way_to_words(
    as_alice: Page, site: str, alice: User, sandbox: SandboxServer
) -> None:
    AssetFactory(owner=alice, thumbnail_url=f"{sandbox.url}/gone.jpg")

    as_alice.goto(site)

    expect(as_alice.locator(".thumb__picture")).to_be_hidden()
    expect(as_alice.locator(".thumb__words")).to_contain_text("No preview")


def test_a_clip_plays_while_it_is_pointed_at(as_alice: Page, site: str, full_library: list[Asset]) -> None:
    as_alice.goto(f"{site}/?media_type=video&lineage=related")
    card = as_alice.locator("[data-preview-card]:has([data-preview])").first

    card.hover()
    expect(card.locator("video")).to_have_count(1)
    as_alice.mouse.move(0, 0)
    expect(card.locator("video")).to_have_count(0)


def test_a_session_that_ends_shows_the_sign_in_page_whole(as_alice: Page, site: str, account: ProviderAccount) -> None:
    as_alice.goto(f"{site}/settings/providers/pixverse/")
    expect(as_alice.locator("#report")).to_contain_text("not scanned yet")
    Session.objects.all().delete()

    as_alice.get_by_role("button", name="Scan Library").click()

    expect(as_alice.get_by_role("heading", name="Sign in to Stemma")).to_be_visible()
    expect(as_alice.get_by_role("button", name="Scan Library")).to_have_count(0)


def test_the_account_picker_shows_what_is_here_from_each(
    as_alice: Page, site: str, alice: User, account: ProviderAccount
) -> None:
    AssetFactory(owner=alice, account=account)
    as_alice.goto(f"{site}/settings/providers/pixverse/")

    expect(as_alice.locator("#report")).to_contain_text("Videos: not scanned yet / 1 imported")


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until what is wanted has the focus."""
    wanted = page.locator(selector).first
    expect(wanted).to_be_visible()
    # A page that is still loading is plain HTML: htmx has not taken over its forms yet.
    page.wait_for_load_state()
    for _ in range(TABS_MAX):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached by Tab.")


def press(page: Page, selector: str) -> None:
    """Go to something by Tab and press Enter."""
    tab_to(page, selector)
    page.keyboard.press("Enter")
