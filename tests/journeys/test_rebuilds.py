"""Preview, select, apply; and long rebuilds as runs: a person's steps, with and without htmx."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from assets.models import Asset
from common.runs import RunState
from lineage.models import LineageEdge, RebuildFinding, RebuildMode, RebuildRun
from tests.factories import NOW, AssetFactory, EdgeFactory
from tests.journeys.walking import HTMX
from tests.lineage.rebuild.test_batch import bring_in
from tests.payloads import extend, image, picture_path, video
from tests.runs import stop_by_error

DOORS = pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain"])


@pytest.fixture
def chain_of_three(alice: User) -> list[int]:
    """Clips, the second and third each extended from the one before."""
    return bring_in(alice, video(1, prompt="a paper boat"), extend(2, of_id=1), extend(3, of_id=2))


@pytest.fixture
def left_to_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lineage.rebuild.tasks.INLINE_MAX", 1)


def look(as_alice: Client, **posted: Any) -> RebuildRun:
    as_alice.post(reverse("lineage:look"), {"provider_id": "pixverse", **posted})
    return RebuildRun.objects.get(mode=RebuildMode.PREVIEW)


def page_of(as_alice: Client, run: RebuildRun, **query: Any) -> str:
    return as_alice.get(reverse("lineage:run", args=[run.pk]), query).content.decode()


def a_run(owner: User, **changes: Any) -> RebuildRun:
    return RebuildRun.objects.create(owner=owner, total_count=2, created_at=NOW, **changes)


class TestLookingFirst:
    def test_lists_the_edges_in_words_and_writes_none(self, as_alice: Client, chain_of_three: list[int]) -> None:
        response = as_alice.post(reverse("lineage:look"), {"provider_id": "pixverse"}, follow=True)

        page = response.content.decode()
        assert "Preview of the Pixverse library" in page
        assert "<strong>Source video</strong>" in page
        assert "“a paper boat”" in page
        assert "A rebuild would add 2 links and remove 0." in page
        assert "View lineage" in page
        assert not LineageEdge.objects.exists()

    def test_shows_the_card_in_place(self, as_alice: Client, chain_of_three: list[int]) -> None:
        page = as_alice.post(reverse("lineage:look"), {"provider_id": "pixverse"}, headers=HTMX).content.decode()

        assert page.lstrip().startswith('<div id="rebuilt"')
        assert "View changes" in page

    def test_says_what_is_said_otherwise(self, as_alice: Client, alice: User, chain_of_three: list[int]) -> None:
        EdgeFactory(
            parent_id=chain_of_three[0], child_id=chain_of_three[1], owner=alice, transformation={"duration": 99}
        )

        page = page_of(as_alice, look(as_alice))

        assert "Changed: " in page
        assert "<del>99</del>" in page

    def test_tells_of_a_parent_that_is_not_here(self, as_alice: Client, alice: User) -> None:
        bring_in(alice, image(2, customer_img_paths=[picture_path(7)]))

        page = page_of(as_alice, look(as_alice))

        assert picture_path(7) in page
        assert "not imported; a placeholder will be created" in page

    def test_of_one_asset_comes_from_its_inspector(self, as_alice: Client, chain_of_three: list[int]) -> None:
        page = as_alice.post(reverse("lineage:look"), {"asset_id": chain_of_three[1]}, follow=True).content.decode()

        assert "Preview of one asset" in page
        assert f'Of <a href="{reverse("lineage:inspector", args=[chain_of_three[1]])}">' in page
        assert "1 asset" in page

    def test_says_when_there_is_nothing_to_do(self, as_alice: Client, chain_of_three: list[int]) -> None:
        as_alice.post(reverse("lineage:rebuild"), {"provider_id": "pixverse"})

        page = page_of(as_alice, look(as_alice))

        assert "Up to date." in page
        assert "2 links, no changes." in page
        assert "Rebuild the chosen" not in page

    def test_of_somebody_elses_asset_is_404(self, as_alice: Client, bob: User) -> None:
        theirs = AssetFactory(owner=bob)

        assert as_alice.post(reverse("lineage:look"), {"asset_id": theirs.pk}).status_code == 404

    def test_looks_again_at_what_a_run_was_about(self, as_alice: Client, chain_of_three: list[int]) -> None:
        first = look(as_alice, asset_id=chain_of_three[1])

        as_alice.post(reverse("lineage:look"), {"run_id": first.pk})

        assert RebuildRun.objects.latest("pk").asset_ids == [chain_of_three[1]]

    def test_rebuilds_again_only_what_a_run_was_about(self, as_alice: Client, chain_of_three: list[int]) -> None:
        first = look(as_alice, asset_id=chain_of_three[1])

        as_alice.post(reverse("lineage:rebuild"), {"run_id": first.pk})

        assert LineageEdge.objects.get().child_id == chain_of_three[1]

    def test_knows_no_run_of_somebody_else(self, as_alice: Client, bob: User) -> None:
        theirs = a_run(bob)

        assert as_alice.post(reverse("lineage:look"), {"run_id": theirs.pk}).status_code == 404

    @pytest.mark.parametrize("posted", [{}, {"provider_id": "nobody"}, {"run_id": "9" * 30}], ids=str)
    def test_refuses_nonsense(self, as_alice: Client, posted: dict[str, str]) -> None:
        assert as_alice.post(reverse("lineage:look"), posted, headers=HTMX).status_code == 422


class TestChoosing:
    def test_applies_all_by_default(self, as_alice: Client, chain_of_three: list[int]) -> None:
        found = look(as_alice)

        page = as_alice.post(reverse("lineage:apply", args=[found.pk]), follow=True).content.decode()

        assert "Rebuild of 2 selected assets" in page
        assert "this preview" in page
        assert LineageEdge.objects.count() == 2

    def test_says_that_nothing_is_written_only_until_it_is_applied(
        self, as_alice: Client, chain_of_three: list[int]
    ) -> None:
        found = look(as_alice)

        before = page_of(as_alice, found)
        as_alice.post(reverse("lineage:apply", args=[found.pk]))
        after = page_of(as_alice, found)

        assert "Nothing has been saved yet" in before
        assert "Nothing has been saved yet" not in after
        assert "already" in after

    @DOORS
    def test_of_an_outdated_preview_is_refused_and_says_so(
        self, as_alice: Client, alice: User, chain_of_three: list[int], headers: dict[str, str]
    ) -> None:
        found = look(as_alice)
        as_alice.post(reverse("lineage:rebuild"), {"asset_id": chain_of_three[1]})

        page = page_of(as_alice, found)
        answer = as_alice.post(reverse("lineage:apply", args=[found.pk]), headers=headers, follow=True)

        assert "This preview is out of date and can no longer be applied." in page
        assert "Preview again" in page
        assert "Apply" not in page
        assert "finding__choice" not in page
        assert "Preview again to see the current changes." in answer.content.decode()
        assert LineageEdge.objects.get().child_id == chain_of_three[1]

    def test_again_is_refused(self, as_alice: Client, chain_of_three: list[int]) -> None:
        found = look(as_alice)
        as_alice.post(reverse("lineage:apply", args=[found.pk]))

        as_alice.post(reverse("lineage:apply", args=[found.pk]))

        assert RebuildRun.objects.filter(mode=RebuildMode.REBUILD).count() == 1

    def test_applies_only_what_is_ticked(self, as_alice: Client, chain_of_three: list[int]) -> None:
        found = look(as_alice)
        _, second, third = chain_of_three

        as_alice.post(reverse("lineage:apply", args=[found.pk]), {"shown": [second, third], "chosen": [third]})

        assert LineageEdge.objects.get().child_id == third

    def test_keeps_the_choice_from_page_to_page(
        self, as_alice: Client, chain_of_three: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("lineage.rebuild.run_views.FINDINGS_SHOWN", 1)
        found = look(as_alice)
        choose = reverse("lineage:choose", args=[found.pk])

        first = as_alice.post(choose, {"shown": chain_of_three[1], "to_page": 2}, follow=True).content.decode()
        back = page_of(as_alice, found, page=1)

        assert "<strong>1</strong> of 2 selected" in first
        assert f'value="{chain_of_three[2]}" checked' in first
        assert f'value="{chain_of_three[1]}" checked' not in back

    def test_counts_in_place(self, as_alice: Client, chain_of_three: list[int]) -> None:
        found = look(as_alice)

        answer = as_alice.post(
            reverse("lineage:choose", args=[found.pk]), {"shown": chain_of_three[1:], "chosen": []}, headers=HTMX
        )

        assert "<strong>0</strong> of 2 selected" in answer.content.decode()

    @pytest.mark.parametrize(("every", "count"), [("yes", 2), ("no", 0)])
    def test_takes_all_or_none(self, as_alice: Client, chain_of_three: list[int], every: str, count: int) -> None:
        found = look(as_alice)
        RebuildFinding.objects.filter(asset_id=chain_of_three[1]).update(is_chosen=False)

        as_alice.post(reverse("lineage:choose", args=[found.pk]), {"every": every})

        assert found.findings.filter(is_chosen=True).count() == count

    def test_of_nothing_says_so(self, as_alice: Client, chain_of_three: list[int]) -> None:
        found = look(as_alice)

        page = as_alice.post(
            reverse("lineage:apply", args=[found.pk]), {"shown": chain_of_three[1:]}, follow=True
        ).content.decode()

        assert "No asset is selected" in page
        assert not LineageEdge.objects.exists()

    def test_survives_nonsense(self, as_alice: Client, chain_of_three: list[int]) -> None:
        found = look(as_alice)
        nonsense = {"every": "perhaps", "to_page": "x", "shown": ["1e9", "-1", "9" * 40, "9" * 5_000], "chosen": "²"}

        response = as_alice.post(reverse("lineage:choose", args=[found.pk]), nonsense, follow=True)

        assert response.status_code == 200
        assert found.findings.filter(is_chosen=True).count() == 2

    def test_of_what_is_gone_by_now_rebuilds_the_rest(self, as_alice: Client, chain_of_three: list[int]) -> None:
        found = look(as_alice)
        Asset.objects.filter(pk=chain_of_three[2]).delete()

        page = as_alice.post(reverse("lineage:apply", args=[found.pk]), follow=True).content.decode()

        assert f"Asset {chain_of_three[2]}, which is not in the library" in page
        assert LineageEdge.objects.get().child_id == chain_of_three[1]


class TestALargeLibrary:
    @pytest.mark.parametrize("act", ["rebuild", "look"])
    def test_is_left_to_the_worker(
        self, as_alice: Client, chain_of_three: list[int], left_to_the_worker: None, act: str
    ) -> None:
        answer = as_alice.post(reverse(f"lineage:{act}"), {"provider_id": "pixverse"}, headers=HTMX).content.decode()

        run = RebuildRun.objects.get()
        assert reverse("lineage:run", args=[run.pk]) in answer
        assert "every 2s" in answer
        job = ProcrastinateJob.objects.get(task_name="lineage.run_rebuild", args={"run_id": run.pk})
        assert (job.task_name, job.args) == ("lineage.run_rebuild", {"run_id": run.pk})

    @DOORS
    def test_has_one_run_at_a_time(
        self, as_alice: Client, alice: User, chain_of_three: list[int], headers: dict[str, str]
    ) -> None:
        under_way = a_run(alice, state="running")

        answer = as_alice.post(reverse("lineage:rebuild"), {"provider_id": "pixverse"}, headers=headers)

        assert answer.status_code == 409
        assert "A rebuild is running." in answer.content.decode()
        assert reverse("lineage:cancel_run", args=[under_way.pk]) in answer.content.decode()


class TestTheRun:
    @pytest.mark.parametrize(
        ("state", "status"),
        [("queued", 200), ("running", 200), ("succeeded", 286), ("failed", 286), ("cancelled", 286)],
    )
    def test_stops_polling_when_it_is_over(self, as_alice: Client, alice: User, state: str, status: int) -> None:
        run = a_run(alice, state=state)

        response = as_alice.get(reverse("lineage:run", args=[run.pk]), headers=HTMX)

        assert response.status_code == status
        assert ("every 2s" in response.content.decode()) == (status == 200)

    def test_says_how_far_it_is(self, as_alice: Client, alice: User) -> None:
        run = a_run(alice, state="running", done_count=1, active_seconds=4, progress_at=NOW)

        page = page_of(as_alice, run)

        assert "1 of 2 assets" in page
        assert 'value="50"' in page
        assert "assets/s" in page
        assert "left" in page

    def test_tells_screen_readers_what_is_new(self, as_alice: Client, alice: User) -> None:
        run = a_run(alice, state="running", done_count=1)
        address = reverse("lineage:run", args=[run.pk])

        news = as_alice.get(address, {"announced": "Waiting for a worker"}, headers=HTMX).content.decode()
        no_news = as_alice.get(address, {"announced": "Rebuilding 50"}, headers=HTMX).content.decode()

        assert "50 % done" in news
        assert "hx-swap-oob" not in no_news

    @DOORS
    def test_is_cancelled(self, as_alice: Client, alice: User, headers: dict[str, str]) -> None:
        run = a_run(alice, state="queued")

        page = as_alice.post(reverse("lineage:cancel_run", args=[run.pk]), headers=headers, follow=True)

        run.refresh_from_db()
        assert run.state == RunState.CANCELLED
        assert "Resume" in page.content.decode()

    @DOORS
    def test_is_resumed(self, as_alice: Client, alice: User, headers: dict[str, str]) -> None:
        run = a_run(alice, state="failed", error_detail="It broke down.")

        as_alice.post(reverse("lineage:resume_run", args=[run.pk]), headers=headers, follow=True)

        run.refresh_from_db()
        assert run.state == RunState.QUEUED
        assert ProcrastinateJob.objects.get(task_name="lineage.run_rebuild", args={"run_id": run.pk}).args == {
            "run_id": run.pk
        }

    def test_that_is_over_is_not_resumed(self, as_alice: Client, alice: User) -> None:
        run = a_run(alice, state="succeeded")

        page = as_alice.post(reverse("lineage:resume_run", args=[run.pk]), follow=True).content.decode()

        assert "Only a run that stopped or was cancelled can be resumed." in page

    def test_says_that_an_import_was_not_over(self, as_alice: Client, alice: User) -> None:
        page = page_of(as_alice, a_run(alice, state="succeeded", was_import_running=True))

        assert "An import was still running when this rebuild ended." in page

    def test_says_why_it_stopped(self, as_alice: Client, alice: User) -> None:
        run = a_run(alice, state="running")
        stop_by_error(RebuildRun, run.pk)

        page = page_of(as_alice, run)

        assert "Something went wrong in Stemma" in page
        assert "log" in page

    def test_lists_its_notes(self, as_alice: Client, alice: User) -> None:
        asset = AssetFactory(owner=alice, prompt="a boat without words")
        run = a_run(alice, state="succeeded", noted_count=1)
        RebuildFinding.objects.create(owner=alice, run=run, asset_id=asset.pk, status="failed", reason="It is broken.")

        page = page_of(as_alice, run)

        assert "a boat without words" in page
        assert "Failed" in page
        assert "It is broken." in page

    @pytest.mark.parametrize(("changed", "is_said"), [(1_000, False), (1_380, True)])
    def test_says_how_many_changes_it_lists(self, as_alice: Client, alice: User, changed: int, is_said: bool) -> None:
        run = a_run(alice, state="succeeded", changed_count=changed)
        RebuildFinding.objects.create(owner=alice, run=run, asset_id=7, status="ok", is_changed=True)

        page = page_of(as_alice, run)

        assert ("first 1,000 of 1,380 changed assets" in page) == is_said

    def test_of_somebody_else_is_404(self, as_alice: Client, bob: User) -> None:
        run = a_run(bob)

        assert as_alice.get(reverse("lineage:run", args=[run.pk])).status_code == 404


class TestTheList:
    def test_shows_rebuilds_and_previews(self, as_alice: Client, chain_of_three: list[int]) -> None:
        look(as_alice)
        as_alice.post(reverse("lineage:rebuild"), {"provider_id": "pixverse"})

        page = as_alice.get(reverse("lineage:runs")).content.decode()

        assert "Preview of the Pixverse library" in page
        assert "Rebuild of the Pixverse library" in page

    def test_is_filtered(self, as_alice: Client, alice: User) -> None:
        a_run(alice, mode="preview", state="failed")
        a_run(alice, state="succeeded")

        page = as_alice.get(reverse("lineage:runs"), {"mode": "preview"}, headers=HTMX).content.decode()

        assert page.count('class="run-row"') == 1

    def test_is_empty_at_first(self, as_alice: Client) -> None:
        assert "No runs yet" in as_alice.get(reverse("lineage:runs")).content.decode()

    def test_refuses_nonsense(self, as_alice: Client) -> None:
        assert as_alice.get(reverse("lineage:runs"), {"state": "lost"}).status_code == 422

    def test_asks_as_often_for_many(self, as_alice: Client, alice: User, django_assert_num_queries: Any) -> None:
        for _ in range(5):
            a_run(alice, state="succeeded")

        with django_assert_num_queries(4):
            as_alice.get(reverse("lineage:runs"))
