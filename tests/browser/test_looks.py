"""Every page in light and dark, narrow and wide: nothing for axe to find, nothing wider than the screen."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from assets.models import Asset, RunKind, RunMode, SyncList, SyncProblem, SyncRun
from assets.sync_runs import runner
from assets.sync_runs.start import start
from common.throttle import Clock
from providers.models import ProviderAccount
from providers.registry import adapter_class
from providers.sandbox.server.server import SandboxServer
from tests.browser.conftest import sign_in
from tests.browser.looking import EACH_WIDTH, NewContext, look_at, look_at_opened, screen

CSS = Path(__file__).resolve().parents[2] / "static" / "css"
# A run is taken up, read and seen to be over within this.
LONG_MS = 20_000

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


def test_pages_of_a_full_library(
    new_context: NewContext, site: str, full_library: list[Asset], account: ProviderAccount
) -> None:
    page = screen(new_context)
    sign_in(page, site)

    for name, address in addresses(full_library, account).items():
        page.goto(site + address)
        look_at(page, name)
    page.goto(site)
    look_at_opened(page, "library-filters", "Filters")


@EACH_WIDTH
def test_pages_before_there_is_anything(new_context: NewContext, site: str, width: int) -> None:
    page = screen(new_context, width)
    page.goto(f"{site}/accounts/sign-in/")
    look_at(page, "sign-in", [width])
    sign_in(page, site)
    look_at(page, "library-empty", [width])

    page.goto(f"{site}/settings/providers/pixverse/")
    look_at(page, "settings-empty", [width])
    page.get_by_role("link", name="API tokens").click()
    page.get_by_label("Name").fill("laptop")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Token", exact=True)).to_have_value(re.compile("^stemma_"))
    look_at(page, "tokens", [width])


def test_pages_when_something_is_wrong(
    new_context: NewContext, site: str, account: ProviderAccount, sandbox: SandboxServer
) -> None:
    sandbox.faults.add({"name": "auth_expired"})
    run = start(account, kind=RunKind.SCAN, mode=RunMode.FULL, now=timezone.now())
    runner.execute(run.pk, clock=Clock(now=timezone.now, sleep=time.sleep))
    page = screen(new_context)
    sign_in(page, site)

    page.goto(f"{site}/settings/providers/pixverse/")
    expect(page.locator("#report")).to_contain_text("does not accept this sign-in")
    look_at(page, "settings-failing")
    page.goto(f"{site}/?media_type=smell")
    look_at(page, "library-nonsense")


@EACH_WIDTH
def test_the_manual_tools_after_use(
    new_context: NewContext, site: str, account: ProviderAccount, worker: None, width: int
) -> None:
    page = screen(new_context, width)
    sign_in(page, site)
    page.goto(f"{site}/settings/providers/pixverse/")

    page.get_by_role("button", name="Import Missing Assets").click()
    expect(page.locator("#syncrun-card")).to_contain_text("Done", timeout=LONG_MS)
    expect(page.locator("#report")).to_contain_text("remote /")
    page.get_by_role("button", name="Rebuild Lineage").click()
    expect(page.locator("#rebuilt")).to_contain_text("Unchanged")
    look_at(page, "settings-used", [width])


def test_runs_of_every_kind(new_context: NewContext, site: str, account: ProviderAccount) -> None:
    page = screen(new_context)
    sign_in(page, site)
    page.goto(f"{site}/runs/")
    look_at(page, "runs-none")

    for name, fields in RUNS.items():
        run = a_run(account, **fields)
        page.goto(site + reverse("assets:run", args=[run.pk]))
        look_at(page, f"run-{name}")
        SyncRun.objects.filter(pk=run.pk).exclude(state="succeeded").update(state="cancelled")
    page.goto(f"{site}/runs/")
    look_at(page, "runs")
    a_run(account)
    page.goto(f"{site}/settings/providers/pixverse/")
    page.locator("#syncrun-card").scroll_into_view_if_needed()
    look_at(page, "settings-running")


def test_dark_screens_differ_in_custom_properties_only() -> None:
    sheets = "".join(sheet.read_text() for sheet in CSS.glob("*.css"))
    css = re.sub(r"/\*.*?\*/", "", sheets, flags=re.DOTALL)

    dark = re.findall(r"@media[^{]*prefers-color-scheme[^{]*\{((?:[^{}]*\{[^{}]*\})*[^{}]*)\}", css)

    assert css.count("prefers-color-scheme") == len(dark) > 0
    assert [words for words in re.findall(r"[{;]\s*([\w-]+)\s*:", "".join(dark)) if not words.startswith("--")] == []


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
        "merges": "/library/merges/",
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
