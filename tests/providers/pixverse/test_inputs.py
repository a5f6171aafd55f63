"""Tests of inputs in forms that other answers and older clients use: objects, JSON text, other field names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from common.vocabulary import MediaType, NameKind, OperationType, RelationType
from providers.pixverse.extractor import PixverseExtractor
from providers.records import Name, ParentRef

EXTRACTOR = PixverseExtractor()
CDN = "https://media.pixverse.ai/"
A, B = Name(NameKind.PATH, "upload/a.jpg"), Name(NameKind.PATH, "upload/b.jpg")


def parents(**fields: Any) -> tuple[ParentRef, ...]:
    return EXTRACTOR.parents({"video_id": 9, "create_mode": "image_text", **fields})


def names(**fields: Any) -> list[tuple[Name, ...]]:
    return [parent.names for parent in parents(**fields)]


class TestObjectEntries:
    @pytest.mark.parametrize(
        "entry",
        [
            {"path": "upload/a.jpg", "image_id": 7},
            {"url": f"{CDN}upload%2Fa.jpg", "id": "7"},
            {"image_path": "upload/a.jpg", "imageId": 7},
            {"image_url": f"{CDN}upload/a.jpg", "path": "", "asset_id": 0, "id": 7},
        ],
    )
    @pytest.mark.parametrize("key", ["customer_img_paths", "customer_img_urls"])
    def test_have_an_id_as_a_further_name(self, key: str, entry: dict[str, Any]) -> None:
        [found] = names(**{key: [entry]})

        assert found[0] == A
        assert [name.value for name in found[1:]] == ["7"]

    def test_keep_their_positions_beside_texts(self) -> None:
        first, second = parents(
            create_mode="fusion",
            customer_paths={
                "customer_img_paths": [{"path": "null"}, {"path": "upload/a.jpg"}, "upload/b.jpg"],
                "fusion_name_list": ["x", "cat", "dog"],
            },
        )

        assert (first.names, first.transformation["fusion_name"]) == ((A,), "cat")
        assert (second.names, second.transformation["fusion_name"]) == ((B,), "dog")

    def test_may_stand_without_a_list(self) -> None:
        assert names(customer_img_path={"path": "upload/a.jpg"}) == [(A,)]
        assert names(customer_img_path=["upload/a.jpg"]) == [(A,)]

    def test_name_clips_and_sounds_too(self) -> None:
        clip, sound = parents(
            create_mode="lip_sync",
            customer_video_path={"path": "upload/c.mp4", "video_id": 5},
            customer_audio_paths=[{"path": "upload/d.mp3", "id": 6}],
        )

        assert [name.value for name in clip.names] == ["upload/c.mp4", "5"]
        assert [name.value for name in sound.names] == ["upload/d.mp3", "6"]


class TestJsonText:
    @pytest.mark.parametrize(
        "fields",
        [
            {"customer_img_paths": '["upload/a.jpg", "upload/b.jpg"]'},
            {"customer_img_path": ' ["upload/a.jpg", "upload/b.jpg"] '},
            {"customer_img_urls": json.dumps([{"url": f"{CDN}upload%2Fa.jpg"}, {"url": f"{CDN}upload%2Fb.jpg"}])},
            {"customer_paths": '{"customer_img_paths": ["upload/a.jpg", "upload/b.jpg"]}'},
            {"customer_paths": json.dumps({"customer_img_paths": '["upload/a.jpg", "upload/b.jpg"]'})},
        ],
    )
    def test_is_read_as_what_it_says(self, fields: dict[str, Any]) -> None:
        assert names(**fields) == [(A,), (B,)]

    @pytest.mark.parametrize(
        "junk", ["[upload/a.jpg]", "{upload/a.jpg}", '["upload/a.jpg"', "[" * 5_000 + "]" * 5_000, "[]", "{}", "[null]"]
    )
    def test_that_is_none_is_no_parent(self, junk: str) -> None:
        found = names(customer_img_path=junk, customer_img_paths=junk, customer_paths=junk, customer_video_path=junk)

        assert found == []

    def test_of_prompts_is_a_list_and_other_prompts_stay_whole(self) -> None:
        first, *_ = parents(
            create_mode="transition",
            customer_img_paths=["upload/a.jpg", "upload/b.jpg"],
            prompts='["boats", "birds"]',
            durations="[5, 3]",
        )

        assert (first.transformation["prompt"], first.transformation["duration"]) == ("boats", 5)


class TestPlainImages:
    @pytest.mark.parametrize(
        "fields",
        [
            {"image_url": f"{CDN}upload%2Fa.jpg"},
            {"image_path": "upload/a.jpg"},
            {"image_paths": ["upload/a.jpg"]},
            {"images": [{"url": f"{CDN}upload/a.jpg"}]},
        ],
    )
    def test_are_the_source_of_a_video_without_other_inputs(self, fields: dict[str, Any]) -> None:
        [image] = parents(**fields)

        assert (image.names, image.relation_type) == ((A,), RelationType.SOURCE_IMAGE)
        assert image.operation_type is OperationType.IMAGE_TO_VIDEO

    @pytest.mark.parametrize(
        "fields",
        [
            {"customer_img_path": "upload/b.jpg"},
            {"customer_img_urls": [f"{CDN}upload%2Fb.jpg"]},
            {"create_mode": "extend", "customer_video_path": "upload/c.mp4"},
            {"create_mode": "transition", "customer_first_frame": "upload/b.jpg"},
        ],
    )
    def test_are_left_out_beside_other_inputs(self, fields: dict[str, Any]) -> None:
        assert A not in [name for found in names(image_url=f"{CDN}upload%2Fa.jpg", **fields) for name in found]

    def test_are_left_out_where_they_are_the_items_own(self) -> None:
        assert names(image_url=f"{CDN}upload%2Fa.jpg", first_frame=f"{CDN}upload/a.jpg") == []
        assert EXTRACTOR.parents({"image_id": 9, "image_url": f"{CDN}upload%2Fa.jpg"}) == ()


class TestAudio:
    def test_is_music_made_from_images(self) -> None:
        record = {"audio_id": 9, "create_mode": "music", "image_paths": ["upload/a.jpg", "upload/b.jpg"]}

        first, second = EXTRACTOR.parents(record)

        assert (first.names, second.names) == ((A,), (B,))
        assert {first.relation_type, second.relation_type} == {RelationType.SOURCE_IMAGE}
        assert {first.operation_type, second.operation_type} == {OperationType.MUSIC}
        assert [parent.transformation["image_index"] for parent in (first, second)] == [0, 1]
        assert first.media_type is MediaType.IMAGE

    @pytest.mark.parametrize(
        ("mode", "operation"), [("music", "music"), ("speech", "speech"), ("tts", "speech"), ("dream", "unknown")]
    )
    def test_has_the_operation_of_its_mode(self, mode: str, operation: str) -> None:
        assert EXTRACTOR.asset({"audio_id": 9, "create_mode": mode}).operation_type == operation


class TestFacts:
    def test_of_a_transition_are_on_each_edge(self) -> None:
        first, last = parents(
            create_mode="transition",
            customer_img_paths=["upload/a.jpg", "upload/b.jpg"],
            prompts=["boats"],
            translate_prompts=["Boote"],
            durations=[5],
            customer_first_frame="upload/a.jpg",
            customer_last_frame_url=f"{CDN}upload%2Fb.jpg",
        )

        facts = {
            "create_mode": "transition",
            "prompts": ["boats"],
            "translate_prompts": ["Boote"],
            "durations": [5],
            "first_frame_path": "upload/a.jpg",
            "last_frame_url": f"{CDN}upload%2Fb.jpg",
            "source_video_id": "9",
        }
        assert first.transformation["pixverse_transition"] == {**facts, "image_index": 0}
        assert last.transformation["pixverse_transition"] == {**facts, "image_index": 1}
        assert (first.transformation["prompt"], "prompt" in last.transformation) == ("boats", False)

    def test_of_a_fusion_are_on_each_edge(self) -> None:
        image, clip = parents(
            create_mode="fusion",
            customer_img_paths=["upload/a.jpg"],
            customer_video_paths=["upload/c.mp4"],
            fusion_name_list=["cat"],
            fusion_type_list=["subject"],
            original_prompt="@cat runs",
        )

        shared = {"original_prompt": "@cat runs", "source_video_id": "9"}
        assert image.transformation["pixverse_fusion"] == {
            "image_index": 0,
            "fusion_name": "cat",
            "fusion_entry_type": "subject",
            **shared,
        }
        assert clip.transformation["pixverse_fusion"] == shared

    def test_of_an_extension_name_the_parent(self) -> None:
        [clip] = parents(create_mode="extend", original_video_id=7, customer_video_path="upload/c.mp4")

        assert clip.transformation["pixverse_extend"] == {
            "original_video_id": "7",
            "customer_video_path": "upload/c.mp4",
            "source_video_id": "7",
        }


class TestOwnFields:
    @pytest.mark.parametrize(
        ("fields", "media_type"),
        [
            ({"VideoId": 7}, MediaType.VIDEO),
            ({"videoId": "7"}, MediaType.VIDEO),
            ({"imageId": 7}, MediaType.IMAGE),
            ({"id": 7, "asset_type": 1}, MediaType.VIDEO),
            ({"id": 7, "video_url": f"{CDN}a.mp4"}, MediaType.VIDEO),
            ({"id": 7, "image_status": 1}, MediaType.IMAGE),
            ({"asset_id": 0, "id": 7, "path": "upload/a.mp3"}, MediaType.AUDIO),
        ],
    )
    def test_give_the_id(self, fields: dict[str, Any], media_type: MediaType) -> None:
        asset = EXTRACTOR.asset(fields)

        assert (asset.provider_asset_id, asset.media_type) == ("7", media_type)
        assert EXTRACTOR.identify(fields) == "7"

    def test_prefer_the_id_of_the_library(self) -> None:
        assert EXTRACTOR.asset({"id": 1, "asset_id": 2, "video_id": 3}).provider_asset_id == "3"
        assert EXTRACTOR.asset({"id": 1, "asset_id": 2, "asset_type": 1}).provider_asset_id == "2"

    @pytest.mark.parametrize("key", ["url", "video_url"])
    def test_give_the_remote_url(self, key: str) -> None:
        asset = EXTRACTOR.asset({"video_id": 7, "video_status": 1, key: f"{CDN}upload%2Fa.mp4"})

        assert (asset.remote_url, asset.status) == (f"{CDN}upload%2Fa.mp4", "completed")
        assert Name(NameKind.PATH, "upload/a.mp4") in asset.names

    @pytest.mark.parametrize("key", ["first_frame", "thumbnail", "thumbnail_url", "cover_url"])
    def test_give_the_thumbnail(self, key: str) -> None:
        assert EXTRACTOR.asset({"video_id": 7, key: f"{CDN}a.jpg"}).thumbnail_url == f"{CDN}a.jpg"
        assert EXTRACTOR.asset({"video_id": 7, "video_status": 7, key: f"{CDN}a.jpg"}).thumbnail_url == ""

    def test_give_the_thumbnail_of_an_image_that_has_one(self) -> None:
        record = {"image_id": 7, "image_status": 1, "image_url": f"{CDN}a.jpg", "thumbnail": f"{CDN}small.jpg"}

        assert EXTRACTOR.asset(record).thumbnail_url == f"{CDN}small.jpg"
        assert EXTRACTOR.asset({**record, "thumbnail": ""}).thumbnail_url == f"{CDN}a.jpg"
