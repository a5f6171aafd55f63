"""One parent and its child: the panel, the page and the API say the same facts."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from assets.models import Asset
from lineage.graph.edge_text import span_words
from lineage.usage.pair import NoSuchPair, pair_of
from tests.factories import AssetFactory, EdgeFactory
from tests.journeys.walking import HTMX


@pytest.fixture
def transition(alice: User) -> tuple[Asset, Asset]:
    """An image used twice in a transition, and the clip."""
    image = AssetFactory(owner=alice, media_type="image", prompt="a fox in deep snow", model_name="v5")
    other = AssetFactory(owner=alice, media_type="image", prompt="a lake")
    clip = AssetFactory(owner=alice, prompt="a fox runs", model_name="v6", duration_seconds=10)
    for order, parent in enumerate((image, other, image)):
        EdgeFactory(
            parent=parent,
            child=clip,
            relation_type="TRANSITION_INPUT",
            operation_type="video_transition",
            sequence_order=order,
            transformation={"prompt": f"leg {order}", "duration": 5, "first_frame_url": "https://example.org/1.jpg"},
        )
    return image, clip


def page(client: Client, parent: Asset, child: Asset, **headers: Any) -> str:
    return client.get(reverse("lineage:edge", args=[child.pk, parent.pk]), **headers).content.decode()


class TestPairOf:
    def test_reads_every_use_in_order(self, alice: User, transition: tuple[Asset, Asset]) -> None:
        image, clip = transition

        pair = pair_of(alice.pk, parent_id=image.pk, child_id=clip.pk)

        assert [use.edge.sequence_order for use in pair.uses] == [0, 2]
        assert pair.input_count == 3

    @pytest.mark.parametrize("turned", [True, False], ids=["the other way round", "another's"])
    def test_knows_no_pair_without_an_edge(
        self, alice: User, bob: User, transition: tuple[Asset, Asset], turned: bool
    ) -> None:
        image, clip = reversed(transition) if turned else transition

        with pytest.raises(NoSuchPair):
            pair_of((alice if turned else bob).pk, parent_id=image.pk, child_id=clip.pk)

    def test_takes_two_statements(
        self, alice: User, transition: tuple[Asset, Asset], django_assert_num_queries: Any
    ) -> None:
        image, clip = transition

        with django_assert_num_queries(2):
            pair_of(alice.pk, parent_id=image.pk, child_id=clip.pk)


class TestThePage:
    def test_says_every_use_with_what_was_said_of_it(self, as_alice: Client, transition: tuple[Asset, Asset]) -> None:
        said = page(as_alice, *transition)

        assert said.count("Transition input</strong>") == 2
        assert "leg 0" in said
        assert "leg 2" in said
        assert "leg 1" not in said
        assert "From Pixverse data · found" in " ".join(said.split())

    def test_compares_prompts_and_parameters(self, as_alice: Client, transition: tuple[Asset, Asset]) -> None:
        said = page(as_alice, *transition)

        assert '<del><span class="visually-hidden">only in the parent: </span>in deep snow</del>' in said
        assert '<ins><span class="visually-hidden">only in the child: </span>runs</ins>' in said
        assert "Model<span" in said

    def test_is_a_panel_for_htmx(self, as_alice: Client, transition: tuple[Asset, Asset]) -> None:
        said = page(as_alice, *transition, headers=HTMX)

        assert "<html" not in said
        assert "<h1" not in said

    def test_marks_the_used_part_of_the_parent(self, as_alice: Client, alice: User) -> None:
        parent, child = AssetFactory.create_batch(2, owner=alice, duration_seconds=8)
        EdgeFactory(parent=parent, child=child, parent_start_time=2, parent_end_time=4)

        said = page(as_alice, parent, child)

        assert 'data-start="2.0"' in said
        assert 'x="25.0" width="25.0"' in said
        assert "from 2 s to 4 s used" in said

    def test_no_edge_is_404(self, as_alice: Client, transition: tuple[Asset, Asset]) -> None:
        image, clip = transition

        assert as_alice.get(reverse("lineage:edge", args=[image.pk, clip.pk])).status_code == 404


class TestTheApi:
    def test_says_the_same(self, as_alice: Client, transition: tuple[Asset, Asset]) -> None:
        image, clip = transition

        answer = as_alice.get(f"/api/v1/assets/{clip.pk}/lineage/from/{image.pk}").json()

        assert (answer["parent"]["id"], answer["child"]["id"], answer["input_count"]) == (image.pk, clip.pk, 3)
        assert [use["transformation"]["prompt"] for use in answer["uses"]] == ["leg 0", "leg 2"]
        assert answer["uses"][0]["known_since"].startswith("2026-11-01")
        assert {"change": "added", "text": "runs"} in answer["prompt"]["pieces"]
        assert {"word": "Model", "parent": "v5", "child": "v6", "differs": True} in answer["parameters"]

    def test_no_edge_is_404(self, as_alice: Client, transition: tuple[Asset, Asset]) -> None:
        image, clip = transition

        answer = as_alice.get(f"/api/v1/assets/{image.pk}/lineage/from/{clip.pk}")

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


class TestSpanWords:
    @pytest.mark.parametrize(
        ("start", "end", "words"),
        [
            (None, None, ""),
            (2.0, 2.0, "the frame at 2 s"),
            (None, 5.0, "up to 5 s"),
            (1.5, None, "from 1.5 s"),
            (1.5, 4.0, "from 1.5 s to 4 s"),
        ],
        ids=str,
    )
    def test_says_which_part_was_used(self, start: float | None, end: float | None, words: str) -> None:
        assert span_words(start, end) == words

    def test_names_the_frame(self) -> None:
        assert span_words(None, None, 0) == "frame 0"
        assert span_words(1.5, 1.5, 36) == "the frame at 1.5 s, frame 36"
