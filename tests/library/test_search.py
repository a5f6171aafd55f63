"""Search by ancestry in the library: words of lineage among the words of prompts, and the same as filters."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from assets.lookup import find_by_identifier
from assets.models import Asset
from library import browse as browsing
from library.browse import LibraryFilter, browse
from library.search_syntax import InvalidSearch, read, split_unfinished
from lineage.origins_impact import subqueries
from tests.factories import NOW, AssetFactory, EdgeFactory, ReferenceFactory, chain


@pytest.fixture
def family(alice: User) -> dict[str, Asset]:
    """A still made into two takes, of which one was extended; and a loner."""
    still = AssetFactory(owner=alice, prompt="still", media_type="image")
    take, other_take, extended = (AssetFactory(owner=alice, prompt=name) for name in ("take", "other", "extended"))
    EdgeFactory(parent=still, child=take)
    EdgeFactory(parent=still, child=other_take)
    EdgeFactory(parent=take, child=extended)
    loner = AssetFactory(owner=alice, prompt="loner")
    ReferenceFactory(asset=still, kind="path", value="stills/1.png")
    return {asset.prompt: asset for asset in (still, take, other_take, extended, loner)}


def found(owner: User, **wanted: Any) -> set[str]:
    return {asset.prompt for asset in browse(owner.pk, LibraryFilter(**wanted), cursor="", size=50).items}


class TestRead:
    def test_takes_words_of_lineage_out_of_the_text(self) -> None:
        words = read('boats made-from:12 USED-IN:"a b" is:Orphan at dawn')

        assert words.text.split() == ["boats", "at", "dawn"]
        assert (words.made_from, words.used_in, words.lineage) == (["12"], ["a b"], ["orphan"])

    @pytest.mark.parametrize("text", ["remade-from:12", "made-from 12", "thesis:orphan"])
    def test_leaves_other_words_alone(self, text: str) -> None:
        assert read(text).text == text

    @pytest.mark.parametrize("text", ["made-from:", 'used-in:""', "is:", "is:purple"])
    def test_refuses_what_means_nothing(self, text: str) -> None:
        with pytest.raises(InvalidSearch):
            read(text)


class TestSplitUnfinished:
    @pytest.mark.parametrize(
        ("text", "rest"),
        [
            ("made-from:", ""),
            ("boats made-from:", "boats"),
            ("made-from: boats", "boats"),
            ("Used-In:", ""),
            ('boats used-in:"a na', "boats"),
            ('made-from:"', ""),
            ('made-from:""', ""),
            ("boats is:", "boats"),
            ("is:or is:root", "is:root"),
            ("is:ORPHA", ""),
        ],
    )
    def test_splits_off_an_operator_that_is_still_typed(self, text: str, rest: str) -> None:
        kept, hint = split_unfinished(text)

        assert kept == rest
        assert hint.startswith("Add ")

    @pytest.mark.parametrize(
        "text", ["", "boats", "made-from:1", 'used-in:"a name" boats', "is:orphan", "is:purple", "made-from", "is"]
    )
    def test_keeps_a_text_without_one(self, text: str) -> None:
        assert split_unfinished(text) == (text, "")


class TestFindByIdentifier:
    def test_finds_by_id_and_by_any_name(self, alice: User, family: dict[str, Asset]) -> None:
        still = family["still"]

        assert find_by_identifier(alice.pk, str(still.pk)) == still
        assert find_by_identifier(alice.pk, "stills/1.png") == still

    @pytest.mark.parametrize("name", ["", "0", "9" * 30, "nowhere", "\x00", "٣"])
    def test_finds_nothing_where_there_is_none(self, alice: User, family: dict[str, Asset], name: str) -> None:
        assert find_by_identifier(alice.pk, name) is None

    def test_finds_nothing_of_others(self, bob: User, family: dict[str, Asset]) -> None:
        assert find_by_identifier(bob.pk, str(family["still"].pk)) is None
        assert find_by_identifier(bob.pk, "stills/1.png") is None


class TestBrowse:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("made-from:stills/1.png", {"take", "other", "extended"}),
            ("made-from:stills/1.png ext", {"extended"}),
            ("is:root", {"still"}),
            ("is:orphan", {"loner"}),
            ("is:related", {"still", "take", "other", "extended"}),
            ("is:root is:orphan", set()),
        ],
        ids=["made from", "made from, and a word", "root", "orphan", "related", "nothing is both"],
    )
    def test_understands_words_of_lineage(
        self, alice: User, family: dict[str, Asset], text: str, expected: set[str]
    ) -> None:
        assert found(alice, text=text) == expected

    def test_looks_upwards_and_downwards(self, alice: User, family: dict[str, Asset]) -> None:
        extended, take = str(family["extended"].pk), str(family["take"].pk)

        assert found(alice, text=f"used-in:{extended}") == {"still", "take"}
        assert found(alice, used_in=extended, media_type="image") == {"still"}
        assert found(alice, made_from=take) == {"extended"}
        assert found(alice, text=f"used-in:{extended} made-from:stills/1.png") == {"take"}

    def test_adds_the_relatives_of_what_matches(self, alice: User, family: dict[str, Asset]) -> None:
        assert found(alice, text="take", show_relatives=True) == {"still", "take", "extended"}
        assert found(alice, text="loner", show_relatives=True) == {"loner"}

    def test_adds_the_relatives_of_many_matches(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(browsing, "MANY", 2)
        first, *rest = chain(alice, 4)
        AssetFactory(owner=alice, media_type="image")
        Asset.objects.filter(pk__in=[first.pk, rest[0].pk]).update(media_type="audio")

        page = browse(alice.pk, LibraryFilter(media_type="audio", show_relatives=True), cursor="", size=50)

        assert {asset.pk for asset in page.items} == {first.pk, rest[0].pk, rest[1].pk}

    def test_finds_large_families_as_it_finds_small_ones(
        self, alice: User, family: dict[str, Asset], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(subqueries, "LARGE_FROM", 2)

        assert found(alice, text="made-from:stills/1.png") == {"take", "other", "extended"}
        assert found(alice, text="made-from:stills/1.png ext", show_relatives=True) == {"take", "extended"}

    def test_adds_stubs_only_when_they_are_shown(self, alice: User, family: dict[str, Asset]) -> None:
        stub = AssetFactory(owner=alice, prompt="a stub", is_stub=True)
        EdgeFactory(parent=stub, child=family["take"])

        assert "a stub" not in found(alice, text="take", show_relatives=True)
        assert "a stub" in found(alice, text="take", show_relatives=True, show_stubs=True)

    def test_refuses_an_unknown_asset(self, alice: User) -> None:
        with pytest.raises(InvalidSearch, match="No asset with the ID “abc”"):
            found(alice, text="made-from:abc")

    @pytest.mark.parametrize("length", [3, 30], ids=str)
    def test_takes_the_same_number_of_queries_for_any_family(self, alice: User, length: int) -> None:
        clips = chain(alice, length)

        with CaptureQueriesContext(connection) as captured:
            shown = found(alice, made_from=str(clips[0].pk), show_relatives=True)

        assert len(shown) == length
        # The asset of that name, whether its family is large, the page.
        assert len(captured) == 3

    def test_pages_through_all_of_them(self, alice: User) -> None:
        clips = chain(alice, 7)
        wanted, cursor, seen = LibraryFilter(made_from=str(clips[0].pk)), "", []

        for _ in range(3):
            page = browse(alice.pk, wanted, cursor=cursor, size=2)
            seen += [asset.pk for asset in page.items]
            cursor = page.next_cursor or ""

        assert seen == [clip.pk for clip in reversed(clips[1:])]
        assert not cursor


class TestIdentified:
    """A search for an identifier: its asset is the first of all pages, and on no other."""

    @pytest.fixture
    def takes(self, alice: User) -> list[Asset]:
        """Five assets with the word of the identifier that the middle one has, the newest first."""
        made = [NOW - timedelta(days=day) for day in range(5)]
        takes = [AssetFactory(owner=alice, prompt="take 7", provider_created_at=day) for day in made]
        ReferenceFactory(asset=takes[2], kind="id", value="7")
        return takes

    @pytest.mark.parametrize("size", [1, 2, 3, 5, 6])
    @pytest.mark.parametrize("sort", ["newest", "oldest"])
    def test_is_first_and_once_at_any_size(self, as_alice: Client, takes: list[Asset], size: int, sort: str) -> None:
        asked: dict[str, Any] = {"q": "7", "limit": size, "sort": sort, "with_total": True}
        pages = [as_alice.get("/api/v1/assets", asked).json()]
        while cursor := pages[-1]["next_cursor"]:
            pages.append(as_alice.get("/api/v1/assets", asked | {"cursor": cursor}).json())

        others = [takes[0], takes[1], takes[3], takes[4]]
        expected = [takes[2], *(others if sort == "newest" else reversed(others))]
        assert [item["id"] for page in pages for item in page["items"]] == [take.pk for take in expected]
        assert {len(page["items"]) for page in pages[:-1]} <= {size}
        assert {page["total"] for page in pages} == {5}
        assert pages[0]["previous_cursor"] is None

    @pytest.mark.parametrize("size", [1, 2])
    def test_leads_back_to_the_first_page(self, alice: User, takes: list[Asset], size: int) -> None:
        wanted = LibraryFilter(text="7")
        first = browse(alice.pk, wanted, cursor="", size=size)
        second = browse(alice.pk, wanted, cursor=first.next_cursor or "", size=size)
        third = browse(alice.pk, wanted, cursor=second.next_cursor or "", size=size)

        back = browse(alice.pk, wanted, cursor=third.previous_cursor or "", size=size)
        start = browse(alice.pk, wanted, cursor=back.previous_cursor or "", size=size)

        assert back == second
        assert back.previous_cursor
        assert start == first

    def test_is_found_by_the_api_as_by_the_page(self, as_alice: Client, alice: User) -> None:
        asset = AssetFactory(owner=alice, prompt="a boat", provider_asset_id="400123456789012")
        ReferenceFactory(asset=asset, kind="id", value="400123456789012")
        AssetFactory(owner=alice, prompt="a sea")

        for text in ("400123456789012", str(asset.pk)):
            page = as_alice.get("/", {"text": text})
            listed = as_alice.get("/api/v1/assets", {"q": text, "with_total": "true"}).json()

            assert list(page.context["assets"]) == [asset]
            assert ([item["id"] for item in listed["items"]], listed["total"]) == ([asset.pk], 1)

    def test_is_subject_to_the_other_filters(self, alice: User, family: dict[str, Asset]) -> None:
        assert found(alice, text="stills/1.png", media_type="image") == {"still"}
        assert found(alice, text="stills/1.png is:root") == {"still"}
        assert found(alice, text="stills/1.png", media_type="video") == set()
        assert found(alice, text="stills/1.png is:orphan") == set()


class TestTheDoors:
    def test_page_reports_an_invalid_filter(self, as_alice: Client) -> None:
        answer = as_alice.get("/", {"text": "made-from:abc"})

        assert answer.status_code == 422
        page = answer.content.decode()
        assert "No asset with the ID “abc”" in page
        assert "data-panel open" not in page

    @pytest.mark.parametrize("text", ["made-from:", 'fam made-from:"a na', "is:or fam"])
    def test_page_leaves_out_an_unfinished_operator(self, as_alice: Client, alice: User, text: str) -> None:
        asset = AssetFactory(owner=alice, prompt="family")

        answer = as_alice.get("/", {"text": text}, headers={"HX-Request": "true"})

        assert answer.status_code == 200
        assert list(answer.context["assets"]) == [asset]
        assert 'role="alert"' not in answer.content.decode()
        assert "as in " in answer.content.decode()

    @pytest.mark.parametrize("text", ["made-from:abc", "is:purple", "cat used-in:99999"])
    def test_page_stays_while_an_operator_is_typed(self, as_alice: Client, text: str) -> None:
        typing = {"HX-Request": "true", "X-Typing": "true"}

        answer = as_alice.get("/", {"text": text}, headers=typing)

        assert (answer.status_code, answer.content) == (204, b"")
        assert as_alice.get("/", {"text": text}, headers={"HX-Request": "true"}).status_code == 422
        assert as_alice.get("/", {"text": "x", "made_from": "abc"}, headers=typing).status_code == 422

    @pytest.mark.parametrize("text", ["👨", '"', "--", ":*", "👨 made-from:stills/1.png"])
    def test_page_and_api_find_nothing_without_words(
        self, as_alice: Client, family: dict[str, Asset], text: str
    ) -> None:
        page = as_alice.get("/", {"text": text})
        listed = as_alice.get("/api/v1/assets", {"q": text, "with_total": "true"}).json()

        assert list(page.context["assets"]) == []
        assert "No matching assets" in page.content.decode()
        assert (listed["items"], listed["total"]) == ([], 0)

    @pytest.mark.parametrize("text", ["👨", '"', "--", ":*"])
    def test_page_says_that_there_is_nothing_to_search_for(self, as_alice: Client, alice: User, text: str) -> None:
        AssetFactory(owner=alice)

        page = as_alice.get("/", {"text": text}).content.decode()

        assert f"“{escape(text)}” has no letters or digits to search for." in page
        assert "has no letters" not in as_alice.get("/", {"text": "zebra"}).content.decode()

    def test_page_opens_its_filters_when_one_of_them_is_invalid(self, as_alice: Client) -> None:
        answer = as_alice.get("/", {"made_from": "abc"})

        assert "data-panel open" in answer.content.decode()

    def test_page_has_it_as_filters(self, as_alice: Client, family: dict[str, Asset]) -> None:
        page = as_alice.get("/", {"made_from": "stills/1.png", "show_relatives": "true"}).content.decode()

        assert "Made from: <strong>stills/1.png</strong>" in page
        assert "Include parents and children" in page
        assert ">extended<" in page

    def test_api_takes_it_as_words_and_as_parameters(self, as_alice: Client, family: dict[str, Asset]) -> None:
        def asked(**query: Any) -> set[str]:
            return {item["prompt"] for item in as_alice.get("/api/v1/assets", query).json()["items"]}

        assert asked(q="made-from:stills/1.png") == {"take", "other", "extended"}
        assert asked(made_from="stills/1.png") == {"take", "other", "extended"}
        assert asked(used_in=family["extended"].pk, include_relatives=True) == {"still", "take", "other", "extended"}
        assert asked(lineage="root") == {"still"}

    @pytest.mark.parametrize(
        ("query", "field", "status"),
        [({"q": "is:purple"}, "q", 422), ({"used_in": "abc"}, "used_in", 404)],
        ids=["word", "asset"],
    )
    def test_api_reports_an_invalid_filter(
        self, as_alice: Client, query: dict[str, str], field: str, status: int
    ) -> None:
        answer = as_alice.get("/api/v1/assets", query)

        [error] = answer.json()["errors"]
        assert answer.status_code == status
        assert (error["field"], error["code"]) == (field, "invalid_search")
