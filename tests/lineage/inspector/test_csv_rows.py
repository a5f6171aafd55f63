"""Files for spreadsheets."""

from __future__ import annotations

import pytest

from common.csv_export import csv_response


class TestAsFile:
    @pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n"])
    def test_defuses_what_a_spreadsheet_would_compute(self, sign: str) -> None:
        answer = csv_response("a.csv", [("word",), (f"{sign}1+1",), (-1,)])

        assert answer.content.decode().removeprefix("\ufeff") in (
            f"word\r\n'{sign}1+1\r\n-1\r\n",
            f'word\r\n"\'{sign}1+1"\r\n-1\r\n',
        )
