"""Neighborhood queries, as objects and in URLs."""

from __future__ import annotations

import pytest

from lineage.graph.query import (
    InvalidQuery,
    NeighborhoodQuery,
    Side,
    read_closed,
    read_opened,
    write_closed,
    write_opened,
)


class TestReadOpened:
    def test_reads_sides_and_how_often(self) -> None:
        assert read_opened("12p.33c2") == {Side(12, True): 1, Side(33, False): 2}

    @pytest.mark.parametrize(
        "text", ["12", "p12", "0p", "12x", "12p,33c", "9" * 30 + "p", "1p" + "." + "-1c", "1٣p", "12p99999"]
    )
    def test_refuses_what_names_no_side(self, text: str) -> None:
        with pytest.raises(InvalidQuery, match="is not a side"):
            read_opened(text)

    def test_refuses_more_than_an_address_can_hold(self) -> None:
        with pytest.raises(InvalidQuery, match="At most"):
            read_opened(".".join(f"{number}p" for number in range(1, 300)))

    def test_reads_what_is_written(self) -> None:
        opened = {Side(33, False): 2, Side(12, True): 1, Side(4, False): 2_001}

        assert read_opened(write_opened(opened)) == opened


class TestReadClosed:
    def test_reads_what_is_written(self) -> None:
        closed = frozenset({Side(5, False), Side(7, True)})

        assert write_closed(closed) == "5c.7p"
        assert read_closed(write_closed(closed)) == closed


class TestLook:
    def test_opens_once_more_each_time_and_undoes_a_closing(self) -> None:
        side = Side(5, False)

        query = NeighborhoodQuery(closed=frozenset({side})).open(side).open(side)

        assert (query.opened, query.closed) == ({side: 2}, frozenset())

    def test_closes_what_was_opened(self) -> None:
        side = Side(5, False)

        query = NeighborhoodQuery(opened={side: 2}).close(side)

        assert (query.opened, query.closed) == ({}, frozenset({side}))
