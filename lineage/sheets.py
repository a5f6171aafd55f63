"""Tables for spreadsheets: a file of comma-separated values, and a picture of a family as its rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse

from lineage.graph import GraphEdge, GraphNode, LineageGraph
from providers.vocabulary import Evidence, MediaType, OperationType, RelationType

# Excel takes a file for UTF-8 only when it begins with this.
BYTE_ORDER_MARK = "\ufeff"
# A cell that begins with one of these is computed when a spreadsheet opens the file.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")

LINES_AT_ONCE = 500

PICTURE_HEADER = (
    "row",
    "depth",
    "asset",
    "provider",
    "provider's id",
    "media",
    "description",
    "made at",
    "in the library",
    "parents",
    "children",
    "on the way",
    "edge",
    "parent",
    "child",
    "relation",
    "operation",
    "order",
    "from second",
    "to second",
    "evidence",
)


def as_file(file_name: str, rows: Iterable[Sequence[Any]]) -> HttpResponse:
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


def as_stream(file_name: str, rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """The same for any number of rows, each sent as soon as it is there."""
    response = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def picture_rows(graph: LineageGraph) -> list[Sequence[Any]]:
    """Exactly what a picture shows: a header, a row for each asset, then a row for each edge."""
    return [PICTURE_HEADER, *map(_asset_row, graph.nodes), *map(_edge_row, graph.edges)]


def _lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    yield BYTE_ORDER_MARK
    waiting = iter(rows)
    while some := list(islice(waiting, LINES_AT_ONCE)):
        text = io.StringIO()
        csv.writer(text).writerows([_cell(value) for value in row] for row in some)
        yield text.getvalue()


def _asset_row(node: GraphNode) -> Sequence[Any]:
    asset = node.asset
    return (
        "asset",
        node.depth,
        asset.id,
        asset.provider_id,
        asset.provider_asset_id,
        MediaType(asset.media_type).label,
        asset.description,
        asset.provider_created_at,
        not asset.is_stub,
        node.parent_count,
        node.child_count,
        node.is_on_the_way,
        None,
        None,
        None,
        None,
        OperationType(asset.operation_type).label,
        None,
        None,
        None,
        None,
    )


def _edge_row(edge: GraphEdge) -> Sequence[Any]:
    return (
        "edge",
        *[None] * 11,
        edge.id,
        edge.parent_asset_id,
        edge.child_asset_id,
        RelationType(edge.relation_type).label,
        OperationType(edge.operation_type).label,
        edge.sequence_order,
        edge.parent_start_time,
        edge.parent_end_time,
        Evidence(edge.evidence).label,
    )


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
