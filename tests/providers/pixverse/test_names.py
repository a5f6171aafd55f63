"""Tests that all spellings of a path or URL give the same name."""

from __future__ import annotations

import pytest

from common.vocabulary import NameKind
from providers.pixverse.names import clean_id, media_name, stem_name
from providers.records import Name

HOSTS = ("media.pixverse.ai", "127.0.0.1:8001")


class TestMediaName:
    @pytest.mark.parametrize(
        "spelling",
        [
            "upload/a.jpg",
            "/upload/a.jpg",
            "upload%2Fa.jpg",
            "https://media.pixverse.ai/upload/a.jpg",
            "https://media.pixverse.ai/upload%2Fa.jpg",
            "https://media.pixverse.ai/upload%2fa.jpg",
            "HTTPS://Media.Pixverse.AI/upload%2Fa.jpg?x-oss-process=image/resize#top",
            "https://media.pixverse.ai:443/upload/a.jpg/",
            "//media.pixverse.ai/upload/a.jpg",
            "http://127.0.0.1:8001/upload%2Fa.jpg",
            "  upload/a.jpg ",
            "upload%252Fa.jpg",
            "https://media.pixverse.ai./upload/a.jpg",
            "http://media.pixverse.ai/upload%252Fa.jpg?v=1",
        ],
    )
    def test_is_the_path_on_a_media_host(self, spelling: str) -> None:
        assert media_name(spelling, HOSTS) == Name(NameKind.PATH, "upload/a.jpg")

    @pytest.mark.parametrize(
        ("url", "name"),
        [
            ("https://Example.com/a%20b.jpg?sig=1", "https://example.com/a b.jpg"),
            ("https://example.com/view?filename=one.png", "https://example.com/view?filename=one.png"),
            ("http://example.com:80/a.jpg", "https://example.com/a.jpg"),
            ("http://127.0.0.1:9/a.jpg", "https://127.0.0.1:9/a.jpg"),
            ("https://user:word@example.com/a", "https://example.com/a"),
            ("https://[broken/a?b", "https://[broken/a"),
        ],
    )
    def test_is_the_url_elsewhere(self, url: str, name: str) -> None:
        assert media_name(url, HOSTS) == Name(NameKind.URL, name)

    @pytest.mark.parametrize(
        "nothing",
        [
            "", " ", "null", "undefined", None, 5, [], "/", "https://media.pixverse.ai/", "data:image/png;base64,AAAA",
            "https://media.pixverse.ai/pixverse-preview%2Fmp4%2Fmedia%2Fdefault.mp4",
            "pixverse/mp4/media/default.mp4",
            "https://media.pixverse.ai/pixverse%2Fjpg%2Fmedia%2Fdefault.jpeg?x=1",
            "0", "[]", "{}", "-", "false", "True", "N/A", "NaN", "unknown", "http://null", "about:blank", "default.jpg",
            "https://media.pixverse.ai/undefined", "https://example.com/a/null", "upload/null.mp4", "%6eull",
        ],
    )  # fmt: skip
    def test_is_none_for_nothing_and_placeholders(self, nothing: object) -> None:
        assert media_name(nothing, HOSTS) is None

    def test_keeps_a_file_that_is_only_called_like_the_placeholder(self) -> None:
        assert media_name("asset/media/user/default_avatar.jpeg", HOSTS) is not None

    def test_hashes_what_is_too_long(self) -> None:
        name = media_name("upload/" + "a" * 2000, HOSTS)

        assert name is not None
        assert name.value.startswith("sha256:")
        assert len(name.value) == 71

    def test_holds_nothing_the_database_refuses(self) -> None:
        assert media_name("upload/a\x00\ud800%00b.jpg", HOSTS) == Name(NameKind.PATH, "upload/a%00b.jpg")


class TestStemName:
    def test_is_the_same_for_the_clip_its_copy_and_its_thumbnail(self) -> None:
        stem = "5faf929b-def9-455c-80b8-2ee6e714dd79_seed305684821"
        spellings = [
            f"pixverse/mp4/media/web/ori/{stem}.mp4",
            f"https://media.pixverse.ai/pixverse%2Fmp4%2Fmedia%2Fweb%2F{stem}.mp4?x=1",
            f"https://media.pixverse.ai/pixverse%2Fwebp%2Fmedia%2Fweb%2F{stem}.webp",
        ]

        assert {stem_name(spelling) for spelling in spellings} == {Name(NameKind.STEM, stem)}

    def test_is_none_for_a_bare_uuid(self) -> None:
        assert stem_name("upload/5faf929b-def9-455c-80b8-2ee6e714dd79.mp4") is None


class TestCleanId:
    @pytest.mark.parametrize(
        ("value", "digits"),
        [(7, "7"), ("7", "7"), ("007", "7"), (7.0, "7"), (0, ""), ("0", ""), (-7, ""), (True, ""), (None, ""),
         ("5faf929b", ""), (7.5, ""), (float("nan"), ""), (float("inf"), ""), (10**30, ""), ("٣", "")],
    )  # fmt: skip
    def test_is_digits_or_nothing(self, value: object, digits: str) -> None:
        assert clean_id(value) == digits
