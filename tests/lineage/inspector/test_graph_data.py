"""The graph's JSON in the page."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import User

from lineage.graph.neighborhood import neighborhood
from lineage.graph.query import NeighborhoodQuery
from lineage.inspector.graph_data import graph_json
from tests.factories import AssetFactory


class TestGraphJson:
    @pytest.mark.parametrize(
        "prompt", ["</template><script>alert(1)</script>", "a &lt;b&gt; & c", "line\u2028next\x7f"]
    )
    def test_keeps_any_prompt_and_ends_no_element(self, alice: User, prompt: str) -> None:
        drawing = graph_json(neighborhood(AssetFactory(owner=alice, prompt=prompt), NeighborhoodQuery()))

        assert not set("<>&") & set(drawing)
        assert json.loads(drawing)["picture"]["nodes"][0]["asset"]["description"] == prompt
