"""Rebuilds and previews as a browser sees them: every state in light and dark, and from looking to applying."""

from __future__ import annotations

import time
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from assets.models import Asset
from common.throttle import Clock
from lineage.models import LineageEdge, RebuildFinding, RebuildMode, RebuildRun
from lineage.rebuild.runner import execute
from lineage.rebuild.start import start
from tests.browser.conftest import sign_in
from tests.browser.looking import EACH_WIDTH, NewContext, look_at, screen

RUNS: dict[str, dict[str, Any]] = {
    "queued": {"state": "queued", "done_count": 0, "active_seconds": 0, "new_edges": 0, "changed_count": 0},
    "running": {},
    "looking": {"mode": "preview"},
    "stopping": {"cancel_requested_at": timezone.now()},
    "failed": {
        "state": "failed",
        "error_title": "Something went wrong in Stemma",
        "error_detail": "Everything that was finished before is kept.",
        "error_next_step": "Resume the run. If it stops again, see the worker's log.",
        "finished_at": timezone.now(),
    },
    "cancelled": {"state": "cancelled", "finished_at": timezone.now()},
}


def test_rebuilds_of_every_kind(new_context: NewContext, site: str, alice: User) -> None:
    page = screen(new_context)
    sign_in(page, site)
    page.goto(f"{site}/lineage/rebuild-runs/")
    look_at(page, "rebuilds-none")

    for name, fields in RUNS.items():
        run = a_run(alice, **fields)
        page.goto(site + reverse("lineage:run", args=[run.pk]))
        look_at(page, f"rebuild-{name}")
        RebuildRun.objects.filter(pk=run.pk, state__in=["queued", "running"]).update(state="cancelled")
    page.goto(f"{site}/lineage/rebuild-runs/")
    look_at(page, "rebuilds")


@EACH_WIDTH
def test_previews_with_and_without_changes(
    new_context: NewContext, site: str, full_library: list[Asset], alice: User, width: int
) -> None:
    disturb(full_library)
    changed = a_look(alice)
    page = screen(new_context, width)
    sign_in(page, site)
    page.goto(site + reverse("lineage:run", args=[changed.pk]))
    look_at(page, "preview", [width])

    page.get_by_role("button", name="Apply selected").click()
    expect(page.locator("h1")).to_contain_text("Rebuild of")
    look_at(page, "rebuild-done", [width])

    page.goto(site + reverse("lineage:run", args=[a_look(alice).pk]))
    expect(page.locator("#rebuildrun-card")).to_contain_text("Up to date")
    look_at(page, "preview-nothing", [width])


class TestLookingFirst:
    def test_from_the_tools_to_the_applied_rebuild(
        self, as_alice: Page, site: str, full_library: list[Asset], alice: User, console: list[str]
    ) -> None:
        disturb(full_library)
        count = LineageEdge.objects.count()
        as_alice.goto(f"{site}/settings/providers/pixverse/")
        as_alice.wait_for_load_state("networkidle")

        as_alice.get_by_role("button", name="Preview changes").click()
        expect(as_alice.locator("#rebuildrun-card")).to_contain_text("Links to add")
        assert LineageEdge.objects.count() == count
        as_alice.get_by_role("link", name="View changes").click()
        boxes = as_alice.get_by_role("checkbox", checked=True)
        total = RebuildRun.objects.get().changed_count
        expect(as_alice.locator("#chosen")).to_have_text(f"{total} of {total} selected")
        boxes.first.uncheck()
        expect(as_alice.locator("#chosen")).to_have_text(f"{total - 1} of {total} selected")
        as_alice.reload()
        expect(as_alice.locator("#chosen")).to_have_text(f"{total - 1} of {total} selected")
        as_alice.get_by_role("button", name="Apply selected").click()
        expect(as_alice.locator("#rebuildrun-card")).to_contain_text(f"{total - 1} of {total - 1} assets")

        again = a_look(alice)
        assert again.changed_count == 1
        assert console == []

    def test_by_keyboard(self, as_alice: Page, site: str, full_library: list[Asset], alice: User) -> None:
        disturb(full_library)
        look = a_look(alice)
        as_alice.goto(site + reverse("lineage:run", args=[look.pk]))
        as_alice.wait_for_load_state("networkidle")

        as_alice.get_by_role("checkbox").first.focus()
        as_alice.keyboard.press("Space")
        expect(as_alice.locator("#chosen")).to_have_text(f"{look.changed_count - 1} of {look.changed_count} selected")
        as_alice.locator("#apply-all").focus()
        as_alice.keyboard.press("Enter")

        expect(as_alice.locator("h1")).to_contain_text(f"{look.changed_count} selected assets")


class TestALongRebuild:
    def test_is_watched_to_its_end(
        self,
        as_alice: Page,
        site: str,
        full_library: list[Asset],
        worker: None,
        monkeypatch: pytest.MonkeyPatch,
        console: list[str],
    ) -> None:
        monkeypatch.setattr("lineage.rebuild.tasks.INLINE_MAX", 1)
        LineageEdge.objects.all().delete()
        as_alice.goto(f"{site}/settings/providers/pixverse/")
        as_alice.wait_for_load_state("networkidle")

        as_alice.get_by_role("button", name="Rebuild Lineage").click()

        expect(as_alice.locator("#rebuildrun-card")).to_contain_text("Done", timeout=20_000)
        expect(as_alice.locator("#rebuildrun-announcement")).to_contain_text("Done")
        assert console == []


def disturb(library: list[Asset]) -> None:
    """Spoil the edges of some assets: one kind is gone, one is wrong, one says something else."""
    edges = list(LineageEdge.objects.order_by("pk"))
    LineageEdge.objects.filter(pk__in=[edge.pk for edge in edges[:12]]).delete()
    LineageEdge.objects.filter(pk__in=[edge.pk for edge in edges[12:18]]).update(transformation={"duration": 99})
    roots = [asset for asset in library if not asset.is_stub and not asset.parent_count][:4]
    for child, parent in pairwise(roots):
        LineageEdge.objects.create(
            owner_id=child.owner_id,
            child=child,
            parent=parent,
            relation_type="SOURCE_VIDEO",
            operation_type="video_extend",
            evidence="provider",
            created_at=timezone.now(),
        )
    Asset.objects.filter(pk=roots[3].pk).update(media_metadata={})


def a_look(owner: User) -> RebuildRun:
    """A preview of the whole library, done."""
    run = start(owner.pk, mode=RebuildMode.PREVIEW, provider_id="pixverse", clear_existing=True, now=timezone.now())
    execute(run.pk, clock=Clock(now=timezone.now, sleep=time.sleep))
    run.refresh_from_db()
    return run


def a_run(owner: User, **fields: Any) -> RebuildRun:
    """A rebuild of a large library, a third done."""
    now = timezone.now()
    known = {"state": "running", "created_at": now - timedelta(minutes=2), "progress_at": now, "active_seconds": 7}
    counts = {"total_count": 241_800, "done_count": 80_500, "changed_count": 1_204, "unchanged_edges": 96_310}
    more = {"new_edges": 1_377, "removed_edges": 12, "noted_count": 3, "provider_id": "pixverse"}
    run = RebuildRun.objects.create(owner=owner, **{**known, **counts, **more, **fields})
    RebuildFinding.objects.bulk_create(
        RebuildFinding(owner=owner, run=run, asset_id=2**40 + number, status="failed", reason="It cannot be read.")
        for number in range(3)
    )
    return run
