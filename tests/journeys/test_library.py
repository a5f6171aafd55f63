"""The library's pages: filters, paging, empty states, and one asset."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from assets.models import Asset
from tests.factories import NOW, AccountFactory, AssetFactory, EdgeFactory, ReferenceFactory
from tests.journeys.walking import HTMX

LIBRARY = "/"


def shown(client: Client, **query: Any) -> list[str]:
    """The prompts on a page of the library, in order."""
    page = client.get(LIBRARY, query).content.decode()
    return re.findall(r'class="asset-card__link"[^>]*>([^<]*)<', page)


class TestLibrary:
    def test_shows_the_newest_first(self, as_alice: Client, alice: User) -> None:
        AssetFactory(owner=alice, prompt="older", provider_created_at=NOW - timedelta(days=1))
        AssetFactory(owner=alice, prompt="newer", provider_created_at=NOW)

        assert shown(as_alice) == ["newer", "older"]
        assert shown(as_alice, sort="oldest") == ["older", "newer"]

    def test_shows_only_what_is_the_readers(self, as_alice: Client, bob: User) -> None:
        AssetFactory(owner=bob, prompt="bob's")

        assert shown(as_alice) == []

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({"text": "boats"}, ["boats"]),
            ({"media_type": "image"}, ["still"]),
            ({"operation_type": "video_extend"}, ["child"]),
            ({"lineage": "related"}, ["child", "boats"]),
            ({"lineage": "orphan"}, ["still"]),
            ({"made_after": "2026-11-02"}, ["child"]),
            ({"made_before": "2026-10-31"}, ["still"]),
            ({"provider_id": "pixverse", "media_type": "image"}, ["still"]),
            ({"show_stubs": "true", "media_type": "audio"}, ["a stub"]),
        ],
        ids=str,
    )
    def test_filters(self, as_alice: Client, alice: User, query: dict[str, str], expected: list[str]) -> None:
        boats = AssetFactory(owner=alice, prompt="boats")
        still = {"prompt": "still", "media_type": "image", "operation_type": "text_to_image"}
        AssetFactory(owner=alice, provider_created_at=NOW - timedelta(days=2), **still)
        child = AssetFactory(
            owner=alice, prompt="child", operation_type="video_extend", provider_created_at=NOW + timedelta(days=2)
        )
        EdgeFactory(parent=boats, child=child)
        AssetFactory(owner=alice, prompt="a stub", is_stub=True, media_type="audio")

        assert shown(as_alice, **query) == expected

    def test_filters_by_account(self, as_alice: Client, alice: User) -> None:
        account = AccountFactory(owner=alice)
        AssetFactory(owner=alice, prompt="of the account", account=account)
        AssetFactory(owner=alice, prompt="of none")

        assert shown(as_alice, account_id=account.pk) == ["of the account"]

    def test_names_active_filters_and_removes_each(self, as_alice: Client, alice: User) -> None:
        page = as_alice.get(LIBRARY, {"text": "boats", "media_type": "video"}).content.decode()

        assert 'href="/?media_type=video"' in page
        assert 'href="/?text=boats"' in page

    def test_badge_says_and_opens_the_lineage(self, as_alice: Client, alice: User) -> None:
        parent, child = AssetFactory.create_batch(2, owner=alice)
        EdgeFactory(parent=parent, child=child)

        page = as_alice.get(LIBRARY).content.decode()

        assert "1↑ / 0↓" in page
        assert "1 parent, 0 children: open lineage" in page
        assert "0 parents, 1 child: open lineage" in page
        assert reverse("lineage:inspector", args=[child.pk]) in page

    def test_pages_there_and_back(self, as_alice: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("library.views.PAGE_SIZE", 2)
        for day in range(5):
            AssetFactory(owner=alice, prompt=f"day {day}", provider_created_at=NOW + timedelta(days=day))

        second = as_alice.get(linked(as_alice.get(LIBRARY).content.decode(), "next")).content.decode()
        first_again = as_alice.get(linked(second, "prev")).content.decode()

        assert re.findall(r"day \d</a>", second) == ["day 2</a>", "day 1</a>"]
        assert re.findall(r"day \d</a>", first_again) == ["day 4</a>", "day 3</a>"]

    @pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain"])
    def test_leads_to_the_settings_when_empty(self, as_alice: Client, headers: dict[str, str]) -> None:
        page = as_alice.get(LIBRARY, headers=headers).content.decode()

        assert "Your library is empty" in page
        assert reverse("providers:settings") in page

    def test_leads_to_the_account_there_is_when_empty(self, as_alice: Client, alice: User) -> None:
        AccountFactory(owner=alice, label="Studio")

        page = as_alice.get(LIBRARY).content.decode()

        assert "Import from Studio" in page
        assert reverse("providers:settings", args=["pixverse"]) in page
        assert "Connect an account" not in page

    def test_offers_to_clear_filters_when_nothing_matches(self, as_alice: Client, alice: User) -> None:
        AssetFactory(owner=alice)

        page = as_alice.get(LIBRARY, {"text": "zebra"}).content.decode()

        assert "No matching assets" in page
        assert "Clear filters" in page

    def test_answers_htmx_with_the_results_only(self, as_alice: Client) -> None:
        whole, part = as_alice.get(LIBRARY), as_alice.get(LIBRARY, headers=HTMX)

        assert "<html" in whole.content.decode()
        assert part.content.decode().strip().startswith('<section id="results"')
        assert "HX-Request" in part["Vary"]
        assert "HX-Request" in whole["Vary"]

    def test_answers_the_browsers_history_with_the_whole_page(self, as_alice: Client) -> None:
        page = as_alice.get(LIBRARY, headers={**HTMX, "HX-History-Restore-Request": "true"})

        assert "<html" in page.content.decode()

    @pytest.mark.parametrize(
        "query",
        [
            {"media_type": "smell"},
            {"made_after": "yesterday"},
            {"made_before": "9999-12-31"},
            {"account_id": "9" * 30},
            {"provider_id": "nobody"},
            {"text": "x" * 300},
            {"cursor": "nonsense"},
            {"cursor": "é"},
            {"sort": "random"},
        ],
        ids=str,
    )
    def test_refuses_nonsense_clearly(self, as_alice: Client, query: dict[str, str]) -> None:
        response = as_alice.get(LIBRARY, query)

        assert response.status_code == 422
        assert 'role="alert"' in response.content.decode()

    def test_refuses_a_cursor_that_is_nested_deeply(self, as_alice: Client) -> None:
        cursor = urlsafe_b64encode(b"[" * 6000).decode()

        assert as_alice.get(LIBRARY, {"cursor": cursor}).status_code == 422

    def test_shows_a_prompt_as_text(self, as_alice: Client, alice: User) -> None:
        AssetFactory(owner=alice, prompt="<script>alert(1)</script>")

        assert "<script>alert(1)" not in as_alice.get(LIBRARY).content.decode()

    def test_finds_an_asset_by_a_searched_identifier(self, as_alice: Client, alice: User, bob: User) -> None:
        asset = AssetFactory(owner=alice, prompt="a paper boat")
        ReferenceFactory(asset=asset, kind="path", value="web/ori/boat.mp4")
        ReferenceFactory(asset=AssetFactory(owner=bob), kind="path", value="web/ori/theirs.mp4")

        found = as_alice.get(LIBRARY, {"text": "web/ori/boat.mp4"})
        filtered = as_alice.get(LIBRARY, {"text": "web/ori/boat.mp4", "media_type": "image"})
        theirs = as_alice.get(LIBRARY, {"text": "web/ori/theirs.mp4"})

        assert list(found.context["assets"]) == [asset]
        assert "No matching assets" in filtered.content.decode()
        assert "No matching assets" in theirs.content.decode()

    def test_shows_the_identified_asset_first_and_once(self, as_alice: Client, alice: User) -> None:
        older = AssetFactory(owner=alice, prompt="take 7", provider_created_at=NOW - timedelta(days=1))
        newer = AssetFactory(owner=alice, prompt="take 7 again")
        ReferenceFactory(asset=older, kind="path", value="take 7")

        found = as_alice.get(LIBRARY, {"text": "take 7"})

        assert list(found.context["assets"]) == [older, newer]

    @pytest.mark.parametrize("count", [1, 30])
    def test_takes_the_same_number_of_queries_for_any_page(
        self, as_alice: Client, alice: User, django_assert_num_queries: Any, count: int
    ) -> None:
        AssetFactory.create_batch(count, owner=alice, account=AccountFactory(owner=alice))

        with django_assert_num_queries(4):
            as_alice.get(LIBRARY)


class TestAsset:
    def test_shows_media_parameters_identifiers_and_payload(self, as_alice: Client, alice: User) -> None:
        asset = AssetFactory(
            owner=alice,
            account=AccountFactory(owner=alice, label="Studio"),
            remote_url="https://media.pixverse.ai/clip.mp4",
            model_name="v6",
            duration_seconds=5,
            width=1280,
            height=720,
            media_metadata={"seed": 77, "quality": "720p", "aspect_ratio": "16:9"},
        )
        asset.references.create(owner=alice, provider_id="pixverse", kind="id", value="4711", created_at=NOW)
        asset.references.create(
            owner=alice, provider_id="pixverse", kind="path", value="a/b.mp4", is_indirect=True, created_at=NOW
        )

        page = as_alice.get(reverse("library:asset", args=[asset.pk])).content.decode()

        for words in ("<video", asset.prompt, "v6", "1280 × 720", "720p", "16:9", "77", "Studio", "4711", "a/b.mp4"):
            assert words in page
        assert page.count("reported by a child") == 1
        assert "&quot;seed&quot;: 77" in page

    @pytest.mark.parametrize(("media_type", "tag"), [("image", "<img"), ("audio", "<audio"), ("video", "<video")])
    def test_shows_each_kind_of_media(self, as_alice: Client, alice: User, media_type: str, tag: str) -> None:
        asset = AssetFactory(owner=alice, media_type=media_type, remote_url="https://media.pixverse.ai/x")

        assert tag in as_alice.get(reverse("library:asset", args=[asset.pk])).content.decode()

    def test_says_that_a_stub_is_not_imported(self, as_alice: Client, alice: User) -> None:
        stub = AssetFactory(owner=alice, is_stub=True, provider_asset_id="", prompt="")

        page = as_alice.get(reverse("library:asset", args=[stub.pk])).content.decode()

        assert "Not imported (referenced by its children)" in page

    def test_lists_merged_copies(self, as_alice: Client, alice: User) -> None:
        asset = AssetFactory(owner=alice)
        asset.merges.create(owner=alice, absorbed_id=1, absorbed_provider_asset_id="4242", merged_at=NOW)

        assert "4242" in as_alice.get(reverse("library:asset", args=[asset.pk])).content.decode()

    def test_not_yours_is_404(self, as_alice: Client, bob: User) -> None:
        assert as_alice.get(reverse("library:asset", args=[AssetFactory(owner=bob).pk])).status_code == 404

    def test_no_id_is_too_odd(self, as_alice: Client) -> None:
        assert as_alice.get("/assets/99999999999999999999999/").status_code == 404

    def test_takes_a_fixed_number_of_queries(
        self, as_alice: Client, alice: User, django_assert_num_queries: Any
    ) -> None:
        asset = AssetFactory(owner=alice)

        with django_assert_num_queries(5):
            as_alice.get(reverse("library:asset", args=[asset.pk]))
        assert Asset.objects.count() == 1


def linked(page: str, relation: str) -> str:
    found = re.search(rf'href="([^"]*)" rel="{relation}"', page)
    assert found is not None
    return found[1].replace("&amp;", "&")
