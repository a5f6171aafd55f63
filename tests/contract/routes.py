"""All routes with their access rules. A new route fails the tests until it is listed here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.contrib.auth.models import User
from django.urls import URLPattern, URLResolver, get_resolver
from ninja import NinjaAPI

from assets.models import AssetMerge, SyncList, SyncProblem, SyncRun
from config.api import api
from config.tokens import store
from lineage.models import RebuildFinding, RebuildRun
from providers.models import ProviderAccount
from tests.factories import NOW, AccountFactory, AssetFactory, EdgeFactory, ReferenceFactory

API = "api/v1/"
ADMIN = "admin/"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


class Kind(StrEnum):
    """Access rule of a route."""

    OPEN = "open"  # for everyone, signed in or not
    OWNED = "owned"  # it names a row: rows of other owners are 404
    LIST = "list"  # it shows rows: those of the signed-in user only
    OWN = "own"  # it needs a signed-in user, and names no row


@dataclass(frozen=True, slots=True)
class Route:
    """One method at one address. `query` and `body` are its required input, IDs by name as in addresses."""

    method: str
    pattern: str
    kind: Kind
    query: str = ""
    body: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        return f"{self.method} /{self.pattern}"

    @property
    def is_api(self) -> bool:
        """True for a route of the JSON API."""
        return self.pattern.startswith(API)

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters in its address."""
        return _PARAMETER.findall(self.pattern)

    def address(self, ids: Mapping[str, object]) -> str:
        """Return the address with these IDs."""
        return fill(f"/{self.pattern}{self.query}", ids)

    def arguments(self, ids: Mapping[str, object]) -> dict[str, Any]:
        """Return the arguments of the test client."""
        body = {name: _in_body(value, ids) for name, value in (self.body or {}).items()}
        return {"data": body, "content_type": "application/json"} if self.is_api else {"data": body}


def _page(
    methods: str, pattern: str, kind: Kind, *, query: str = "", body: Mapping[str, Any] | None = None
) -> list[Route]:
    return [Route(method, pattern, kind, query, body if method == "POST" else None) for method in methods.split()]


ACCOUNT = f"{API}providers/<provider_id>/accounts/<account_id>"
NEW_ACCOUNT = {"label": "New", "credentials": {"access_key": "a-test-access-key"}}

# From an asset to itself, which is refused: what matters is whether the asset is there.
AN_EDGE = {"parent_asset_id": "<asset_id>", "child_asset_id": "<asset_id>", "relation_type": "DERIVATION"}

