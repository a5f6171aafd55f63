"""Rebuilding from the terminal."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from common.runs import RunState
from lineage.models import LineageEdge, RebuildRun
from tests.factories import NOW, AssetFactory, EdgeFactory
from tests.lineage.rebuild.test_batch import bring_in
from tests.payloads import extend, video


def run(*arguments: str, **options: Any) -> str:
    said = StringIO()
    call_command("rebuild_lineage", *arguments, stdout=said, **options)
    return said.getvalue()


@pytest.fixture
def clips(alice: User) -> list[int]:
    return bring_in(alice, video(1, prompt="a paper boat"), extend(2, of_id=1))


class TestRebuildLineage:
    def test_rebuilds_and_says_what_changed(self, clips: list[int]) -> None:
        said = run("alice")

        assert f"asset {clips[1]}  +1 -0 =0" in said
        assert "Done: 2 of 2 assets · 1 new, 0 removed, 0 unchanged" in said
        assert LineageEdge.objects.count() == 1

    def test_previews_the_edges_and_writes_none(self, alice: User, clips: list[int]) -> None:
        EdgeFactory(parent=AssetFactory(owner=alice, prompt="not its parent"), child_id=clips[0], owner=alice)

        said = run("alice", "--preview")

        assert f"+ Source video, Extend, parent {clips[0]}  a paper boat" in said
        assert "− Source video" in said
        assert "not its parent" in said
        assert "would be 1 new, 1 removed, 0 unchanged" in said
        assert LineageEdge.objects.count() == 1

    def test_rebuilds_only_what_is_named(self, alice: User, clips: list[int]) -> None:
        run("alice", asset=[clips[0]])

        assert not LineageEdge.objects.exists()
        assert RebuildRun.objects.get().asset_ids == [clips[0]]

    def test_only_adds_when_asked_to(self, alice: User, clips: list[int]) -> None:
        EdgeFactory(parent=AssetFactory(owner=alice), child_id=clips[0], owner=alice)

        run("alice", "--keep-existing")

        assert LineageEdge.objects.count() == 2

    def test_goes_on_with_the_last_run(self, alice: User, clips: list[int]) -> None:
        RebuildRun.objects.create(owner=alice, state=RunState.CANCELLED, created_at=NOW)

        run("alice", "--resume", "--no-wait")

        assert RebuildRun.objects.get().state == RunState.QUEUED

    def test_refuses_while_another_is_under_way(self, alice: User) -> None:
        RebuildRun.objects.create(owner=alice, created_at=NOW)

        with pytest.raises(CommandError, match="is running"):
            run("alice")

    @pytest.mark.parametrize("arguments", [("nobody",), ("alice", "--resume")], ids=["nobody", "nothing"])
    def test_says_when_there_is_nothing(self, alice: User, arguments: tuple[str, ...]) -> None:
        with pytest.raises(CommandError, match=r"There is no user|no run to resume"):
            run(*arguments)
