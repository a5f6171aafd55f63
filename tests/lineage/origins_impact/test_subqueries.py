"""Counting the ancestors and descendants of several assets."""

from __future__ import annotations

from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from lineage.origins_impact.subqueries import count_closure_union
from tests.factories import AssetFactory, EdgeFactory, chain


class TestCountReached:
    def test_counts_once_what_several_share_and_none_of_themselves(
        self, alice: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        oldest, older, _, newer, newest = chain(alice, 5)
        other = AssetFactory(owner=alice)
        EdgeFactory(parent=other, child=newer)

        with django_assert_num_queries(2):
            below = count_closure_union([oldest.pk, older.pk, other.pk, older.pk], is_up=False)
            above = count_closure_union([newer.pk, newest.pk], is_up=True)

        assert (below, above) == (3, 4)

    def test_counts_nothing_of_nothing(self, alice: User) -> None:
        chain(alice, 2)

        assert count_closure_union([], is_up=False) == 0
