"""Fixtures with a running sandbox and a signed-in client."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import av
import pytest
import requests

from providers.sandbox.server.server import SandboxServer


class Client:
    """Client of one sandbox over real HTTP, with its access key."""

    def __init__(self, server: SandboxServer) -> None:
        self.server = server
        self.session = requests.Session()
        self.session.headers["Access-Key"] = server.access_key

    def post(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        """POST to the account API."""
        return self.session.post(f"{self.server.url}/creative_platform{path}", json=body or {}, timeout=20, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        """GET from the account API."""
        return self.session.get(f"{self.server.url}/creative_platform{path}", timeout=20, **options)

    def listing(self, tab: str = "video", source: int = 1, **body: Any) -> dict[str, Any]:
        """One page of the library list, as its `Resp`."""
        return self.post("/asset/library/list", {"tab": tab, "asset_source": source, "offset": 0, **body}).json()[
            "Resp"
        ]

    def rows(self, tab: str = "video", source: int = 1) -> list[dict[str, Any]]:
        """All rows of one list."""
        first = self.listing(tab, source, limit=200)
        rows = first["data"]
        while len(page := self.listing(tab, source, limit=200, offset=len(rows))["data"]):
            rows += page
        return rows

    def truth(self) -> list[dict[str, Any]]:
        """Every item with its true parents."""
        return self.control("GET", "/_sandbox/library").json()["items"]

    def control(self, method: str, path: str, body: Any = None) -> requests.Response:
        """One of the sandbox's own endpoints."""
        return self.session.request(method, f"{self.server.url}{path}", json=body, timeout=20)

    def media(self, url: str, **options: Any) -> requests.Response:
        """GET a media URL."""
        # Clips are encoded on the first request.
        return self.session.get(url, timeout=60, **options)


def length(content: bytes) -> float:
    """Return the duration of a clip or sound in seconds."""
    with av.open(io.BytesIO(content), "r") as container:
        return (container.duration or 0) / 1_000_000


@pytest.fixture
def sandbox() -> Iterator[Client]:
    """A sandbox of 300 items, stopped after the test."""
    with SandboxServer(size=300, seed=1) as server:
        client = Client(server)
        yield client
        client.session.close()


@pytest.fixture
def started() -> Iterator[Callable[..., Client]]:
    """Start sandboxes with any options; all are stopped after the test."""
    clients: list[Client] = []

    def start(**options: Any) -> Client:
        clients.append(Client(SandboxServer(**options).start()))
        return clients[-1]

    yield start
    for client in clients:
        client.session.close()
        client.server.stop()
