"""Words of texts and of searches, as the database makes them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection

from assets.models import Asset
from assets.word_search import has_words
from tests.factories import AssetFactory

FOUND = [
    ("一只猫在雨中跳舞", "跳舞"),
    ("一只猫在雨中跳舞", "猫"),
    ("一只猫在雨中跳舞", "舞"),
    ("一只猫在雨中跳舞", "雨中 猫在"),
    ("雨の中で踊る猫", "踊る"),
    ("ガラスの靴", "ｶﾞﾗｽ"),
    ("고양이가 춤을 춘다", "고양이"),
    ("แมวเต้นรำกลางสายฝน", "เต้นรำ"),
    ("ឆ្មារាំក្នុងភ្លៀង", "រាំ"),
    ("the cat猫dances", "cat 猫 dances"),
    ("Café crème", "cafe creme"),
    ("cafe", "Café"),
    ("Cafe\u0301", "café"),
    ("Łódź, Straße, Ærø, smørrebrød", "lodz strasse aero smorrebrod"),
    ("İSTANBUL", "istanbul"),
    ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ("ЁЛКА", "елка"),
    ("Việt Nam", "viet nam"),
    ("שָׁלוֹם", "שלום"),
    ("مُحَمَّد", "محمد"),
    ("می\u200cخواهم", "می\u200cخواهم"),
    ("क्\u200dष हिन्दी", "हिन्दी"),
    ("foo-bar_baz/qux.mp4", "qux"),
    ("foo-bar_baz/qux.mp4", "bar"),
    ("foo-bar_baz/qux.mp4", "baz/qu"),
    ("foo-bar_baz/qux.mp4", "foo-bar_baz/qux.mp4"),
    (r"C:\renders\take.07~final.mov", "renders final"),
    ("it’s a “quote”", "it's quote"),
    ("ＡＢＣ①", "abc1"),
    ("fox in snow", "sno"),
    ("x" * 5000, "x" * 5000),
]
MISSED = [
    ("一只猫在雨中跳舞", "狗"),
    ("一只猫在雨中跳舞", "舞跳"),
    ("か", "が"),
    ("fox in snow", "ox"),
    ("fox in snow", "fo snow"),
    ("cat", "cats"),
]
WITHOUT_WORDS = [
    "👨",
    "👩\u200d👩\u200d👧",
    '"',
    "--",
    ":*",
    "' & !",
    "\\",
    "。、",
    "…",
    "\u0301",
    "\x00",
    "|",
    "<->",
    "€ ©",
]


@pytest.mark.django_db
class TestHasWords:
    @pytest.mark.parametrize(("text", "asked"), FOUND)
    def test_finds(self, alice: User, text: str, asked: str) -> None:
        AssetFactory(owner=alice, prompt=text)

        assert Asset.objects.filter(has_words(asked)).count() == 1

    @pytest.mark.parametrize(("text", "asked"), MISSED)
    def test_does_not_find(self, alice: User, text: str, asked: str) -> None:
        AssetFactory(owner=alice, prompt=text)

        assert Asset.objects.filter(has_words(asked)).count() == 0

    @pytest.mark.parametrize("asked", WITHOUT_WORDS, ids=ascii)
    def test_finds_nothing_without_words(self, alice: User, asked: str) -> None:
        AssetFactory(owner=alice, prompt=f"a cat {asked}".replace("\x00", ""))

        assert Asset.objects.filter(has_words(asked)).count() == 0

    @pytest.mark.parametrize("asked", ["fox & dog", "!fox", "fox | dog", "'fox'", "fox:*", "fo\x00", "fox <-> snow"])
    def test_takes_no_character_for_an_operator(self, alice: User, asked: str) -> None:
        AssetFactory(owner=alice, title="fox", prompt="a dog in snow")

        assert Asset.objects.filter(has_words(asked)).count() == 1

    @pytest.mark.parametrize(
        "text", ["x" * 100_000, "猫" * 100_000, "é, " * 30_000, "".join(map(chr, range(1, 55_000)))]
    )
    def test_stores_any_text(self, alice: User, text: str) -> None:
        asset = AssetFactory(owner=alice, prompt=text)

        assert Asset.objects.filter(has_words(text[:200]), pk=asset.pk).exists()

    def test_works_under_any_search_path(self, alice: User) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL search_path TO pg_catalog")
            cursor.execute("SELECT public.stemma_search_vector('Café') @@ public.stemma_search_query('cafe')")
            [found] = cursor.fetchone()

        assert found
