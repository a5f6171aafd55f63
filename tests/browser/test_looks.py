"""Every page in light and dark, narrow and wide: nothing for axe to find, nothing wider than the screen.

The screenshots go to var/screenshots, to be looked at by a person.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from assets.models import Asset, RunKind, RunMode, SyncList, SyncProblem, SyncRun
from assets.sync_runs import runner
from assets.sync_runs.start import start
from common.throttle import Clock
from providers.models import ProviderAccount
from providers.registry import adapter_class
from providers.sandbox.server.server import SandboxServer
from tests.browser.conftest import SCREENSHOTS, sign_in

# A run is taken up, read and seen to be over within this.
LONG_MS = 20_000

NewContext = Callable[..., BrowserContext]

SCREENS = pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1440, "light"), (1440, "dark")])


RUNS: dict[str, dict[str, Any]] = {
    "queued": {"state": "queued", "active_seconds": 0},
    "running": {"create_lineage": True},
    "scanning": {"kind": "scan"},
    "stopping": {"cancel_requested_at": timezone.now()},
    "resting": {
        "continue_at": timezone.now() + timedelta(minutes=4),
        "error_detail": "Pixverse takes no more requests for now.",
    },
    "failed": {
        "state": "failed",
        "error_code": "provider_authentication",
        "error_title": "The provider does not accept this sign-in",
        "error_detail": "Pixverse says that the token has ended.",
        "error_next_step": "Connect the account again with new credentials.",
        "finished_at": timezone.now(),
    },
    "cancelled": {"state": "cancelled", "finished_at": timezone.now()},
    "done": {"state": "succeeded", "finished_at": timezone.now(), "create_lineage": True, "mode": "incremental"},
}


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
    run = start(account, kind=RunKind.SCAN, mode=RunMode.FULL, now=timezone.now())
    runner.execute(run.pk, clock=Clock(now=timezone.now, sleep=time.sleep))
    page = screen(new_context, width, scheme)
    sign_in(page, site)

    page.goto(f"{site}/settings/providers/pixverse/")
    expect(page.locator("#report")).to_contain_text("does not accept this sign-in")
    look_at(page, "settings-failing", width, scheme)
    page.goto(f"{site}/?media_type=smell")
    look_at(page, "library-nonsense", width, scheme)


@SCREENS
def test_the_manual_tools_after_use(
    new_context: NewContext, site: str, account: ProviderAccount, worker: None, width: int, scheme: str
) -> None:
    page = screen(new_context, width, scheme)
    sign_in(page, site)
    page.goto(f"{site}/settings/providers/pixverse/")

    page.get_by_role("button", name="Import Missing Assets").click()
    expect(page.locator("#syncrun-card")).to_contain_text("Done", timeout=LONG_MS)
    expect(page.locator("#report")).to_contain_text("remote /")
    page.get_by_role("button", name="Rebuild Lineage").click()
    expect(page.locator("#rebuilt")).to_contain_text("Unchanged")
    look_at(page, "settings-used", width, scheme)


@SCREENS
def test_runs_of_every_kind(
    new_context: NewContext, site: str, account: ProviderAccount, width: int, scheme: str
) -> None:
    page = screen(new_context, width, scheme)
    sign_in(page, site)
    page.goto(f"{site}/runs/")
    look_at(page, "runs-none", width, scheme)

    for name, fields in RUNS.items():
        run = a_run(account, **fields)
        page.goto(site + reverse("assets:run", args=[run.pk]))
        look_at(page, f"run-{name}", width, scheme)
        SyncRun.objects.filter(pk=run.pk).exclude(state="succeeded").update(state="cancelled")
    page.goto(f"{site}/runs/")
    look_at(page, "runs", width, scheme)
    a_run(account)
    page.goto(f"{site}/settings/providers/pixverse/")
    page.locator("#syncrun-card").scroll_into_view_if_needed()
    look_at(page, "settings-running", width, scheme)


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
        "library-named": f"/?text={hub.provider_asset_id}",
        "asset": reverse("library:asset", args=[made_of_many.pk]),
        "asset-image": reverse("library:asset", args=[hub.pk]),
        "asset-audio": reverse("library:asset", args=[sound.pk]),
        "asset-stub": reverse("library:asset", args=[stub.pk]),
        "inspector": reverse("lineage:inspector", args=[made_of_many.pk]),
        "inspector-hub": reverse("lineage:inspector", args=[hub.pk]),
        "inspector-deep": reverse("lineage:inspector", args=[made_of_many.pk]) + "?max_depth=4",
        "inspector-stub": reverse("lineage:inspector", args=[stub.pk]),
        "inspector-nonsense": reverse("lineage:inspector", args=[hub.pk]) + "?max_depth=99",
        "settings": "/settings/providers/pixverse/",
        "connect": "/settings/providers/pixverse/accounts/new/",
        "change": reverse("providers:change", args=[account.pk]),
        "delete": reverse("providers:delete", args=[account.pk]),
        "by-id-empty": f"/library/by-id/?account={account.pk}",
        "not-found": "/nothing-here",
    }


def a_run(account: ProviderAccount, **fields: Any) -> SyncRun:
    """A run of a large library, with four items that could not be read."""
    now = timezone.now()
    known = {"kind": "import", "state": "running", "created_at": now, "progress_at": now, "active_seconds": 90}
    run = SyncRun.objects.create(
        owner=account.owner,
        account=account,
        provider_id=account.provider_id,
        account_label=account.label,
        **{**known, **fields},
    )
    counts = {"total": 18_400, "seen": 7_300, "created": 6_100, "existing": 1_150, "completed": 46, "invalid": 4}
    for part in adapter_class(account.provider_id).list_parts:
        SyncList.objects.create(owner=account.owner, run=run, list_key=part.key, pages=73, **counts)
    SyncProblem.objects.bulk_create(
        SyncProblem(
            owner=account.owner,
            run=run,
            list_key="videos:generated",
            provider_asset_id=str(370_000_000_000_000 + number),
            reason="The item has no media type, or one that is not known here.",
            payload={"video_id": 370_000_000_000_000 + number, "prompt": "a paper boat on a river of ink"},
        )
        for number in range(4 if run.kind == "import" else 0)
    )
    return run


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
