"""The drift check in the browser."""

from __future__ import annotations

from playwright.sync_api import expect

from assets.models import Asset
from providers.models import ProviderAccount
from tests.browser.conftest import sign_in
from tests.browser.looking import EACH_WIDTH, NewContext, look_at, screen


@EACH_WIDTH
def test_compares_the_newest_assets(
    new_context: NewContext, site: str, full_library: list[Asset], account: ProviderAccount, width: int
) -> None:
    asset = Asset.objects.filter(account=account).listed().newest_first()[0]
    changed = {**asset.media_metadata, "prompt": "a changed prompt", "output_width": 7}
    Asset.objects.filter(pk=asset.pk).update(media_metadata=changed)
    page = screen(new_context, width)
    sign_in(page, site)
    page.goto(f"{site}/accounts/{account.pk}/drift/")
    page.get_by_label("Newest items to check").fill("3")

    page.get_by_role("button", name="Compare").click()

    expect(page.locator("#drift")).to_contain_text("3 compared")
    expect(page.locator("#drift")).to_contain_text("a changed prompt")
    look_at(page, "drift", [width])
