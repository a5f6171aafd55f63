"""The inspector in a browser: what opens and closes, by pointer and by keyboard, in light and dark."""

from __future__ import annotations

from django.urls import reverse

from assets.models import Asset
from tests.browser.conftest import sign_in
from tests.browser.test_looks import SCREENS, NewContext, look_at, screen


def inspector(asset: Asset, query: str = "") -> str:
    return reverse("lineage:inspector", args=[asset.pk]) + query


@SCREENS
def test_every_view_looks_right(
    new_context: NewContext, site: str, full_library: list[Asset], width: int, scheme: str
) -> None:
    page = screen(new_context, width, scheme)
    sign_in(page, site)

    for name, address in looks(full_library).items():
        page.goto(site + address)
        look_at(page, name, width, scheme)


def looks(library: list[Asset]) -> dict[str, str]:
    """The inspector in each of its views, by name."""
    hub = max(library, key=lambda asset: asset.child_count)
    made_of_many = max(library, key=lambda asset: asset.parent_count)
    deep = next(asset for asset in library if asset.parent_count and asset.child_count)
    extended = next(asset for asset in library if asset.operation_type == "video_extend" and asset.parent_count)
    return {
        "cards-many": inspector(made_of_many),
        "cards-hub": inspector(hub),
        "cards-deep": inspector(deep, "?up=3&down=3"),
        "tree-many": inspector(made_of_many, "?view=tree&up=3"),
        "tree-hub": inspector(hub, "?view=tree&down=3"),
        "tree-deep": inspector(deep, "?view=tree&up=8&down=8"),
        "edge-page": edge(extended),
        "edge-transition": edge(made_of_many),
        "edge-beside-cards": inspector(extended, f"?pick={pair(extended)}"),
        "edge-beside-tree": inspector(extended, f"?view=tree&up=3&pick={pair(extended)}"),
        "cards-wanted": inspector(deep, "?up=4&down=4&media_type=image"),
    }


def pair(child: Asset) -> str:
    """A parent of an asset and the asset, as addresses name them."""
    return f"{first_parent_id(child)}-{child.pk}"


def edge(child: Asset) -> str:
    return reverse("lineage:edge", args=[child.pk, first_parent_id(child)])


def first_parent_id(child: Asset) -> int:
    return int(child.parent_edges.order_by("sequence_order", "pk").values_list("parent_id", flat=True)[0])
