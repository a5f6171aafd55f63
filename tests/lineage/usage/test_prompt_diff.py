"""Two assets compared: prompts word by word, parameters row by row."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from hypothesis import given
from hypothesis import strategies as st

from lineage.usage.prompt_diff import WORDS_MAX, Change, Piece, compare_parameters, compare_texts
from tests.factories import AssetFactory


class TestCompareTexts:
    def test_tells_what_was_removed_and_added(self) -> None:
        compared = compare_texts("a fox in deep snow", "a red fox in snow")

        assert compared.pieces == (
            Piece(Change.KEPT, "a"),
            Piece(Change.ADDED, "red"),
            Piece(Change.KEPT, "fox in"),
            Piece(Change.REMOVED, "deep"),
            Piece(Change.KEPT, "snow"),
        )

    @pytest.mark.parametrize(("before", "after"), [("", ""), ("a  fox\n", "a fox")], ids=["nothing", "white space"])
    def test_finds_the_same_the_same(self, before: str, after: str) -> None:
        assert compare_texts(before, after).is_same

    def test_compares_no_more_than_it_can(self) -> None:
        compared = compare_texts("fox " * (WORDS_MAX + 1), "fox " * WORDS_MAX)

        assert compared.is_cut
        assert compared.is_same

    @given(before=st.lists(st.sampled_from("abc")), after=st.lists(st.sampled_from("abc")))
    def test_holds_both_texts(self, before: list[str], after: list[str]) -> None:
        pieces = compare_texts(" ".join(before), " ".join(after)).pieces

        assert " ".join(piece.text for piece in pieces if piece.change is not Change.ADDED) == " ".join(before)
        assert " ".join(piece.text for piece in pieces if piece.change is not Change.REMOVED) == " ".join(after)


class TestCompareParameters:
    def test_marks_what_differs_where_both_are_known(self, alice: User) -> None:
        parent = AssetFactory(owner=alice, model_name="v5", media_metadata={"seed": 7})
        child = AssetFactory(owner=alice, model_name="v6", media_metadata={"quality": "720p"})

        rows = {row.word: row for row in compare_parameters(parent, child)}

        assert (rows["Model"].parent, rows["Model"].child, rows["Model"].differs) == ("v5", "v6", True)
        assert (rows["Seed"].parent, rows["Seed"].child, rows["Seed"].differs) == ("7", "", False)
        assert not rows["Media"].differs
        assert "Size" not in rows
