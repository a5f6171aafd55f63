"""Where a picture leads on to: helpings opened, sides closed."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.contrib.auth.models import User

from assets.models import Asset
from lineage.graph.neighborhood import neighborhood
from lineage.inspector.links import Leads, SideLead
from lineage.inspector.query_form import LineageQuery
from tests.factories import AssetFactory, EdgeFactory, chain


def picture(root: Asset, asked: dict[str, Any]) -> Leads:
    query = LineageQuery(asked)
    assert query.is_valid()
    return Leads(query, neighborhood(root, query.neighborhood_query))


def follow(address: str, root: Asset) -> Leads:
    return picture(root, dict(parse_qsl(urlsplit(address).query)))


def children(leads: Leads, asset: Asset) -> SideLead:
    return leads.children(next(node for node in leads.graph.nodes if node.asset.id == asset.pk))


def shown(leads: Leads) -> set[int]:
    return {node.asset.id for node in leads.graph.nodes}


class TestOpening:
    def test_shows_one_more_helping_each_time(self, alice: User) -> None:
        hub = AssetFactory(owner=alice)
        for child in AssetFactory.create_batch(40, owner=alice):
            EdgeFactory(parent=hub, child=child)
        first = picture(hub, {})

        second = follow(children(first, hub).open_address, hub)
        third = follow(children(second, hub).open_address, hub)

        assert [len(shown(leads)) for leads in (first, second, third)] == [13, 25, 37]
        assert children(third, hub).hidden == 4

    def test_makes_room_when_the_cap_is_reached(self, alice: User) -> None:
        hub = AssetFactory(owner=alice)
        for child in AssetFactory.create_batch(10, owner=alice):
            EdgeFactory(parent=hub, child=child)
        first = picture(hub, {"max_nodes": 5})

        second = follow(children(first, hub).open_address, hub)

        assert len(shown(second)) == 11

    def test_goes_beyond_the_steps(self, alice: User) -> None:
        first, second, third = chain(alice, 3)
        leads = picture(first, {})

        opened = follow(children(leads, second).open_address, first)

        assert shown(opened) == {first.pk, second.pk, third.pk}
        assert children(opened, second).open_address == ""


class TestClosing:
    def test_hides_what_the_steps_brought_until_it_is_opened_again(self, alice: User) -> None:
        first, second, _ = chain(alice, 3)
        leads = picture(first, {"down": 2})

        closed = follow(children(leads, second).close_address, first)
        again = follow(children(closed, second).open_address, first)

        assert shown(closed) == {first.pk, second.pk}
        assert shown(again) == shown(leads)

    def test_takes_back_what_was_opened(self, alice: User) -> None:
        first, second, _ = chain(alice, 3)
        opened = follow(children(picture(first, {}), second).open_address, first)

        closed = children(opened, second).close_address

        assert "open" not in closed
        assert "close" not in closed
