"""Folders over real HTTP. Paths and fields of requests are known; what the changes answer is a guess."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Client


def folders(sandbox: Client) -> dict[str, dict[str, Any]]:
    listed = sandbox.get("/asset/folder/list?sort_by=created_at&sort_order=desc").json()["Resp"]
    assert listed["total"] == len(listed["folders"])
    return {folder["name"]: folder for folder in listed["folders"]}


def inside(sandbox: Client, folder_id: int, **body: Any) -> list[int]:
    resp = sandbox.post("/asset/folder/item/list", {"folder_id": folder_id, "limit": 200, **body}).json()["Resp"]
    assert resp["total"] == len(resp["data"])
    return [row["asset_id"] for row in resp["data"]]


def change(sandbox: Client, action: str, **body: Any) -> int:
    return sandbox.post(f"/asset/folder/{action}", body).json()["ErrCode"]


def test_are_created_renamed_and_deleted(sandbox: Client) -> None:
    made = sandbox.post("/asset/folder/create", {"name": " Boats "}).json()["Resp"]
    created = folders(sandbox)
    renamed = change(sandbox, "rename", folder_id=made["folder_id"], name="Ships")
    names = list(folders(sandbox))
    deleted = change(sandbox, "delete", folder_ids=[made["folder_id"]])

    assert created["Boats"] == made == {**made, "asset_count": 0}
    assert (renamed, names[0]) == (0, "Ships")
    assert (deleted, list(folders(sandbox))) == (0, names[1:])


def test_take_items_in_and_give_them_back(sandbox: Client) -> None:
    folder_id = sandbox.post("/asset/folder/create", {"name": "Boats"}).json()["Resp"]["folder_id"]
    clip, image, upload = sandbox.rows()[9], sandbox.rows("image")[9], sandbox.rows("image", 0)[3]
    ids = sorted((row["asset_id"] for row in (clip, image, upload)), reverse=True)
    items = [{"asset_id": item_id, "platform": "web"} for item_id in ids]

    added = change(sandbox, "item/add", folder_id=folder_id, items=items)
    every, images, uploads = (
        inside(sandbox, folder_id, **more) for more in ({}, {"asset_type": 0}, {"asset_source": 0})
    )
    count = folders(sandbox)["Boats"]["asset_count"]
    listed = [row["video_id"] for row in sandbox.listing(folder_id=folder_id)["data"]]
    change(sandbox, "item/delete", items=[{"asset_id": clip["asset_id"], "folder_id": folder_id}])

    assert added == 0
    assert (every, count, listed) == (ids, 3, [clip["video_id"]])
    assert set(images) == {image["asset_id"], upload["asset_id"]}
    assert uploads == [upload["asset_id"]]
    assert clip["asset_id"] not in inside(sandbox, folder_id)
    assert sandbox.rows()[9] == clip


def test_of_a_scene_can_be_changed_as_well(sandbox: Client) -> None:
    folder = next(iter(folders(sandbox).values()))
    first, *others = inside(sandbox, folder["folder_id"])

    change(sandbox, "item/delete", folder_id=folder["folder_id"], items=[{"asset_id": first}])
    without = inside(sandbox, folder["folder_id"])
    change(sandbox, "item/add", folder_id=folder["folder_id"], items=[{"asset_id": first}])

    assert folder["asset_count"] == len(others) + 1
    assert without == others
    assert inside(sandbox, folder["folder_id"]) == [first, *others]


@pytest.mark.parametrize(
    ("action", "body", "code"),
    [
        ("create", {"name": " "}, 400011),
        ("rename", {"folder_id": 5, "name": "x"}, 500008),
        ("rename", {"name": "x"}, 400011),
        ("delete", {"folder_ids": []}, 400011),
        ("delete", {"folder_ids": [5]}, 500008),
        ("item/add", {"folder_id": 5, "items": [{"asset_id": 1}]}, 500008),
        ("item/add", {"folder_id": 5, "items": "all"}, 400011),
        ("item/list", {"folder_id": 5}, 500008),
        ("item/list", {"folder_id": 5, "asset_type": 9}, 400017),
    ],
)
def test_refuse(sandbox: Client, action: str, body: dict[str, Any], code: int) -> None:
    assert change(sandbox, action, **body) == code
