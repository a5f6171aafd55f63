"""CSV files of nodes and edges."""

from __future__ import annotations

import csv
import io

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from common.csv_export import csv_response
from tests.factories import AssetFactory, EdgeFactory


def read_csv(client: Client, asset_id: int, file_format: str) -> list[dict[str, str]]:
    answer = client.get(reverse("lineage:inspector", args=[asset_id]), {"format": file_format})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode().removeprefix("\ufeff"))))


class TestFiles:
    def test_hold_nodes(self, as_alice: Client, alice: User) -> None:
        parent = AssetFactory(owner=alice, prompt="=HYPERLINK(1)", media_type="image")
        child = AssetFactory(owner=alice)
        EdgeFactory(parent=parent, child=child)

        root, other = read_csv(as_alice, child.pk, "csv")

        assert (root["id"], root["depth"], root["parent_count"], root["is_stub"]) == (str(child.pk), "0", "1", "no")
        assert (other["id"], other["depth"], other["media_type"]) == (str(parent.pk), "-1", "image")
        assert other["description"] == "'=HYPERLINK(1)"

    def test_hold_edges_between_nodes(self, as_alice: Client, alice: User) -> None:
        parent, child = AssetFactory.create_batch(2, owner=alice)
        edge = EdgeFactory(parent=parent, child=child, relation_type="KEYFRAME", parent_start_time=1.5, parent_frame=36)

        [row] = read_csv(as_alice, child.pk, "csv-edges")

        assert (row["id"], row["parent_asset_id"], row["child_asset_id"]) == (
            str(edge.pk),
            str(parent.pk),
            str(child.pk),
        )
        assert (row["relation_type"], row["parent_start_time"], row["parent_end_time"]) == ("KEYFRAME", "1.5", "")
        assert row["parent_frame"] == "36"


class TestCsvResponse:
    @pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n"])
    def test_escapes_formulas(self, sign: str) -> None:
        answer = csv_response("a.csv", [("word",), (f"{sign}1+1",), (-1,)])

        assert answer.content.decode().removeprefix("\ufeff") in (
            f"word\r\n'{sign}1+1\r\n-1\r\n",
            f'word\r\n"\'{sign}1+1"\r\n-1\r\n',
        )
