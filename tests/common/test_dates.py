"""Tests that a provider's dates are read in all their forms, and that nothing else is taken for one."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.dates import YEARS, parse_date

DAY = datetime(2025, 7, 20, tzinfo=UTC)
TEN = DAY.replace(hour=10)


@pytest.fixture(params=["UTC", "Pacific/Auckland", "America/New_York"])
def _machine_zone(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.usefixtures("_machine_zone")
class TestParseDate:
    @pytest.mark.parametrize(
        "value",
        [
            1753005600,
            1753005600.0,
            1753005600000,
            1753005600000000,
            1753005600000000000,
            "1753005600",
            "1753005600.0",
            " 1753005600000 ",
            "2025-07-20T10:00:00Z",
            "2025-07-20T10:00:00",
            "2025-07-20T10:00:00.000+00:00",
            "2025-07-20t10:00:00z",
            "2025-07-20 10:00:00 Z",
            "2025-07-20 10:00:00 UTC",
            "2025-07-20 10:00:00 +0000 UTC",
            "2025-07-20 10:00:00.000000000 +0000 UTC m=+0.000012",
            "2025-07-20 12:00:00 +0200 CEST",
            "2025-07-20T18:00:00+0800",
            "2025-07-20T03:00:00-07:00[America/Los_Angeles]",
            "2025-07-20T10:00Z[UTC]",
            "20250720T100000Z",
            "20250720100000",
            "2025/07/20 10:00",
            "2025-7-20 10:0:0",
            "Sun, 20 Jul 2025 10:00:00 +0000",
            "Sun, 20 Jul 2025 10:00:00 GMT",
            "20 Jul 2025 06:00:00 EDT",
            "Sun Jul 20 10:00:00 UTC 2025",
            "Sun Jul 20 2025 12:00:00 GMT+0200 (Central European Summer Time)",
            "July 20, 2025 10:00 AM",
        ],
    )
    def test_reads_a_moment(self, value: object) -> None:
        assert parse_date(value) == TEN

    @pytest.mark.parametrize(
        "value",
        ["2025-07-20", "2025/07/20", "2025.07.20", "20250720", "20/07/2025", "07/20/2025", "20 July 2025",
         "2025-07-19T24:00:00Z", "2025-07-19 24:00:00", "2025-W29-7"],
    )  # fmt: skip
    def test_reads_a_day_as_its_midnight(self, value: str) -> None:
        assert parse_date(value) == DAY

    @pytest.mark.parametrize(
        "value",
        [
            None, True, False, [], {}, 0, 5, -1753005600, 1.5, float("nan"), float("inf"), 10**400, 413535972558246,
            "", "0", "5", "May", "Sunday", "now", "today", "10:00", "2025", "2025-07", "Jul 2025", "May 5", "9" * 5000,
            "1e999", "413535972558246", "03/04/2025", "2025-02-30", "2025-13-01", "2025-07-20T25:00:00Z",
            "2025-07-20 10:00 CEST", "made in 2025", "0001-01-01T00:00:00Z", "0001-01-01 00:00:00 +0000 UTC",
            "0000-00-00 00:00:00", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "٢٠٢٥-٠٧-٢٠",
        ],
    )  # fmt: skip
    def test_is_none_for_anything_else(self, value: object) -> None:
        assert parse_date(value) is None

    def test_keeps_a_date_far_in_the_future(self) -> None:
        assert parse_date("2999/01/02") == datetime(2999, 1, 2, tzinfo=UTC)


class TestParseDateOfAnything:
    @given(
        st.text(alphabet="0123456789 -+:/.,TtZzWUCGMadpmJulySn()[]", max_size=40)
        | st.text()
        | st.integers()
        | st.floats()
    )
    def test_is_none_or_an_aware_date_and_never_raises(self, value: object) -> None:
        moment = parse_date(value)

        assert moment is None or (moment.tzinfo is UTC and moment.year in YEARS)

    @given(st.datetimes(min_value=datetime(1990, 1, 2), max_value=datetime(9998, 12, 30)))  # noqa: DTZ001
    def test_reads_back_what_is_written(self, moment: datetime) -> None:
        aware = moment.replace(tzinfo=UTC)

        assert parse_date(aware.isoformat()) == aware
        assert parse_date(aware.strftime("%Y-%m-%d %H:%M:%S.%f +0000 UTC")) == aware
