"""The lineage inspector: what stands around one asset, how far it looks, reloading and rebuilding it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assets.models import Asset
from tests.factories import NOW, AssetFactory, EdgeFactory, chain
from tests.journeys.walking import HTMX

DOORS = pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "plain"])


def inspector(asset: Asset) -> str:
    return reverse("lineage:inspector", args=[asset.pk])


def level(page: str, depth: int) -> str:
    """The part of the page that shows one distance."""
    found = re.search(rf'id="level-{depth}".*?</section>', page, re.DOTALL)
    return found[0] if found else ""


class TestInspector:
    @DOORS
    def test_shows_parents_and_children_one_step_away(
        self, as_alice: Client, alice: User, headers: dict[str, str]
    ) -> None:
        _, parent, middle, child, _ = chain(alice, 5)

        page = as_alice.get(inspector(middle), headers=headers).content.decode()

        assert parent.prompt in level(page, -1)
        assert child.prompt in level(page, 1)
        assert page.count("SOURCE_VIDEO / VIDEO_EXTEND") == 2
        assert "2 levels" not in page

    def test_answers_htmx_with_the_graph_and_its_title(self, as_alice: Client, alice: User) -> None:
        part = as_alice.get(inspector(AssetFactory(owner=alice)), headers=HTMX).content.decode()

        assert part.strip().startswith("<title>Lineage of")
        assert "<html" not in part

    def test_shows_inputs_in_their_order(self, as_alice: Client, alice: User) -> None:
        child = AssetFactory(owner=alice)
        for order in (2, 0, 1):
            parent = AssetFactory(owner=alice, media_type="image", prompt=f"frame {order}")
            EdgeFactory(
                parent=parent,
                child=child,
                relation_type="TRANSITION_INPUT",
                operation_type="video_transition",
                sequence_order=order,
                transformation={"prompt": f"leg {order}", "duration": 5},
            )

        parents = level(as_alice.get(inspector(child)).content.decode(), -1)

        assert re.findall(r"frame \d", parents) == ["frame 0", "frame 1", "frame 2"]
        assert re.findall(r"Input number </span>(\d)", parents) == ["1", "2", "3"]
        assert re.findall(r"leg \d", parents) == ["leg 0", "leg 1", "leg 2"]
        assert parents.count("TRANSITION_INPUT / VIDEO_TRANSITION") == 3

    def test_shows_an_image_used_twice_with_both_uses(self, as_alice: Client, alice: User) -> None:
        parent, child = AssetFactory.create_batch(2, owner=alice)
        EdgeFactory(parent=parent, child=child, relation_type="TRANSITION_INPUT", sequence_order=0)
        EdgeFactory(parent=parent, child=child, relation_type="TRANSITION_INPUT", sequence_order=1)

        parents = level(as_alice.get(inspector(child)).content.decode(), -1)

        assert parents.count("<article") == 1
        assert re.findall(r"Input number </span>(\d)", parents) == ["1", "2"]

    @pytest.mark.parametrize(
        ("query", "seen", "unseen"),
        [
            ({"max_depth": 2}, ["2 levels up", "2 levels down"], []),
            ({"direction": "parents"}, ["Parents"], ["Children"]),
            ({"direction": "children"}, ["Children"], ["Parents"]),
            ({"max_depth": 50}, ["3 levels up", "3 levels down"], ["4 levels"]),
        ],
        ids=str,
    )
    def test_looks_as_far_as_asked(
        self, as_alice: Client, alice: User, query: dict[str, Any], seen: list[str], unseen: list[str]
    ) -> None:
        middle = chain(alice, 7)[3]

        page = re.sub(r"<option.*?</option>", "", as_alice.get(inspector(middle), query).content.decode())

        assert all(words in page for words in seen)
        assert not any(f">{words}" in page for words in unseen)

    @pytest.mark.parametrize(
        "query",
        [{"max_depth": 0}, {"max_depth": 51}, {"max_depth": "x"}, {"direction": "up"}, {"max_nodes": 2001}],
        ids=str,
    )
    @DOORS
    def test_refuses_what_is_out_of_bounds(
        self, as_alice: Client, alice: User, query: dict[str, Any], headers: dict[str, str]
    ) -> None:
        response = as_alice.get(inspector(AssetFactory(owner=alice)), query, headers=headers)

        assert response.status_code == 422
        assert "Check your filters" in response.content.decode()

    def test_says_when_there_is_more(self, as_alice: Client, alice: User) -> None:
        hub = AssetFactory(owner=alice)
        for child in AssetFactory.create_batch(4, owner=alice):
            EdgeFactory(parent=hub, child=child)

        page = as_alice.get(inspector(hub), {"max_nodes": 3}).content.decode()

        assert "nearest assets" in page
        assert "max_nodes=30" in page

    def test_says_that_a_stub_is_not_in_the_library(self, as_alice: Client, alice: User) -> None:
        stub = AssetFactory(owner=alice, is_stub=True, provider_asset_id="", prompt="")
        child = AssetFactory(owner=alice)
        EdgeFactory(parent=stub, child=child)

        page = as_alice.get(inspector(child)).content.decode()

        assert "Not imported (referenced by its children)" in level(page, -1)

    def test_says_that_nothing_is_known(self, as_alice: Client, alice: User) -> None:
        page = as_alice.get(inspector(AssetFactory(owner=alice))).content.decode()

        assert "No parents. Made from text only, or lineage has not been built yet." in page
        assert "Not used in anything yet." in page

    def test_not_yours_is_404(self, as_alice: Client, bob: User) -> None:
        theirs = AssetFactory(owner=bob)

        assert as_alice.get(inspector(theirs)).status_code == 404
        assert as_alice.get(reverse("lineage:relatives", args=[theirs.pk])).status_code == 404
        assert as_alice.post(reverse("lineage:rebuild"), {"asset_id": theirs.pk}).status_code == 404

    @pytest.mark.parametrize("length", [3, 12])
    def test_takes_the_same_number_of_queries_at_any_depth(
        self, as_alice: Client, alice: User, django_assert_num_queries: Any, length: int
    ) -> None:
        middle = chain(alice, length)[length // 2]

        with django_assert_num_queries(5):
            as_alice.get(inspector(middle), {"max_depth": 50})


@pytest.mark.parametrize("view", ["cards", "tree", "graph"])
class TestReload:
    def test_is_a_link_to_the_same_address(self, as_alice: Client, alice: User, view: str) -> None:
        middle = chain(alice, 3)[1]
        address = inspector(middle) + f"?view={view}&up=2&operation_type=fusion".replace("view=cards&", "")

        page = as_alice.get(address).content.decode()

        link = re.search(r'<a id="lineage-reload"[^>]*>', page)
        assert link
        assert f'href="{address}"' in unescape(link[0])

    def test_writes_nothing(self, as_alice: Client, alice: User, view: str) -> None:
        middle = chain(alice, 3)[1]

        with CaptureQueriesContext(connection) as queries:
            as_alice.get(inspector(middle), {"view": view}, headers=HTMX)

        words = {query["sql"].split(maxsplit=1)[0] for query in queries}
        assert words <= {"SELECT", "WITH"}

    def test_stands_apart_from_what_writes(self, as_alice: Client, alice: User, view: str) -> None:
        page = as_alice.get(inspector(chain(alice, 3)[1]), {"view": view}).content.decode()
        main = page[page.index('id="graph"') :]

        menu = main[main.index("<details") : main.index("</details>")]

        assert [words in menu for words in ("Rebuild lineage", "Preview changes", "Add link", "Reload")] == [
            True, True, True, False,
        ]  # fmt: skip
        assert re.findall(r'method="post"', main.replace(menu, "")) == []


class TestRebuild:
    def test_says_what_changed_and_keeps_the_view(self, as_alice: Client, alice: User) -> None:
        asset = AssetFactory(owner=alice, media_metadata={"video_id": 1, "customer_paths": {}})
        EdgeFactory(parent=AssetFactory(owner=alice), child=asset)

        posted = {"asset_id": asset.pk, "up": 3, "down": 0}
        response = as_alice.post(reverse("lineage:rebuild"), posted, follow=True)

        assert response.redirect_chain[0][0].endswith("?up=3&down=0")
        assert "0 new, 1 removed" in response.content.decode()

    def test_answers_htmx_with_the_graph_and_a_toast(self, as_alice: Client, alice: User) -> None:
        asset = AssetFactory(owner=alice, media_metadata={"video_id": 1})

        response = as_alice.post(reverse("lineage:rebuild"), {"asset_id": asset.pk}, headers=HTMX, follow=True)

        assert 'id="graph"' in response.content.decode()
        assert "beforeend:#toasts" in response.content.decode()
        assert "Lineage is up to date" in response.content.decode()

    def test_says_that_there_is_no_payload(self, as_alice: Client, alice: User) -> None:
        stub = AssetFactory(owner=alice, is_stub=True)

        response = as_alice.post(reverse("lineage:rebuild"), {"asset_id": stub.pk}, follow=True)

        assert "without a stored payload" in response.content.decode()


class TestRelatives:
    def test_shows_each_relative_once(self, as_alice: Client, alice: User) -> None:
        parent, middle, child = chain(alice, 3)

        page = as_alice.get(reverse("lineage:relatives", args=[middle.pk]), headers=HTMX).content.decode()

        assert page.count(reverse("library:asset", args=[parent.pk])) == 1
        assert page.count(reverse("library:asset", args=[child.pk])) == 1

    def test_leads_to_the_inspector_without_htmx(self, as_alice: Client, alice: User) -> None:
        asset = AssetFactory(owner=alice)

        response = as_alice.get(reverse("lineage:relatives", args=[asset.pk]))

        assert response.headers["Location"] == inspector(asset)


class TestNodePanel:
    def test_says_of_a_mark_that_the_asset_was_deleted(self, as_alice: Client, alice: User) -> None:
        mark = AssetFactory(owner=alice, is_stub=True, deleted_at=NOW)

        panel = as_alice.get(reverse("lineage:node-panel", args=[mark.pk]), headers=HTMX).content.decode()

        assert f"Deleted on {NOW.day} {NOW:%B %Y}" in panel
        assert "referenced by its children" not in panel


class TestFilters:
    def test_says_that_nothing_matches(self, as_alice: Client, alice: User) -> None:
        _, middle, _ = chain(alice, 3)

        page = as_alice.get(inspector(middle), {"media_type": "audio"}).content.decode()

        assert "No parents or children within these levels match the filters" in page
        assert "Hide parent" not in page

    def test_keeps_what_connects_matching_assets(self, as_alice: Client, alice: User) -> None:
        image, _, root = chain(alice, 3)
        Asset.objects.filter(pk=image.pk).update(media_type="image")

        page = as_alice.get(inspector(root), {"up": "2", "media_type": "image"}).content.decode()

        assert "Shown to connect matching assets" in level(page, -1)
        assert image.prompt in level(page, -2)

    @pytest.mark.parametrize("view", ["cards", "tree", "graph"])
    def test_every_view_keeps_the_rest_of_the_address(self, as_alice: Client, alice: User, view: str) -> None:
        _, middle, _ = chain(alice, 3)

        page = as_alice.get(inspector(middle), {"view": view, "up": "2", "operation_type": "fusion"}).content.decode()

        assert "view=tree&amp;up=2&amp;operation_type=fusion" in page
        assert "?up=2&amp;operation_type=fusion" in page
