"""Every page in light and dark, narrow and wide: nothing for axe to find, nothing wider than the screen.

The screenshots go to var/screenshots, to be looked at by a person.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from assets.models import Asset
from providers.models import ProviderAccount
from providers.sandbox.server import SandboxServer
from tests.browser.conftest import SCREENSHOTS, sign_in

NewContext = Callable[..., BrowserContext]

SCREENS = pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1440, "light"), (1440, "dark")])


@SCREENS
def test_pages_of_a_full_library(
    new_context: NewContext, site: str, full_library: list[Asset], account: ProviderAccount, width: int, scheme: str
) -> None:
    page = screen(new_context, width, scheme)
    sign_in(page, site)

    for name, address in addresses(full_library, account).items():
        page.goto(site + address)
        look_at(page, name, width, scheme)
    page.goto(site)
    page.get_by_text("Filters").click()
    look_at(page, "library-filters", width, scheme)


@SCREENS
def test_pages_before_there_is_anything(new_context: NewContext, site: str, width: int, scheme: str) -> None:
    page = screen(new_context, width, scheme)
    page.goto(f"{site}/accounts/sign-in/")
    look_at(page, "sign-in", width, scheme)
    sign_in(page, site)
    look_at(page, "library-empty", width, scheme)

    page.goto(f"{site}/settings/providers/pixverse/")
    look_at(page, "settings-empty", width, scheme)


@SCREENS
def test_pages_when_something_is_wrong(
    new_context: NewContext, site: str, account: ProviderAccount, sandbox: SandboxServer, width: int, scheme: str
) -> None:
    sandbox.faults.add({"name": "auth_expired"})
    page = screen(new_context, width, scheme)
    sign_in(page, site)

    page.goto(f"{site}/settings/providers/pixverse/")
    page.get_by_role("button", name="Scan Library").click()
    expect(page.locator("#report")).to_contain_text("does not accept this sign-in")
    look_at(page, "settings-failing", width, scheme)
    page.goto(f"{site}/?media_type=smell")
    look_at(page, "library-nonsense", width, scheme)


@SCREENS
def test_the_manual_tools_after_use(
    new_context: NewContext, site: str, account: ProviderAccount, width: int, scheme: str
) -> None:
    page = screen(new_context, width, scheme)
    sign_in(page, site)
    page.goto(f"{site}/settings/providers/pixverse/")

    page.get_by_role("button", name="Import Missing Assets").click()
    expect(page.locator("#report")).to_contain_text("Imported from")
    expect(page.locator("#report")).to_contain_text("remote /")
    page.get_by_role("button", name="Rebuild Lineage").click()
    expect(page.locator("#rebuilt")).to_contain_text("unchanged")
    look_at(page, "settings-used", width, scheme)


def test_nothing_is_wider_than_a_small_phone(
    new_context: NewContext, site: str, full_library: list[Asset], account: ProviderAccount
) -> None:
    page = screen(new_context, 360, "light")
    sign_in(page, site)

    for address in addresses(full_library, account).values():
        page.goto(site + address)
        assert overflow(page) <= 0, address


def addresses(library: list[Asset], account: ProviderAccount) -> dict[str, str]:
    """A page of every kind, by name."""
    hub = max(library, key=lambda asset: asset.child_count)
    made_of_many = max(library, key=lambda asset: asset.parent_count)
    stub = next(asset for asset in library if asset.is_stub)
    sound = next(asset for asset in library if asset.media_type == "audio")
    return {
        "library": "/",
        "library-filtered": "/?media_type=video&lineage=related",
        "library-stubs": "/?show_stubs=true&sort=oldest",
        "library-nothing": "/?text=zebra",
        "asset": reverse("assets:asset", args=[made_of_many.pk]),
        "asset-image": reverse("assets:asset", args=[hub.pk]),
        "asset-audio": reverse("assets:asset", args=[sound.pk]),
        "asset-stub": reverse("assets:asset", args=[stub.pk]),
        "inspector": reverse("lineage:inspector", args=[made_of_many.pk]),
        "inspector-hub": reverse("lineage:inspector", args=[hub.pk]),
        "inspector-deep": reverse("lineage:inspector", args=[made_of_many.pk]) + "?max_depth=4",
        "inspector-stub": reverse("lineage:inspector", args=[stub.pk]),
        "inspector-nonsense": reverse("lineage:inspector", args=[hub.pk]) + "?max_depth=99",
        "settings": "/settings/providers/pixverse/",
        "connect": "/settings/providers/pixverse/accounts/new/",
        "change": reverse("providers:change", args=[account.pk]),
        "delete": reverse("providers:delete", args=[account.pk]),
        "not-found": "/nothing-here",
    }


def screen(new_context: NewContext, width: int, scheme: str) -> Page:
    """A browser window of its own."""
    context = new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    return context.new_page()


def look_at(page: Page, name: str, width: int, scheme: str) -> None:
    """Keep a picture of the page, and fail on what axe finds or what sticks out."""
    page.wait_for_load_state("networkidle")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png")
    found = Axe().run(page)
    assert found.violations_count == 0, f"{name}: {found.generate_report()}"
    assert overflow(page) <= 0, f"{name} is wider than {width} px"


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