ROUTES: list[Route] = [
    # The process
    *_page("GET POST", "accounts/sign-in/", Kind.OPEN),
    *_page("POST", "accounts/sign-out/", Kind.OPEN),
    Route("GET", f"{API}health", Kind.OPEN),
    Route("GET", "health", Kind.OPEN),
    Route("GET", f"{API}docs", Kind.OPEN),
    Route("GET", f"{API}openapi.json", Kind.OPEN),
    Route("GET", f"{API}tokens", Kind.LIST),
    Route("POST", f"{API}tokens", Kind.OWN, body={"name": "laptop"}),
    Route("DELETE", f"{API}tokens/<token_id>", Kind.OWNED),
    *_page("GET POST", "settings/tokens/", Kind.LIST, body={"name": "laptop"}),
    *_page("GET POST", "settings/tokens/<int:token_id>/revoke/", Kind.OWNED),
    *_page("GET POST", "settings/preferences/", Kind.OWN, body={"time_zone": "Asia/Tokyo"}),
    # Providers
    *_page("GET", "settings/providers/", Kind.OWN),
    *_page("GET", "settings/providers/<slug:provider_id>/", Kind.LIST),
    *_page("GET POST", "settings/providers/<slug:provider_id>/accounts/new/", Kind.OWN),
    *_page("GET POST", "settings/accounts/<int:account_id>/", Kind.OWNED, body={"label": "Renamed"}),
    *_page("POST", "settings/accounts/<int:account_id>/test/", Kind.OWNED),
    *_page("POST", "settings/accounts/<int:account_id>/switch/", Kind.OWNED, body={"is_enabled": "false"}),
    *_page("GET POST", "settings/accounts/<int:account_id>/delete/", Kind.OWNED),
    Route("GET", f"{API}providers", Kind.OWN),
    Route("GET", f"{API}providers/<provider_id>/accounts", Kind.LIST),
    Route("POST", f"{API}providers/<provider_id>/accounts", Kind.OWN, body=NEW_ACCOUNT),
    Route("GET", ACCOUNT, Kind.OWNED),
    Route("PATCH", ACCOUNT, Kind.OWNED, body={"label": "Renamed"}),
    Route("DELETE", ACCOUNT, Kind.OWNED),
    Route("POST", f"{ACCOUNT}/test", Kind.OWNED),
    # Assets
    *_page("GET", "", Kind.LIST),
    *_page("GET", "assets/<int:asset_id>/", Kind.OWNED),
    *_page("GET POST", "assets/<int:asset_id>/delete/", Kind.OWNED),
    Route("GET", "library/delete/", Kind.OWNED, query="?asset=<asset_id>"),
    Route("POST", "library/delete/", Kind.OWNED, body={"asset": "<asset_id>"}),
    *_page("GET", "library/report/", Kind.OWNED, query="?account=<account_id>"),
    *_page("GET", "library/coverage/", Kind.OWNED, query="?account=<account_id>"),
    *_page("POST", "library/scan/", Kind.OWNED, body={"account": "<account_id>"}),
    *_page("POST", "library/import/", Kind.OWNED, body={"account": "<account_id>"}),
    *_page("GET", "library/by-id/", Kind.OWNED, query="?account=<account_id>"),
    *_page("POST", "library/by-id/", Kind.OWNED, body={"account": "<account_id>", "ids": "7"}),
    *_page("GET POST", "accounts/<int:account_id>/drift/", Kind.OWNED),
    *_page("GET", "runs/", Kind.LIST),
    *_page("GET", "runs/<int:run_id>/", Kind.OWNED),
    *_page("POST", "runs/<int:run_id>/cancel/", Kind.OWNED),
    *_page("POST", "runs/<int:run_id>/resume/", Kind.OWNED),
    *_page("POST", "runs/<int:run_id>/retry/", Kind.OWNED),
    Route("GET", f"{ACCOUNT}/sync-dry-run", Kind.OWNED),
    Route("POST", f"{ACCOUNT}/drift", Kind.OWNED, body={"limit": 1}),
    Route("POST", f"{ACCOUNT}/import-by-id", Kind.OWNED, body={"ids": ["7"]}),
    Route("POST", f"{ACCOUNT}/sync-assets", Kind.OWNED, body={"mode": "both"}),
    Route("GET", f"{ACCOUNT}/sync-runs", Kind.OWNED),
    Route("POST", f"{ACCOUNT}/sync-runs", Kind.OWNED, body={"kind": "import"}),
    Route("GET", f"{ACCOUNT}/coverage", Kind.OWNED),
    Route("GET", f"{API}sync-runs/<run_id>", Kind.OWNED),
    Route("GET", f"{API}sync-runs/<run_id>/problems", Kind.OWNED),
    Route("POST", f"{API}sync-runs/<run_id>/problems/retry", Kind.OWNED),
    Route("POST", f"{API}sync-runs/<run_id>/cancel", Kind.OWNED),
    Route("POST", f"{API}sync-runs/<run_id>/resume", Kind.OWNED),
    *_page("GET", "library/merges/", Kind.LIST),
    *_page("POST", "library/merges/<int:merge_id>/split/", Kind.OWNED),
    Route("GET", f"{API}merges", Kind.LIST),
    Route("POST", f"{API}merges/<merge_id>/split", Kind.OWNED),
    Route("GET", f"{API}assets", Kind.LIST),
    Route("GET", f"{API}assets/<asset_id>", Kind.OWNED),
    Route("DELETE", f"{API}assets/<asset_id>", Kind.OWNED),
    Route("GET", f"{API}assets/<asset_id>/removal", Kind.OWNED),
    # Lineage
    *_page("GET", "assets/<int:asset_id>/lineage/", Kind.OWNED),
    *_page("GET", "assets/<int:child_id>/lineage/from/<int:parent_id>/", Kind.OWNED),
    *_page("GET", "assets/<int:asset_id>/lineage/panel/", Kind.OWNED),
    *_page("GET", "assets/<int:asset_id>/relatives/", Kind.OWNED),
    *_page("POST", "lineage/rebuild/", Kind.OWNED, body={"asset_id": "<asset_id>"}),
    *_page("POST", "lineage/look/", Kind.OWNED, body={"asset_id": "<asset_id>"}),
    *_page("GET", "lineage/rebuild-runs/", Kind.LIST),
    *_page("GET", "lineage/rebuild-runs/<int:run_id>/", Kind.OWNED),
    *_page("POST", "lineage/rebuild-runs/<int:run_id>/cancel/", Kind.OWNED),
    *_page("POST", "lineage/rebuild-runs/<int:run_id>/resume/", Kind.OWNED),
    *_page("POST", "lineage/rebuild-runs/<int:run_id>/choose/", Kind.OWNED),
    *_page("POST", "lineage/rebuild-runs/<int:run_id>/apply/", Kind.OWNED),
    Route("GET", f"{API}assets/<asset_id>/lineage", Kind.OWNED),
    Route("GET", f"{API}assets/<asset_id>/lineage/flat", Kind.OWNED),
    Route("GET", f"{API}assets/<asset_id>/lineage/relatives", Kind.OWNED, query="?side=children"),
    Route("GET", f"{API}assets/<child_id>/lineage/from/<parent_id>", Kind.OWNED),
    # A list of ids may hold another's: it is answered with not_found beside what was done to one's own.
    Route("POST", f"{API}assets/lineage/refresh", Kind.OWN, body={"asset_ids": ["<asset_id>"]}),
    Route("POST", f"{API}lineage/refresh", Kind.OWN, body={"asset_ids": ["<asset_id>"]}),
    Route("POST", f"{API}assets/lineage/preview", Kind.OWN, body={"asset_ids": ["<asset_id>"]}),
    Route("GET", f"{API}lineage/rebuild-runs", Kind.LIST),
    Route("GET", f"{API}lineage/rebuild-runs/<run_id>", Kind.OWNED),
    Route("GET", f"{API}lineage/rebuild-runs/<run_id>/findings", Kind.OWNED),
    Route("POST", f"{API}lineage/rebuild-runs/<run_id>/cancel", Kind.OWNED),
    Route("POST", f"{API}lineage/rebuild-runs/<run_id>/resume", Kind.OWNED),
    Route("POST", f"{API}lineage/rebuild-runs/<preview_id>/apply", Kind.OWNED),
    *_page("GET", "assets/<int:asset_id>/origins/", Kind.OWNED),
    *_page("GET", "assets/<int:child_id>/origins/<int:ancestor_id>/", Kind.OWNED),
    *_page("GET", "assets/<int:asset_id>/originals/", Kind.OWNED),
    *_page("GET", "assets/<int:asset_id>/impact/", Kind.OWNED),
    *_page("GET", "assets/<int:asset_id>/reach/", Kind.OWNED),
    Route("GET", f"{API}assets/<asset_id>/origins", Kind.OWNED),
    Route("GET", f"{API}assets/<asset_id>/impact", Kind.OWNED),
    Route("GET", f"{API}assets/<asset_id>/reach", Kind.OWNED),
    *_page("GET POST", "assets/<int:asset_id>/lineage/add/", Kind.OWNED),
    *_page("GET POST", "lineage/edges/<int:edge_id>/", Kind.OWNED, body={"relation_type": "DERIVATION"}),
    *_page("GET POST", "lineage/edges/<int:edge_id>/remove/", Kind.OWNED),
    Route("POST", f"{API}lineage/edges", Kind.OWNED, body=AN_EDGE),
    Route("GET", f"{API}lineage/edges/<edge_id>", Kind.OWNED),
    Route("PATCH", f"{API}lineage/edges/<edge_id>", Kind.OWNED, body={"note": "Drawn from memory."}),
    Route("DELETE", f"{API}lineage/edges/<edge_id>", Kind.OWNED),
]

