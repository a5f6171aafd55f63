"""The inspector's URL: read, changed and written."""

from __future__ import annotations

import pytest

from lineage.inspector.forms import InspectorForm


class TestInspectorState:
    def test_writes_only_what_is_not_the_default(self) -> None:
        form = InspectorForm({"view": "cards", "up": "3", "down": "0", "open": "12p", "media_type": ""})

        assert form.is_valid()
        assert form.state(7).query_string() == "up=3&down=0&open=12p"

    def test_reads_the_parameters_of_the_api(self) -> None:
        form = InspectorForm({"direction": "parents", "max_depth": "4"})

        assert form.is_valid()
        assert (form.state(7).query.up, form.state(7).query.down) == (4, 0)

    def test_moves_to_another_asset(self) -> None:
        form = InspectorForm({"up": "2", "pick": "12", "focus": "1"})

        assert form.is_valid()
        assert form.state(7).url(root_id=8, pick="", focus=None) == "/assets/8/lineage/?up=2"

    def test_finds_the_picked_edge(self) -> None:
        form = InspectorForm({"pick": "12-33"})

        assert form.is_valid()
        assert form.state(7).picked_edge == (12, 33)

    def test_changes_what_a_link_changes(self) -> None:
        form = InspectorForm({"view": "graph", "pick": "12-33"})

        assert form.is_valid()
        assert form.state(7).url(pick="", up=2) == "/assets/7/lineage/?view=graph&up=2"


class TestInspectorForm:
    @pytest.mark.parametrize(
        ("word", "value"),
        [("open", "12x"), ("close", "p"), ("pick", "a-b"), ("pick", "1٣-5"), ("view", "map"), ("up", "51")],
    )
    def test_refuses_nonsense(self, word: str, value: str) -> None:
        assert not InspectorForm({word: value}).is_valid()
