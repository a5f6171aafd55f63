"""Anything that a provider can send goes through every step without an error page, and is read again equal."""

from __future__ import annotations

from typing import Any

import orjson
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.models import Asset, AssetMerge, Reference, SyncProblem
from lineage.models import LineageEdge
from tests.journeys.test_rotten_values import connect
from tests.journeys.walking import start, work
from tests.payloads import MP4, extend, image, picture_path, video
from tests.providers.answering import AnsweringServer, Told

API = "/api/v1"

# Numbers of any length, as they are written; `orjson.Fragment` puts them into the answer unchanged.
numbers = st.builds(
    lambda sign, length, rest: orjson.Fragment(f"{sign}{'9' * length}{rest}"),
    st.sampled_from(["", "-"]),
    st.sampled_from([1, 15, 19, 20, 400, 5_000]),
    st.sampled_from(["", ".5", "e9", "e400", "e-400", ".0"]),
)
texts = st.one_of(
    st.text(max_size=30),
    st.sampled_from([
        "null", "undefined", "NaN", "[]", "upload/a.jpg", '["upload/a.jpg"]', '{"url": "upload/b.jpg"}',
        MP4.format(1, 1), picture_path(1), "https://files.example/view?filename=one.png", "https://[", "2025/07/20",
        "1753000000000", "٣", "a\x00b", "\U0001f468\u200d\U0001f469",
    ]),
)  # fmt: skip
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=8,
)
KEYS = (
    "video_id", "image_id", "asset_id", "id", "VideoId", "video_status", "asset_type", "asset_source", "create_mode",
    "url", "video_url", "video_path", "image_url", "image_path", "path", "thumbnail", "first_frame", "last_frame",
    "created_at", "create_time", "duration", "output_width", "prompt", "title", "asset_name", "model", "seed",
    "original_video_id", "customer_paths", "customer_img_path", "customer_img_paths", "customer_img_urls",
    "customer_video_path", "customer_video_url", "customer_video_duration", "prompts", "durations", "fusion_type_list",
    "fusion_name_list", "image_paths", "images", "extended",
)  # fmt: skip
changes = st.dictionaries(st.sampled_from(KEYS) | texts, values, max_size=5)
rows = st.builds(
    lambda row, changed: {**row, **changed} if isinstance(row, dict) else row,
    st.one_of(
        st.integers(1, 6).map(video),
        st.integers(1, 6).map(image),
        st.builds(extend, st.integers(1, 6), of_id=st.integers(1, 6)),
        st.just({}),
        values,
    ),
    changes,
)


class AnyServer(AnsweringServer):
    """A library whose first list of videos and of images hold these rows."""

    def __init__(self, videos: list[Any], images: list[Any]) -> None:
        super().__init__(Told())
        self._rows = {"video": videos, "image": images}

    def next(self) -> Told:
        """Return the rows that were made, or nothing."""
        body = self.asked[-1].body or {}
        listed = (
            self._rows.get(body.get("tab", "")) if body.get("asset_source") == 1 and not body.get("filter") else None
        )
        resp = {"data": listed or [], "total": len(listed or []), "has_more": False}
        text = orjson.dumps(resp, option=orjson.OPT_NON_STR_KEYS)
        return Told(b'{"ErrCode": 0, "ErrMsg": "", "Resp": ' + text + b"}")


class TestAnyJson:
    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    @given(videos=st.lists(rows, max_size=6), images=st.lists(rows, max_size=4), is_scanned_first=st.booleans())
    def test_goes_through_every_step(
        self, as_alice: Client, alice: User, settings: Any, videos: list[Any], images: list[Any], is_scanned_first: bool
    ) -> None:
        self.forget(alice)
        with AnyServer(videos, images) as server:
            account = connect(alice, settings, server)
            window = f"{API}/providers/pixverse/accounts/{account.pk}"
            if is_scanned_first:
                assert as_alice.get(f"{window}/sync-dry-run").status_code == 200
            runs = [
                work(start(as_alice, "assets:import_missing", account.pk, headers={}, create_lineage="on"))
                for _ in range(2)
            ]
            assert as_alice.get(f"{window}/sync-dry-run").status_code == 200

        assert [run.state for run in runs] == ["succeeded", "succeeded"]
        ids = list(Asset.objects.owned_by(alice).values_list("pk", flat=True))
        before = self.edges(alice)
        body = {"asset_ids": ids, "clear_existing": True}
        addresses = [
            "/", f"{API}/assets?limit=50",
            *(f"{prefix}{pk}{end}" for pk in ids for prefix, end in (
                ("/assets/", "/"), ("/assets/", "/lineage/"), (f"{API}/assets/", ""), (f"{API}/assets/", "/lineage"),
                ("/assets/", "/origins/?format=csv"), ("/assets/", "/lineage/?format=csv"),
            )),
        ]  # fmt: skip
        if ids:
            for verb in ("preview", "refresh"):
                answer = as_alice.post(f"{API}/assets/lineage/{verb}", body, content_type="application/json")
                assert answer.status_code == 200
        stored = dict(Asset.objects.owned_by(alice).values_list("pk", "media_metadata"))
        assert {pk: as_alice.get(f"{API}/assets/{pk}").json()["media_metadata"] for pk in ids} == stored
        assert {address: code for address in addresses if (code := self.read(as_alice, address)) != 200} == {}
        assert self.edges(alice) == before

    @staticmethod
    def read(client: Client, address: str) -> int:
        """Read a whole answer, also one that is streamed; return its status."""
        answer = client.get(address)
        answer.getvalue()
        return answer.status_code

    @staticmethod
    def forget(owner: User) -> None:
        for model in (Asset, Reference, AssetMerge, SyncProblem):
            model.objects.filter(owner=owner).delete()

    @staticmethod
    def edges(owner: User) -> list[Any]:
        edges = LineageEdge.objects.owned_by(owner).order_by("child_id", "parent_id", "relation_type", "sequence_order")
        return list(edges.values_list("child_id", "parent_id", "relation_type", "sequence_order", "transformation"))
