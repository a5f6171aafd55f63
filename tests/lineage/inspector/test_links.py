"""Links of a neighborhood: sides opened and closed."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.contrib.auth.models import User

from assets.models import Asset
from lineage.graph.neighborhood import neighborhood
from lineage.inspector.forms import InspectorForm
from lineage.inspector.links import InspectorLinks, SideLinks
from tests.factories import AssetFactory, EdgeFactory, chain


def links_of(root: Asset, asked: dict[str, Any]) -> InspectorLinks:
    form = InspectorForm(asked)
    assert form.is_valid()
    state = form.state(root.pk)
    return InspectorLinks(state, neighborhood(root, state.query))


def follow(address: str, root: Asset) -> InspectorLinks:
    return links_of(root, dict(parse_qsl(urlsplit(address).query)))


def children(links: InspectorLinks, asset: Asset) -> SideLinks:
    return links.children(next(node for node in links.graph.nodes if node.asset.id == asset.pk))


def shown(links: InspectorLinks) -> set[int]:
    return {node.asset.id for node in links.graph.nodes}


class TestOpening:
    def test_shows_more_each_time(self, alice: User) -> None:
        hub = AssetFactory(owner=alice)
        for child in AssetFactory.create_batch(40, owner=alice):
            EdgeFactory(parent=hub, child=child)
        first = links_of(hub, {})

        second = follow(children(first, hub).open_url, hub)
        third = follow(children(second, hub).open_url, hub)

        assert [len(shown(links)) for links in (first, second, third)] == [13, 25, 37]
        assert children(third, hub).hidden == 4

    def test_makes_room_when_the_cap_is_reached(self, alice: User) -> None:
        hub = AssetFactory(owner=alice)
        for child in AssetFactory.create_batch(10, owner=alice):
            EdgeFactory(parent=hub, child=child)
        first = links_of(hub, {"max_nodes": 5})

        second = follow(children(first, hub).open_url, hub)

        assert len(shown(second)) == 11

    def test_goes_beyond_the_steps(self, alice: User) -> None:
        first, second, third = chain(alice, 3)
        links = links_of(first, {})

        opened = follow(children(links, second).open_url, first)

        assert shown(opened) == {first.pk, second.pk, third.pk}
        assert children(opened, second).open_url == ""


class TestClosing:
    def test_hides_what_the_steps_brought_until_it_is_opened_again(self, alice: User) -> None:
        first, second, _ = chain(alice, 3)
        links = links_of(first, {"down": 2})

        closed = follow(children(links, second).close_url, first)
        again = follow(children(closed, second).open_url, first)

        assert shown(closed) == {first.pk, second.pk}
        assert shown(again) == shown(links)

    def test_takes_back_what_was_opened(self, alice: User) -> None:
        first, second, _ = chain(alice, 3)
        opened = follow(children(links_of(first, {}), second).open_url, first)

        closed = children(opened, second).close_url

        assert "open" not in closed
        assert "close" not in closed
