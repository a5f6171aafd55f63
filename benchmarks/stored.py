"""Generated provider pages in memory, and a provider that returns them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar

import orjson

from providers import registry
from providers.base import Adapter, Capability, InvalidPayload, ListPart, RemoteList
from providers.records import InvalidItem, Page, RemoteAsset
from providers.sandbox.library.library import KINDS, GeneratedLibrary, Where

PAGE = 200


def stored_pages(size: int, seed: int = 1) -> list[bytes]:
    """Return all pages of a generated library, as JSON bytes."""
    library = GeneratedLibrary(size, seed, "http://127.0.0.1:8001")
    return [
        orjson.dumps(items)
        for kind in KINDS
        for offset in range(0, size, PAGE)
        if (items := library.window(kind, offset, PAGE, Where()).rows)
    ]


def read_page(page: bytes) -> list[RemoteAsset | InvalidItem]:
    """Parse the records of a page."""
    return [_read(item) for item in orjson.loads(page)]


class StoredPages(Adapter):
    """Provider with one list, whose pages are in memory; positions are page numbers."""

    provider_id = "pixverse"
    display_name = "Stored pages"
    capabilities = frozenset({Capability.WALK_ASSETS})
    list_parts = (ListPart(RemoteList.VIDEOS, None),)
    pages: ClassVar[Sequence[bytes]] = ()

    def walk(self, part: ListPart, *, position: str, size: int) -> Page:
        """Return the whole page at a position; `size` is ignored."""
        number = int(position or 0)
        following = str(number + 1) if number + 1 < len(self.pages) else None
        return Page(tuple(read_page(self.pages[number])), following, None)


@contextmanager
def provider_of(pages: Sequence[bytes]) -> Iterator[None]:
    """Register a provider with these pages."""
    StoredPages.pages = pages
    extractor = "providers.pixverse.extractor.PixverseExtractor"
    with registry.registered("pixverse", adapter=f"{__name__}.StoredPages", extractor=extractor):
        yield


def _read(item: object) -> RemoteAsset | InvalidItem:
    extractor = registry.extractor("pixverse")
    try:
        return extractor.asset(item)
    except InvalidPayload as error:
        return InvalidItem(extractor.identify(item), str(error), item)
