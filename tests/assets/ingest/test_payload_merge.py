"""Tests of joining a later payload with the stored one."""

from __future__ import annotations

from typing import Any

import pytest

from assets.ingest.payload_merge import enrich, is_blank

NOTHING: list[Any] = [
    None, 0, "", " ", [], {}, "null", "Undefined", "None", "nil", "NaN", "N/A", "-", "0", "[]", "{}", "unknown",
    "false", "true", "http://null", "https://media.pixverse.ai/undefined", "upload/null.mp4", "about:blank", "%6eull",
    "default.jpg", "https://media.pixverse.ai/pixverse%2Fmp4%2Fmedia%2Fdefault.mp4",
]  # fmt: skip


class TestEnrich:
    @pytest.mark.parametrize("nothing", NOTHING)
    def test_keeps_a_value_when_the_later_one_means_nothing(self, nothing: Any) -> None:
        kept = {"url": "https://media.pixverse.ai/upload%2Fa.jpg", "paths": ["upload/a.jpg", "upload/b.jpg"]}

        later = {"url": nothing, "paths": [nothing, "upload/c.jpg"]}

        assert enrich(kept, later) == {**kept, "paths": ["upload/a.jpg", "upload/c.jpg"]}

    @pytest.mark.parametrize("nothing", NOTHING)
    def test_replaces_what_means_nothing(self, nothing: Any) -> None:
        assert enrich({"url": nothing}, {"url": "upload/a.jpg"}) == {"url": "upload/a.jpg"}

    def test_replaces_a_flag_by_the_other_one(self) -> None:
        assert enrich({"a": "false", "b": "True", "c": True}, {"a": "true", "b": "False", "c": False}) == {
            "a": "true",
            "b": "False",
            "c": False,
        }


class TestIsBlank:
    @pytest.mark.parametrize("value", [False, True, 1, "a", "1", [None], {"a": None}, "paper boats", "🎬"])
    def test_is_false_for_values(self, value: Any) -> None:
        assert not is_blank(value)
