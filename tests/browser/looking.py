"""Check how pages look: on wide and narrow screens, light and dark, without loading a page again for each."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

NewContext = Callable[..., BrowserContext]

SCREENSHOTS = Path(__file__).resolve().parents[2] / "var" / "screenshots"

WIDE, NARROW = 1440, 390
WIDTHS = (WIDE, NARROW)
# For tests that click: each width shows its own buttons, so they click through both.
EACH_WIDTH = pytest.mark.parametrize("width", WIDTHS)
# No page may be wider than these phones either, down to the smallest in use.
PHONE_WIDTHS = (360, 320)
HEIGHT = 900

FITS = "(width) => innerWidth === width && document.documentElement.scrollWidth <= width"
# A busy machine lays a page out late; one that is too wide stays so.
FITS_MS = 5_000
WIDER = """[...document.querySelectorAll("body *")]
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
  .slice(0, 5).map((element) => element.outerHTML.slice(0, 120))"""

# Dark screens differ in custom properties only, as a test sees to; no other rule of axe can find anything new there.
RULES: dict[Literal["light", "dark"], dict[str, Any]] = {
    "light": {},
    "dark": {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}},
}


def screen(new_context: NewContext, width: int = WIDE) -> Page:
    """Open a light browser window of its own, in which nothing moves by itself."""
    context = new_context(
        viewport={"width": width, "height": HEIGHT},
        color_scheme="light",
        reduced_motion="reduce",
    )
    return context.new_page()


def look_at(page: Page, name: str, widths: Sequence[int] = WIDTHS) -> None:
    """Check the page at each width, light and dark: fail on what axe finds and on what is wider than the screen.

    The page is left as wide as it was, and light.
    """
    page.wait_for_load_state("networkidle")
    before = page.viewport_size
    for width in widths:
        resize(page, width)
        for scheme, rules in RULES.items():
            page.emulate_media(color_scheme=scheme)
            expect_to_fit(page, name, width)
            keep_picture(page, f"{name}-{width}-{scheme}")
            found = run_axe(page, rules)
            assert found.violations_count == 0, f"{name}, {width} px, {scheme}: {found.generate_report()}"
        page.emulate_media(color_scheme="light")
    for width in PHONE_WIDTHS if NARROW in widths else ():
        resize(page, width)
        expect_to_fit(page, name, width)
    if before:
        page.set_viewport_size(before)


def look_at_opened(page: Page, name: str, label: str) -> None:
    """Look at the page after a click on a label, at each width."""
    for width in WIDTHS:
        resize(page, width)
        page.reload()
        page.get_by_text(label).click()
        look_at(page, name, [width])


def keep_picture(page: Page, name: str) -> None:
    """Write a screenshot to var/screenshots when SCREENSHOTS is set, to be looked at by a person."""
    if "SCREENSHOTS" in os.environ:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png")


def resize(page: Page, width: int) -> None:
    """Make the page this wide."""
    page.set_viewport_size({"width": width, "height": HEIGHT})


def expect_to_fit(page: Page, name: str, width: int) -> None:
    """Fail when something sticks out on the right once the page is laid out at this width."""
    try:
        page.wait_for_function(FITS, arg=width, timeout=FITS_MS)
    except PlaywrightTimeoutError:
        raise AssertionError(f"{name} is {overflow(page)} px wider than {width} px: {page.evaluate(WIDER)}") from None


def run_axe(page: Page, options: dict[str, Any]) -> AxeResults:
    """Return what axe finds on the page, where it is loaded once."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return AxeResults(
        page.evaluate("(options) => axe.run(document, options)", {"resultTypes": ["violations"], **options})
    )


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
