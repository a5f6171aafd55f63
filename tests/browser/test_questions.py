"""Four questions people ask of their library, each answered in at most three actions from it, with a picture of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from assets.models import Asset
from providers.sandbox.library.library import GeneratedLibrary
from providers.sandbox.server.server import SandboxServer
from tests.browser.conftest import allowing
from tests.browser.looking import keep_picture
from tests.factories import AssetFactory, EdgeFactory
from tests.sandboxed import bring_in

ACTIONS_MAX = 3
CHAIN_CLIPS, HUB_CHILDREN = 40, 300
SIZE, SEED = 2_000, 1


@pytest.fixture
def sandbox(settings: Any) -> Iterator[SandboxServer]:
    """A provider with a library large enough for the long chain and the hub."""
    with SandboxServer(size=SIZE, seed=SEED) as server:
        host = server.url.removeprefix("http://")
        settings.STEMMA_PRIVATE_HOSTS = [host]
        settings.PIXVERSE_MEDIA_HOSTS = [host]
        settings.CONTENT_SECURITY_POLICY = allowing(settings.CONTENT_SECURITY_POLICY, server.url)
        yield server


@pytest.fixture
def library(alice: User, sandbox: SandboxServer) -> list[Asset]:
    """That library, all of it here."""
    return bring_in(alice, GeneratedLibrary(SIZE, SEED, sandbox.url))


class Person:
    """A user of the library whose clicks are counted."""

    def __init__(self, page: Page, site: str) -> None:
        self.page = page
        self.site = site
        self.actions = 0

    def sees(self, asset: Asset) -> None:
        """Be in the library with an asset in sight, under a name that is its own."""
        Asset.objects.filter(pk=asset.pk).update(title=f"Asked about {asset.pk}")
        self.page.goto(f"{self.site}/?text={asset.pk}")
        self.actions = 0

    def opens_lineage(self, asset: Asset) -> None:
        self.clicks(self.page.locator(f'.lineage-badge[href^="{reverse("lineage:inspector", args=[asset.pk])}"]'))

    def clicks(self, place: Locator) -> None:
        place.click()
        self.actions += 1

    def keeps(self, name: str) -> None:
        """Take a picture of the answer."""
        self.page.wait_for_load_state("networkidle")
        keep_picture(self.page, f"question-{name}")
        assert self.actions <= ACTIONS_MAX


@pytest.fixture
def person(as_alice: Page, site: str) -> Person:
    return Person(as_alice, site)


def test_the_library_has_what_is_asked_about(library: list[Asset]) -> None:
    hub = max(library, key=lambda asset: asset.child_count)
    fusions = [asset for asset in library if asset.operation_type == "fusion"]

    assert len(extended_from(base_of_the_chain(library))) >= CHAIN_CLIPS - 1
    assert hub.child_count >= HUB_CHILDREN
    assert any(edge.parent.operation_type == "fusion" for asset in fusions for edge in edges_to(asset))


def test_which_images_were_used_to_create_this_transition(person: Person, library: list[Asset]) -> None:
    transition = max(
        (asset for asset in library if asset.operation_type == "video_transition"), key=lambda asset: asset.parent_count
    )
    images = [edge.parent_id for edge in edges_to(transition)]
    person.sees(transition)

    person.opens_lineage(transition)

    for number, image_id in enumerate(dict.fromkeys(images)):
        expect(person.page.locator(".level__cards .node").nth(number)).to_have_attribute("data-node", str(image_id))
    expect(person.page.locator(".use__order")).to_have_count(len(images))
    person.keeps("transition")


def test_which_extended_versions_exist_for_this_base_video(person: Person, library: list[Asset]) -> None:
    base = base_of_the_chain(library)
    extended = extended_from(base)
    person.sees(base)

    person.opens_lineage(base)
    person.clicks(person.page.locator(".focus__reach").get_by_role("link", name="Extend", exact=True))

    for asset in extended[:20]:
        expect(person.page.locator(f'main a[href*="/assets/{asset.pk}/"]').first).to_be_attached()
    person.keeps("extended")


def test_what_was_taken_from_this_video_as_paused_frames(person: Person, library: list[Asset], alice: User) -> None:
    video = next(asset for asset in library if asset.media_type == "video" and 2 <= asset.child_count <= 6)
    frames = [paused_frame(alice, video, second) for second in (1.0, 2.5)]
    person.sees(video)

    person.opens_lineage(video)

    for frame in frames:
        card = person.page.locator(f'.node[data-node="{frame.pk}"]')
        expect(card).to_contain_text("PAUSED_FRAME / FRAME_EXTRACT")
    expect(person.page.locator(".node", has_text="the frame at 2.5 s")).to_have_count(1)
    person.keeps("frames")


def test_what_is_the_very_first_thing_this_came_from(person: Person, library: list[Asset]) -> None:
    base = base_of_the_chain(library)
    last = extended_from(base)[-1]
    person.sees(last)

    person.opens_lineage(last)

    expect(person.page.locator(".focus__reach")).to_contain_text("Starts from 1 original")
    first = person.page.locator(".originals__item")
    expect(first).to_have_attribute("href", reverse("lineage:path", args=[last.pk, base.pk]))
    person.keeps("first")


def edges_to(asset: Asset) -> list[Any]:
    return list(asset.parent_edges.select_related("parent").order_by("sequence_order", "pk"))


def base_of_the_chain(library: list[Asset]) -> Asset:
    """First clip of the longest chain of extended clips."""
    extended = [asset for asset in library if asset.operation_type == "video_extend" and asset.parent_count]
    bases = {base_of(asset).pk: base_of(asset) for asset in extended[:400]}
    return max(bases.values(), key=lambda base: len(extended_from(base)))


def base_of(asset: Asset) -> Asset:
    while asset.operation_type == "video_extend" and asset.parent_count:
        asset = edges_to(asset)[0].parent
    return asset


def extended_from(base: Asset) -> list[Asset]:
    """The longest line of clips each extended from the one before, the base left out."""
    line: list[Asset] = []
    waiting: list[list[Asset]] = [[base]]
    while waiting:
        path = waiting.pop()
        line = max(line, path[1:], key=len)
        children = Asset.objects.filter(parent_edges__parent=path[-1], operation_type="video_extend").order_by("pk")
        waiting += [[*path, child] for child in children]
    return line


def paused_frame(owner: User, video: Asset, second: float) -> Asset:
    """A still that its owner took from a video."""
    frame = AssetFactory(
        owner=owner, media_type="image", operation_type="frame_extract", prompt="", title=f"Frame at {second} s"
    )
    EdgeFactory(
        parent=video,
        child=frame,
        relation_type="PAUSED_FRAME",
        operation_type="frame_extract",
        evidence="generation",
        parent_start_time=second,
        parent_end_time=second,
    )
    return frame
