"""The filter and the tag that name an asset in templates."""

from __future__ import annotations

from library.templatetags.library import asset_label, asset_link
from tests.factories import AssetFactory


class TestAssetLabel:
    def test_is_the_title_before_the_prompt(self) -> None:
        assert asset_label(AssetFactory.build(title="Boat", prompt="a boat at dusk")) == "Boat"

    def test_is_cut(self) -> None:
        assert asset_label(AssetFactory.build(prompt="a boat at dusk"), 6) == "a boa…"

    def test_of_an_asset_without_words_says_what_it_is(self) -> None:
        assert asset_label(AssetFactory.build(title="", prompt="", media_type="audio")) == "Untitled audio"


class TestAssetLink:
    def test_leads_to_the_page_and_escapes_the_label(self) -> None:
        link = asset_link(AssetFactory.build(pk=7, prompt="<b>"))

        assert link == '<a href="/assets/7/">&lt;b&gt;</a>'
