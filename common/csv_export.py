"""Write rows as a CSV file that spreadsheets open safely."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse

# Excel takes a file for UTF-8 only when it begins with this.
BYTE_ORDER_MARK = "\ufeff"


# A cell that begins with one of these is computed when a spreadsheet opens the file.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")


LINES_AT_ONCE = 500


def csv_response(file_name: str, rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """Answer with a file of comma-separated values.

    Args:
        file_name: what the browser calls it.
        rows: the header, then the rows; texts that a spreadsheet would compute are defused by an apostrophe.
    """
    text = io.StringIO()
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    response = HttpResponse(BYTE_ORDER_MARK + text.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def csv_stream(file_name: str, rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """The same for any number of rows, each sent as soon as it is there."""
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
