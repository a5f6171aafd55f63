"""Browsing the library page by page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assets import word_search
from assets.models import Asset
from library.browse import LibraryFilter, browse
from tests.factories import NOW, AssetFactory


@pytest.fixture
def boats(alice: User) -> list[Asset]:
    """Twelve clips a day apart; every third shows a boat, the first and the last a lighthouse."""
    words = ["boat, lighthouse", "sea", "sea", "boat", "sea", "sea", "boat", "sea", "sea", "boat", "sea", "lighthouse"]
    return [
        AssetFactory(owner=alice, prompt=prompt, provider_created_at=NOW + timedelta(days=day))
        for day, prompt in enumerate(words)
    ]


def found(owner: User, wanted: LibraryFilter, size: int) -> list[int]:
    """The ids on all pages, to the end and back again to the first."""
    page = browse(owner.pk, wanted, cursor="", size=size)
    ids = [asset.pk for asset in page.items]
    while page.next_cursor:
        page = browse(owner.pk, wanted, cursor=page.next_cursor, size=size)
        ids += [asset.pk for asset in page.items]
    back = [asset.pk for asset in page.items]
    while page.previous_cursor:
        page = browse(owner.pk, wanted, cursor=page.previous_cursor, size=size)
        back = [asset.pk for asset in page.items] + back
    assert back == ids
    return ids


class TestBrowse:
    @pytest.mark.parametrize("ahead", [1, 2, 4, 100])
    @pytest.mark.parametrize("size", [1, 2, 50])
    @pytest.mark.parametrize(
        ("text", "places"), [("boat", [9, 6, 3, 0]), ("light", [11, 0]), ("boat light", [0]), ("whale", [])]
    )
    def test_finds_words_however_rare(
        self,
        alice: User,
        boats: list[Asset],
        monkeypatch: pytest.MonkeyPatch,
        ahead: int,
        size: int,
        text: str,
        places: list[int],
    ) -> None:
        monkeypatch.setattr(word_search, "NEXT", ahead)
        expected = [boats[place].pk for place in places]

        assert found(alice, LibraryFilter(text=text), size) == expected
        assert found(alice, LibraryFilter(text=text, sort="oldest"), size) == expected[::-1]

    def test_finds_nothing_of_others(self, bob: User, boats: list[Asset]) -> None:
        assert found(bob, LibraryFilter(text="boat"), 50) == []

    @pytest.mark.parametrize(("text", "statements"), [("", 1), ("sea", 2), ("whale", 3)])
    def test_asks_once_more_for_rare_words(self, alice: User, boats: list[Asset], text: str, statements: int) -> None:
        with CaptureQueriesContext(connection) as captured:
            browse(alice.pk, LibraryFilter(text=text), cursor="", size=3)

        assert len(captured) == statements
