"""CSV downloads that spreadsheets open safely."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse

# Excel reads a CSV file as UTF-8 only when it begins with a byte order mark.
BYTE_ORDER_MARK = "\ufeff"


# A spreadsheet evaluates a cell that begins with one of these as a formula (CSV injection).
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")

LINES_AT_ONCE = 500


def csv_response(file_name: str, rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """Return rows as a CSV download.

    Args:
        file_name: the suggested file name.
        rows: the header, then the rows. Texts that a spreadsheet would evaluate are escaped with an apostrophe.
    """
    text = io.StringIO()
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    response = HttpResponse(BYTE_ORDER_MARK + text.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def csv_stream(file_name: str, rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """Return rows as a streamed CSV download, for results too large for memory. Same arguments as `csv_response`."""
    response = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def _lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    yield BYTE_ORDER_MARK
    waiting = iter(rows)
    while some := list(islice(waiting, LINES_AT_ONCE)):
        text = io.StringIO()
        csv.writer(text).writerows([_cell(value) for value in row] for row in some)
        yield text.getvalue()


def _cell(value: Any) -> Any:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.isoformat()
        case str() if value.startswith(FORMULA_SIGNS):
            return f"'{value}"
    return value
