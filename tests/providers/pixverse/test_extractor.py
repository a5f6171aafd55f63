"""Tests of the extractor with recorded and odd Pixverse records."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.vocabulary import AssetStatus, MediaType, NameKind, OperationType, Origin, id_kind
from providers.base import InvalidPayload
from providers.pixverse.extractor import PixverseExtractor, created_at_of_id
from providers.records import Name
from tests.providers.pixverse import recordings

EXTRACTOR = PixverseExtractor()
EXPECTED: dict[str, Any] = recordings.answer("lineage-expected.json")["children"]
CHOICES: dict[str, Any] = json.loads((recordings.PAYLOADS.parent / "our-choices.json").read_text())["children"]
CERTAIN = [child for child, expected in EXPECTED.items() if expected["certain"]]
UNCERTAIN = [child for child, expected in EXPECTED.items() if not expected["certain"]]

# What lineage-expected.json speaks of; the other keys of a transformation are hints it leaves out.
SPOKEN_OF = {
    "image_index",
    "prompt",
    "translate_prompt",
    "duration",
    "fusion_name",
    "fusion_entry_type",
    "parent_end_time",
    "cut_time_ms",
}

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["upload/a.jpg", "https://media.pixverse.ai/upload%2Fa.jpg", "extend", "https://[", "9" * 5000]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
FIELD_NAMES = [
    *sorted({key for item in recordings.everything() if item for key in item}),
    "create_mode", "customer_img_paths", "customer_img_urls", "customer_video_path", "customer_video_url",
    "prompts", "durations", "fusion_type_list", "original_video_id", "customer_first_frame", "customer_last_frame",
]  # fmt: skip
ROTTEN_OBJECTS = st.dictionaries(st.sampled_from(FIELD_NAMES), JSON_VALUES, max_size=12)
RECORDS = st.builds(
    lambda identity, top, nested: {**top, **identity, "customer_paths": nested},
    st.sampled_from([{"video_id": 1}, {"image_id": "2"}, {"asset_id": 3, "asset_type": 1}, {"audio_id": 4}, {}]),
    ROTTEN_OBJECTS,
    ROTTEN_OBJECTS | JSON_VALUES,
)


def told(child: str) -> dict[str, Any]:
    """Return the extractor's result for a recorded child, in the form of lineage-expected.json."""
    record = recordings.by_id(child)
    return {
        "operation_type": EXTRACTOR.asset(record).operation_type.value,
        "parents": [
            {
                "sequence_order": parent.sequence_order,
                "media_type": parent.media_type.value,
                "relation_type": parent.relation_type.value,
                "names": {name.kind.value: name.value for name in parent.names if name.kind is not NameKind.STEM},
                "transformation": {k: v for k, v in parent.transformation.items() if k in SPOKEN_OF},
            }
            for parent in EXTRACTOR.parents(record)
        ],
    }


def expected(child: str) -> dict[str, Any]:
    """Return the expected result for a child, from lineage-expected.json and our-choices.json."""
    choice = CHOICES.get(child, {})
    parents = [{"transformation": {}, **parent} for parent in choice.get("parents", EXPECTED[child]["parents"])]
    for order, names in choice.get("names", {}).items():
        parents[int(order)]["names"] = names
    return {"operation_type": EXPECTED[child]["operation_type"], "parents": parents}


