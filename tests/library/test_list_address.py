"""Addresses of lists, as the pages that are opened from a list carry them."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from library.list_address import asked_list, list_address, list_query, with_list


class TestAskedList:
    @pytest.mark.parametrize(
        "query", ["text=a+b", "text=caf%C3%A9&cursor=WyJ", "made_from=https%3A%2F%2Fa%2Fb%3Fc%26d"]
    )
    def test_returns_what_the_list_wrote(self, query: str) -> None:
        written = list_query(QueryDict(query))

        address = with_list("/assets/1/", written)

        assert asked_list(QueryDict(address.partition("?")[2])) == written == query

    @pytest.mark.parametrize(
        ("asked", "address"),
        [
            ("", "/"),
            ("list=", "/"),
            ("list=//evil.example/", "/?"),
            ("list=https://evil.example", "/?"),
            ("list=%0d%0aSet-Cookie:a=b", "/?"),
            ("list=" + "a" * 4000, "/"),
        ],
        ids=["none", "blank", "another host", "a url", "a header", "long"],
    )
    def test_never_leads_elsewhere(self, asked: str, address: str) -> None:
        found = list_address(asked_list(QueryDict(asked)))

        assert found.startswith(address.rstrip("?"))
        assert "evil.example/" not in found
        assert "\r" not in found


class TestListQuery:
    def test_leaves_out_what_is_empty(self) -> None:
        assert list_query(QueryDict("text=&sort=oldest&media_type=")) == "sort=oldest"


class TestWithList:
    def test_adds_nothing_for_the_unfiltered_list(self) -> None:
        assert with_list("/assets/1/", "") == "/assets/1/"
