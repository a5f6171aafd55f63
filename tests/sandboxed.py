"""A sandbox library in an owner's own, with its lineage, without a wire between."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils import timezone

from assets.ingest.batch import ingest
from assets.models import Asset
from lineage.rebuild.batch import rebuild
from providers.pixverse.extractor import PixverseExtractor
from providers.sandbox.library.library import GeneratedLibrary, Where
from providers.sandbox.library.plan import KINDS


def bring_in(owner: User, library: GeneratedLibrary) -> list[Asset]:
    """Ingest everything a generated library lists and rebuild its lineage; all assets, stubs too, by id."""
    read = PixverseExtractor()
    records = [read.asset(row) for kind in KINDS for row in library.window(kind, 0, 1_000_000, Where()).rows]
    ingest(owner.pk, records, provider_id="pixverse", account_id=None, now=timezone.now())
    ids = list(Asset.objects.owned_by(owner).values_list("pk", flat=True))
    rebuild(owner.pk, asset_ids=ids, clear_existing=True, now=timezone.now())
    return list(Asset.objects.owned_by(owner).order_by("pk"))
