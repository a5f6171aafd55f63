"""Texts from outside that never end: no page gets wider than the screen."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from assets.models import Asset, AssetMerge, SyncList, SyncProblem, SyncRun
from lineage.models import RebuildFinding, RebuildRun
from providers.models import ProviderAccount
from tests.browser.conftest import sign_in
from tests.browser.looking import NARROW, PHONE_WIDTHS, WIDE, NewContext, expect_to_fit, resize, screen
from tests.factories import NOW, AccountFactory, AssetFactory, EdgeFactory, ReferenceFactory

ENDLESS = "W" * 1_500


@pytest.fixture
def addresses(site: str, alice: User) -> list[str]:
    """A page of every kind, with long texts wherever a text comes from outside."""
    User.objects.filter(pk=alice.pk).update(username="alice", first_name=ENDLESS[:150])
    account: ProviderAccount = AccountFactory(
        owner=alice,
        label=ENDLESS[:80],
        display_name=ENDLESS[:120],
        base_url=f"https://{'w' * 60}.{'w' * 60}.example",
        state="needs_sign_in",
        state_detail=ENDLESS[:300],
    )
    texts = {"title": ENDLESS, "prompt": ENDLESS, "model_name": ENDLESS[:120], "media_metadata": {ENDLESS: ENDLESS}}
    parent, child = (AssetFactory(owner=alice, account=account, **texts) for _ in range(2))
    ReferenceFactory(asset=child, kind="url", value=f"https://files.example/{ENDLESS}")
    facts = {"prompt": ENDLESS, ENDLESS[:100]: ENDLESS}
    edge = EdgeFactory(parent=parent, child=child, evidence="manual", transformation=facts)
    AssetMerge.objects.create(
        owner=alice, survivor=parent, absorbed_names=[["path", ENDLESS]], joined_by=["path", ENDLESS], merged_at=NOW
    )
    run = failed_run(account)
    rebuild = RebuildRun.objects.create(
        owner=alice, state="failed", error_title=ENDLESS[:120], error_detail=ENDLESS[:500], total_count=1,
        noted_count=1, created_at=NOW,
    )  # fmt: skip
    RebuildFinding.objects.create(owner=alice, run=rebuild, asset_id=child.pk, status="failed", reason=ENDLESS[:300])
    return [
        *asset_pages(child, parent),
        *run_pages(run, rebuild, account),
        reverse("lineage:edit_edge", args=[edge.pk]),
    ]


def failed_run(account: ProviderAccount) -> SyncRun:
    run = SyncRun.objects.create(
        owner=account.owner, account=account, provider_id="pixverse", account_label=account.label, kind="import",
        state="failed", error_title=ENDLESS[:120], error_detail=ENDLESS[:500], error_next_step=ENDLESS[:200],
        created_at=NOW,
    )  # fmt: skip
    SyncList.objects.create(owner=account.owner, run=run, list_key="videos:generated", invalid=1, seen=1)
    SyncProblem.objects.create(
        owner=account.owner,
        run=run,
        list_key="videos:generated",
        provider_asset_id="9" * 200,
        reason=ENDLESS[:300],
        payload={},
    )
    return run


def asset_pages(child: Asset, parent: Asset) -> list[str]:
    inspector = reverse("lineage:inspector", args=[child.pk])
    return [
        "/", f"/?text={'w' * 200}", reverse("library:asset", args=[child.pk]),
        reverse("library:delete", args=[child.pk]),
        inspector, f"{inspector}?view=graph&pick={child.pk}", f"{inspector}?view=tree",
        reverse("lineage:origins", args=[child.pk]), reverse("lineage:impact", args=[parent.pk]),
        reverse("lineage:path", args=[child.pk, parent.pk]), reverse("lineage:edge", args=[child.pk, parent.pk]),
        reverse("lineage:add_edge", args=[child.pk]) + f"?q={'w' * 200}", reverse("assets:merges"),
    ]  # fmt: skip


def run_pages(run: SyncRun, rebuild: RebuildRun, account: ProviderAccount) -> list[str]:
    return [
        "/runs/", reverse("assets:run", args=[run.pk]), f"/lineage/rebuild-runs/{rebuild.pk}/",
        "/settings/providers/", "/settings/providers/pixverse/", reverse("providers:change", args=[account.pk]),
        reverse("providers:delete", args=[account.pk]), reverse("assets:drift", args=[account.pk]),
        f"{reverse('assets:by_id')}?account={account.pk}",
    ]  # fmt: skip


def test_widen_no_page(new_context: NewContext, site: str, addresses: list[str]) -> None:
    page = screen(new_context)
    sign_in(page, site)
    wide = []
    for address in addresses:
        answer = page.goto(site + address)
        assert answer is not None
        assert answer.status == 200, address
        page.wait_for_load_state("networkidle")
        for width in (WIDE, NARROW, *PHONE_WIDTHS):
            resize(page, width)
            try:
                expect_to_fit(page, address, width)
            except AssertionError as error:
                wide.append(str(error))
        resize(page, WIDE)

    assert "\n".join(wide) == ""