# The address below which the API lies, which answers nothing itself; and those of kinds of runs without addresses of
# their own, of which there is none yet: tests/common/runs/test_third_kind.py tries them with one.
SILENT = {
    API,
    "runs/<slug:kind>/",
    *(f"runs/<slug:kind>/<int:run_id>/{act}" for act in ("", "cancel/", "resume/")),
}

ADMIN_MODELS = {
    "assets.Asset",
    "assets.AssetMerge",
    "assets.ListedItem",
    "assets.Reference",
    "assets.SyncProblem",
    "assets.SyncRun",
    "assets.SyncSeen",
    "assets.Tombstone",
    "auth.Group",
    "auth.User",
    "axes.AccessAttempt",
    "axes.AccessFailureLog",
    "axes.AccessLog",
    "config.ApiToken",
    "config.Preferences",
    "lineage.LineageEdge",
    "lineage.RebuildFinding",
    "lineage.RebuildRun",
    "procrastinate.ProcrastinateJob",
    "providers.ProviderAccount",
}

CANARY = "a canary that only its owner hears"


def rows_of(owner: User) -> dict[str, object]:
    """Create one row of each kind that routes can name; return the IDs by parameter name."""
    # An address that is refused before anything is sent, so that no route reaches a real provider.
    account = AccountFactory(owner=owner, label=CANARY, base_url="http://127.0.0.1:9")
    asset = AssetFactory(owner=owner, account=account, prompt=CANARY, media_metadata={"prompt": CANARY})
    ReferenceFactory(asset=asset)
    edge = EdgeFactory(parent=asset, child=AssetFactory(owner=owner, prompt=CANARY), evidence="manual")
    merge = AssetMerge.objects.create(
        owner=owner, survivor=asset, absorbed_names=[["path", "merged.mp4"]], joined_by=["path", CANARY], merged_at=NOW
    )
    ReferenceFactory(asset=asset, kind="path", value="merged.mp4")
    run = _sync_run(account)
    # Addresses call both kinds of runs run_id.
    rebuild = RebuildRun.objects.create(
        pk=run.pk, owner=owner, state="failed", error_detail=CANARY, total_count=2, noted_count=1, created_at=NOW
    )
    RebuildFinding.objects.create(owner=owner, run=rebuild, asset_id=asset.pk, status="ok", reason=CANARY)
    look = RebuildRun.objects.create(
        pk=run.pk + 1, owner=owner, mode="preview", state="succeeded", total_count=1, created_at=NOW
    )
    RebuildFinding.objects.create(owner=owner, run=look, asset_id=asset.pk, status="ok", is_changed=True)
    return {
        "provider_id": "pixverse",
        "account_id": account.pk,
        "asset_id": asset.pk,
        "merge_id": merge.pk,
        "edge_id": edge.pk,
        "parent_id": asset.pk,
        "ancestor_id": asset.pk,
        "child_id": edge.child_id,
        "run_id": run.pk,
        "preview_id": look.pk,
        "token_id": store.issue(owner, name=CANARY, now=NOW).row.pk,
    }


