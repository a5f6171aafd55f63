"""Workspaces over real HTTP.

Known: the list, the header `workspace-id` (0 or absent is the personal one), path and field of the switch.
Guesses: the switch's answer, the error's number within the class of workspace errors, and what workspaces share.
"""

from __future__ import annotations

import pytest

from providers.sandbox.state.state import TEAM_ID

from .conftest import Client


@pytest.fixture
def team(sandbox: Client) -> dict[str, str]:
    return {"workspace-id": str(TEAM_ID)}


def library(sandbox: Client, headers: dict[str, str]) -> list[int]:
    body = {"tab": "video", "asset_source": 1, "limit": 100}
    rows = sandbox.post("/asset/library/list", body, headers=headers).json()["Resp"]["data"]
    return [row["video_id"] for row in rows]


def test_are_listed_and_switched(sandbox: Client) -> None:
    before = sandbox.get("/team/workspace/list").json()["Resp"]
    switched = sandbox.post("/team/workspace/switch", {"workspace_id": TEAM_ID}).json()["Resp"]
    after = sandbox.get("/team/workspace/list").json()["Resp"]

    assert [(each["workspace_id"], each["type"]) for each in before["workspaces"]] == [
        (0, "personal"),
        (TEAM_ID, "team"),
    ]
    assert (before["active_workspace_id"], after["active_workspace_id"]) == (0, TEAM_ID)
    assert switched == {"active_workspace_id": TEAM_ID}


def test_have_libraries_of_their_own(sandbox: Client, team: dict[str, str]) -> None:
    personal = library(sandbox, {"workspace-id": "0"})
    job = {"prompt": "a boat leaves", "model": "v6", "quality": "540p", "duration": 5}
    video_id = sandbox.post("/video/t2v", job, headers=team).json()["Resp"]["video_id"]
    sandbox.control("POST", "/_sandbox/clock", {"seconds": 30})
    done = sandbox.post("/video/list/detail", {"video_id": video_id}, headers=team).json()["Resp"]

    assert library(sandbox, team) == [video_id]
    assert library(sandbox, {}) == personal
    assert sandbox.post("/video/list/detail", {"video_id": video_id}).json()["ErrCode"] == 500008
    assert (done["video_status"], sandbox.media(done["url"]).status_code) == (1, 200)


def test_refuse_strangers(sandbox: Client) -> None:
    by_header = sandbox.get("/user/credits", headers={"workspace-id": "7"}).json()
    by_switch = sandbox.post("/team/workspace/switch", {"workspace_id": 7}).json()

    assert (by_header["ErrCode"], by_switch["ErrCode"]) == (500404, 500404)