class TestParents:
    @pytest.mark.parametrize("child", CERTAIN)
    def test_are_those_of_the_recorded_world(self, child: str) -> None:
        assert told(child) == expected(child)

    @pytest.mark.parametrize("child", UNCERTAIN)
    def test_are_our_choice_where_the_notes_leave_one(self, child: str) -> None:
        assert child in CHOICES
        assert told(child) == expected(child)

    @pytest.mark.parametrize("child", EXPECTED)
    def test_share_the_operation_of_the_child(self, child: str) -> None:
        record = recordings.by_id(child)

        operations = {parent.operation_type for parent in EXTRACTOR.parents(record)}

        assert operations <= {EXTRACTOR.asset(record).operation_type}

    def test_end_where_an_extended_clip_ended(self) -> None:
        (clip,) = EXTRACTOR.parents(recordings.by_id("414539869388801"))

        assert clip.end_seconds == 7.0
        assert clip.transformation["original_video_id"] == "413535972558246"
        assert clip.transformation["source_video_id"] == "413535972558246"
        assert clip.transformation["customer_video_last_frame_url"].startswith("https://media.pixverse.ai/")

    def test_carry_the_stem_of_a_generated_clip(self) -> None:
        (clip,) = EXTRACTOR.parents(recordings.by_id("414539869388801"))

        assert Name(NameKind.STEM, "5faf929b-def9-455c-80b8-2ee6e714dd79_seed305684821") in clip.names

    def test_are_shown_where_the_record_says(self) -> None:
        (image,) = EXTRACTOR.parents(recordings.by_id("413535972558246"))

        assert image.remote_url == "https://media.pixverse.ai/upload%2F69340b9c-1d04-4724-a610-ecbf8dd91a34.jpg"

    def test_named_by_path_alone_are_shown_on_the_host_of_the_child(self) -> None:
        first, *_ = EXTRACTOR.parents(recordings.by_id("414917383372801"))

        assert first.remote_url == (
            "https://media.pixverse.ai/pixverse%2Fi2i%2Fori%2Fe3b3b378-5926-4b83-b7ea-5aa0b48efacb.jpg"
        )

    def test_of_an_unknown_mode_keep_the_raw_word(self) -> None:
        record = {
            "video_id": 9,
            "create_mode": "dream",
            "customer_paths": {"customer_img_path": "upload/a.jpg", "customer_video_path": "upload/b.mp4"},
        }

        relations = [
            (p.relation_type.value, p.operation_type.value, p.transformation) for p in EXTRACTOR.parents(record)
        ]

        assert relations == [
            ("SOURCE_IMAGE", "image_to_video", {"create_mode": "dream"}),
            ("DERIVATION", "image_to_video", {"create_mode": "dream"}),
        ]

    def test_never_take_two_paths_for_one_image(self) -> None:
        record = {
            "video_id": 9,
            "create_mode": "fusion",
            "customer_img_paths": ["upload/a.jpg", "upload/b.jpg", "upload/c.jpg"],
            "customer_img_urls": [
                "https://media.pixverse.ai/upload%2Fa.jpg",
                "https://media.pixverse.ai/upload%2Fc.jpg",
            ],
        }

        names = [parent.names for parent in EXTRACTOR.parents(record)]

        assert names == [(Name(NameKind.PATH, f"upload/{letter}.jpg"),) for letter in "abc"]

    def test_leave_a_placeholder_out_and_keep_positions(self) -> None:
        record = {
            "video_id": 9,
            "create_mode": "fusion",
            "customer_img_paths": ["upload/a.jpg", "pixverse/jpg/media/default.jpg", "upload/c.jpg"],
            "fusion_type_list": ["subject", "subject", "background"],
        }

        uses = [
            (p.sequence_order, p.relation_type.value, p.transformation["image_index"])
            for p in EXTRACTOR.parents(record)
        ]

        assert uses == [(0, "FUSION_CHARACTER", 0), (1, "FUSION_BACKGROUND", 2)]

    @pytest.mark.parametrize("word", ["null", "0", "{}", "NaN", "unknown", "http://null", "a/undefined", "default.jpg"])
    def test_are_none_where_a_word_means_nothing(self, word: str) -> None:
        record = {
            "video_id": 9,
            "create_mode": "fusion",
            "original_video_id": word,
            "customer_video_path": word,
            "customer_img_url": word,
            "customer_paths": {"customer_img_paths": [word, "upload/a.jpg", word], "customer_video_urls": [word]},
        }

        (image,) = EXTRACTOR.parents(record)

        assert (image.names, image.transformation["image_index"]) == ((Name(NameKind.PATH, "upload/a.jpg"),), 1)

    def test_of_an_upload_are_none(self) -> None:
        assert EXTRACTOR.parents(recordings.records("web-library-upload-images.json")[0]) == ()

    @given(JSON_VALUES | RECORDS)
    @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_never_raise(self, payload: Any) -> None:
        orders = [parent.sequence_order for parent in EXTRACTOR.parents(payload)]

        assert orders == list(range(len(orders)))


