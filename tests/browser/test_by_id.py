"""Import by ID in the browser."""

from __future__ import annotations

from playwright.sync_api import expect

from assets.models import Asset
from library import deletion
from providers.models import ProviderAccount
from providers.sandbox.server.server import SandboxServer
from tests.browser.conftest import sign_in
from tests.browser.looking import EACH_WIDTH, NewContext, look_at, screen
from tests.factories import NOW


@EACH_WIDTH
def test_imports_and_restores_single_items(
    new_context: NewContext, site: str, account: ProviderAccount, sandbox: SandboxServer, width: int
) -> None:
    items = [
        item for item in sandbox.library.describe(0, 200) if (item["media_type"], item["asset_source"]) == ("video", 1)
    ]
    wanted, deleted = (str(item["id"]) for item in items[:2])
    page = screen(new_context, width)
    sign_in(page, site)
    page.goto(f"{site}/settings/providers/pixverse/")
    page.locator("summary").get_by_text("Import by ID").click()
    page.get_by_label("IDs", exact=True).fill(f"{wanted}, {deleted}, 999")
    page.get_by_role("button", name="Import by ID").click()
    expect(page.locator("#by-id")).to_contain_text("Not found at Pixverse")
    deletion.delete(account.owner_id, [Asset.objects.get(provider_asset_id=deleted).pk], now=NOW)

    page.get_by_role("button", name="Import by ID").click()

    expect(page.locator("#by-id")).to_contain_text("You deleted it on")
    page.locator("#by-id").scroll_into_view_if_needed()
    look_at(page, "by-id", [width])
    page.get_by_role("button", name="Restore 1 deleted item").click()
    expect(page.locator("#by-id")).not_to_contain_text("You deleted it on")
    expect(page.locator("#here")).to_contain_text("Videos: not scanned yet / 2 imported")