def served() -> set[str]:
    """Every address the process answers, the admin's own left out."""
    return {pattern for pattern in _walk(get_resolver().url_patterns) if not pattern.startswith(ADMIN)}


def served_by_api() -> set[tuple[str, str]]:
    """Every method and address of the JSON API."""
    return {(method, f"{API}{path}") for method, path in _operations(api)}


def served_by_admin() -> list[str]:
    """An address for each route of the admin."""
    patterns = (pattern for pattern in _walk(get_resolver().url_patterns) if pattern.startswith(ADMIN))
    return sorted({_admin_address(pattern) for pattern in patterns})


def fill(text: str, ids: Mapping[str, object]) -> str:
    """The text with each `<name>` replaced by its id."""
    return _PARAMETER.sub(lambda found: str(ids[found[1]]), text)


def _sync_run(account: ProviderAccount) -> SyncRun:
    """A run that was cancelled over one item that could not be read."""
    run = SyncRun.objects.create(
        owner=account.owner,
        account=account,
        provider_id=account.provider_id,
        account_label=account.label,
        kind="import",
        state="cancelled",
        created_at=NOW,
    )
    SyncList.objects.create(owner=account.owner, run=run, list_key="videos:generated", invalid=1, seen=1)
    SyncProblem.objects.create(
        owner=account.owner, run=run, list_key="videos:generated", reason="It has no id.", payload={"prompt": CANARY}
    )
    return run


def _in_body(value: Any, ids: Mapping[str, object]) -> Any:
    if isinstance(value, list):
        return [_in_body(item, ids) for item in value]
    found = _PARAMETER.fullmatch(value) if isinstance(value, str) else None
    return ids[found[1]] if found else value


def _walk(patterns: Iterable[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        address = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, address)
        else:
            yield address


def _operations(ninja: NinjaAPI) -> Iterator[tuple[str, str]]:
    for prefix, router in ninja._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                for method in operation.methods:
                    yield method, f"{prefix}{path}".lstrip("/").replace("{", "<").replace("}", ">")


def _admin_address(pattern: str) -> str:
    # The two that are regular expressions: an app's page, and all other addresses.
    pattern = re.sub(r"\^\(\?P<app_label>(\w+)[^)]*\)/\$", r"\1/", pattern)
    pattern = pattern.replace(r"(?P<url>.*)$", "nowhere")
    return "/" + _PARAMETER.sub("1", pattern)
