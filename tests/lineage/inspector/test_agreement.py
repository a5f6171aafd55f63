"""Cards, tree, graph, CSV and API show the very same assets and edges for the same address."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from itertools import starmap
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from assets.models import Asset
from providers.sandbox.library.library import GeneratedLibrary
from tests.sandboxed import bring_in

# Hosts of media must be the provider's own for paths to be recognized.
MEDIA = "https://media.pixverse.ai"
QUERIES: list[dict[str, Any]] = [
    {},
    {"up": 0, "down": 0},
    {"up": 3, "down": 3, "max_nodes": 200},
    {"up": 50, "down": 50, "max_nodes": 2000, "fan_out": 2000},
    {"up": 2, "down": 2, "fan_out": 2},
    {"up": 4, "down": 4, "media_type": "image"},
    {"up": 4, "down": 4, "operation_type": "video_extend", "max_nodes": 30},
]


@dataclass(frozen=True)
class Shown:
    """Ids of assets, and of the two ends of each edge with its order."""

    assets: list[int]
    edges: list[int]


@pytest.fixture
def library(alice: User) -> list[Asset]:
    """A sandbox library with its lineage, no server needed."""
    return bring_in(alice, GeneratedLibrary(240, 1, MEDIA))


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_every_view_shows_the_same(as_alice: Client, library: list[Asset], query: dict[str, Any]) -> None:
    asked = [(as_alice, root, {**query, "open": f"{root.pk}p.{root.pk}c"}) for root in remarkable(library)]

    told = list(starmap(by_api, asked))

    assert list(starmap(in_cards, asked)) == told
    assert list(starmap(in_tree, asked)) == told
    assert list(starmap(in_graph, asked)) == told
    assert list(starmap(in_csv, asked)) == told


def remarkable(library: list[Asset]) -> list[Asset]:
    """The hub, what is made of most, the middle of the chain, a stub and something without relatives."""
    return [
        max(library, key=lambda asset: asset.child_count),
        max(library, key=lambda asset: asset.parent_count),
        next(asset for asset in library if asset.parent_count == asset.child_count == 1),
        next(asset for asset in library if asset.is_stub),
        next(asset for asset in library if not asset.parent_count and not asset.child_count),
    ]


def by_api(client: Client, root: Asset, query: dict[str, Any]) -> Shown:
    asked = {"up": 1, "down": 1, "fan_out": 12, **query}
    return in_picture(client.get(f"/api/v1/assets/{root.pk}/lineage", asked).json())


def in_graph(client: Client, root: Asset, query: dict[str, Any]) -> Shown:
    page = inspector(client, root, {**query, "view": "graph"})
    drawing = re.search(r"<template data-graph-drawing>(.*?)</template>", page, re.DOTALL)
    assert drawing
    return in_picture(json.loads(drawing[1])["picture"])


def in_picture(picture: dict[str, Any]) -> Shown:
    return Shown(
        sorted(node["asset"]["id"] for node in picture["nodes"]), sorted(edge["id"] for edge in picture["edges"])
    )


def in_cards(client: Client, root: Asset, query: dict[str, Any]) -> Shown:
    page = inspector(client, root, {**query, "view": "cards"})
    return Shown(numbers(r'data-node="(\d+)"', page), numbers(r'data-edge="(\d+)"', page))


def in_tree(client: Client, root: Asset, query: dict[str, Any]) -> Shown:
    page = inspector(client, root, {**query, "view": "tree"})
    return Shown(sorted([root.pk, *numbers(r'id="line-(\d+)"', page)]), numbers(r'data-edge="(\d+)"', page))


def in_csv(client: Client, root: Asset, query: dict[str, Any]) -> Shown:
    nodes, edges = (
        csv.DictReader(io.StringIO(inspector(client, root, {**query, "format": name}).lstrip("\ufeff")))
        for name in ("csv", "csv-edges")
    )
    return Shown(sorted(int(row["id"]) for row in nodes), sorted(int(row["id"]) for row in edges))


def inspector(client: Client, root: Asset, asked: dict[str, Any]) -> str:
    return client.get(reverse("lineage:inspector", args=[root.pk]), asked).content.decode()


def numbers(pattern: str, page: str) -> list[int]:
    return sorted(int(number) for number in re.findall(pattern, page))