class TestAsset:
    @given(JSON_VALUES | RECORDS)
    @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_raises_nothing_but_invalid_payload(self, payload: Any) -> None:
        try:
            asset = EXTRACTOR.asset(payload)
        except InvalidPayload as error:
            assert str(error)  # noqa: PT017
        else:
            assert Name(id_kind(asset.media_type), asset.provider_asset_id) in asset.names
            assert all(0 < len(name.value) <= 1000 and "\x00" not in name.value for name in asset.names)

    def test_reads_a_clip(self) -> None:
        asset = EXTRACTOR.asset(recordings.by_id("413535972558246"))

        assert asset.media_type is MediaType.VIDEO
        assert asset.status is AssetStatus.COMPLETED
        assert asset.origin is Origin.GENERATED
        assert asset.operation_type is OperationType.IMAGE_TO_VIDEO
        assert asset.duration_seconds == 7.0
        assert (asset.width, asset.height) == (640, 360)
        assert asset.provider_created_at == datetime(2026, 7, 14, 15, 50, 16, tzinfo=UTC)
        assert asset.names == (
            Name(NameKind.PATH, "pixverse/mp4/media/web/ori/5faf929b-def9-455c-80b8-2ee6e714dd79_seed305684821.mp4"),
            Name(NameKind.STEM, "5faf929b-def9-455c-80b8-2ee6e714dd79_seed305684821"),
            Name(NameKind.ID, "413535972558246"),
        )
        assert "frame" in asset.thumbnail_url

    def test_reads_an_upload(self) -> None:
        asset = EXTRACTOR.asset(recordings.records("web-library-upload-videos.json")[0])

        assert asset.origin is Origin.UPLOADED
        assert asset.operation_type is OperationType.UPLOAD
        assert asset.status is AssetStatus.COMPLETED
        assert asset.title == "Upload_sample"
        assert asset.provider_asset_id == "414546996428801"

    def test_reads_music(self) -> None:
        asset = EXTRACTOR.asset(recordings.records("web-library-audio.json")[0])

        assert asset.media_type is MediaType.AUDIO
        assert asset.duration_seconds == 31.0
        assert asset.names[0].value == "pixverse/audio/efcc3d27-6321-408e-9293-d0420de48410.mp3"

    def test_of_a_withheld_clip_has_no_media_and_no_stem(self) -> None:
        asset = EXTRACTOR.asset(recordings.by_id("414249104588801"))

        assert asset.status is AssetStatus.FILTERED
        assert (asset.remote_url, asset.thumbnail_url) == ("", "")
        assert asset.names == (Name(NameKind.ID, "414249104588801"),)

    def test_still_working_has_no_media_although_a_url_is_filled_in(self) -> None:
        asset = EXTRACTOR.asset(recordings.answer("web-video-detail-processing.json")["Resp"])

        assert asset.status is AssetStatus.PROCESSING
        assert asset.remote_url == ""
        assert (asset.width, asset.height) == (None, None)

    @pytest.mark.parametrize(
        ("number", "status"),
        [(1, "completed"), (5, "processing"), (9, "processing"), (10, "processing"), (7, "filtered"), (8, "failed"),
         (6, "deleted"), (0, "unknown"), (2, "unknown"), (3, "unknown"), (4, "unknown"), (-1, "unknown"),
         (17, "unknown"), ("1", "completed"), (True, "unknown"), ([], "unknown")],
    )  # fmt: skip
    def test_maps_each_status_number(self, number: Any, status: str) -> None:
        record = {"video_id": 9, "video_status": number, "url": "https://media.pixverse.ai/a.mp4"}

        assert EXTRACTOR.asset(record).status == status

    def test_is_not_done_without_a_real_url(self) -> None:
        asset = EXTRACTOR.asset(recordings.by_id("411155754188801"))

        assert asset.status is AssetStatus.UNKNOWN
        assert asset.remote_url == ""

    @pytest.mark.parametrize("word", ["null", "0", "[]", "N/A", "http://null", "https://media.pixverse.ai/undefined"])
    def test_has_no_name_where_a_word_means_nothing(self, word: str) -> None:
        asset = EXTRACTOR.asset({"video_id": 9, "video_status": 1, "url": word, "video_path": word, "webp_url": word})

        assert (asset.names, asset.remote_url) == ((Name(NameKind.ID, "9"),), "")

    def test_dates_itself_by_its_id_when_no_date_came(self) -> None:
        record = {"video_id": 413535972558246, "created_at": "0001-01-01T00:00:00Z"}

        made = EXTRACTOR.asset(record).provider_created_at

        assert made is not None
        assert abs(made - datetime(2026, 7, 14, 15, 50, 16, tzinfo=UTC)).total_seconds() < 2

    @pytest.mark.parametrize(
        "dates",
        [
            {"created_at": 1753005600},
            {"created_at": "1753005600000"},
            {"created_at": "2025-07-20 10:00:00 +0000 UTC"},
            {"created_at": "May", "create_time": "Sun, 20 Jul 2025 10:00:00 GMT"},
            {"created_at": 0, "create_time": "2025-07-20t10:00:00z"},
        ],
    )
    def test_dates_itself_by_the_first_field_that_is_a_date(self, dates: dict[str, Any]) -> None:
        made = EXTRACTOR.asset({"video_id": 413535972558246, **dates}).provider_created_at

        assert made == datetime(2025, 7, 20, 10, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("payload", "reason"),
        [
            (None, "not an object"),
            ([], "not an object"),
            ({"video_id": 0, "asset_id": None}, "no ID"),
            ({"asset_id": 12}, "no media type"),
        ],
        ids=["null", "list", "no id", "no kind"],
    )
    def test_says_why_an_item_is_none(self, payload: Any, reason: str) -> None:
        with pytest.raises(InvalidPayload, match=reason):
            EXTRACTOR.asset(payload)

    def test_survives_wrong_types_everywhere(self) -> None:
        record = {"video_id": "12", "prompt": ["a"], "duration": "abc", "url": 5, "output_width": "wide", "model": {}}

        asset = EXTRACTOR.asset(record)

        assert (asset.prompt, asset.duration_seconds, asset.remote_url, asset.width) == ("", None, "", None)


class TestIdentify:
    @pytest.mark.parametrize(
        ("payload", "found"),
        [({"asset_id": 0, "video_id": "7"}, "7"), ({"asset_id": 5}, "5"), (None, ""), ({"video_id": True}, "")],
    )
    def test_finds_the_id_or_nothing(self, payload: Any, found: str) -> None:
        assert EXTRACTOR.identify(payload) == found


class TestCreatedAtOfId:
    @pytest.mark.parametrize(
        "name", ["web-video-detail-done.json", "web-image-detail-done.json", "web-video-detail-failed.json"]
    )
    def test_agrees_with_the_recorded_date(self, name: str) -> None:
        record = recordings.answer(name)["Resp"]

        made = created_at_of_id(EXTRACTOR.identify(record))

        assert made is not None
        assert abs(made - datetime.fromisoformat(record["created_at"])).total_seconds() <= 1

    @pytest.mark.parametrize("number", ["", "7", "115994841", "9" * 20])
    def test_is_none_for_ids_of_another_kind(self, number: str) -> None:
        assert created_at_of_id(number) is None
