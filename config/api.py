"""The JSON API: authentication, error handling, health and token routes, and the routers of all apps."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import NinjaAPI, Router, Schema, Status
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from assets.drift.api import router as drift_router
from assets.merges.api import router as merges_router
from assets.sync.api import router as sync_router
from assets.sync.by_id_api import router as by_id_router
from assets.sync_runs.api import router as runs_router
from common.auth import request_user
from common.schemas import Body, PageLimit, PageOffset, RowId
from common.text import NAME_PATTERN, name_problem, tidy_name
from config import api_errors, auth, health
from config.middleware import unavailable
from config.models import ApiToken
from config.openapi.description import Description
from config.openapi.parser import OnceParser
from config.tokens import store
from library.api import router as library_router
from lineage.graph.api import router as lineage_router
from lineage.manual.api import router as manual_router
from lineage.origins_impact.api import router as reach_router
from lineage.rebuild.api import router as rebuild_router
from lineage.usage.api import router as edge_router
from providers.api import router as providers_router


class StemmaAPI(NinjaAPI):
    """API whose operation IDs are the names of the view functions."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Return the function's name; a test keeps them unique."""
        return operation.view_func.__name__

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> OpenAPISchema:
        """Return the description, with the problems that each operation can answer."""
        return Description(self, self.get_root_path(path_params or {}) if path_prefix is None else path_prefix)


api = StemmaAPI(
    title="Stemma",
    version="1",
    description="One library for everything you made with AI, and the family tree of every clip.",
    urls_namespace="api",
    parser=OnceParser(),
    auth=auth.SIGNED_IN,
)
api_errors.install(api)
for database_error in unavailable.DATABASE_ERRORS:
    api.add_exception_handler(database_error, unavailable.database_problem)

router = Router()


class HealthAnswer(Schema):
    """State of the parts that Stemma depends on."""

    status: str
    database: str
    queue: str
    storage: str
    providers: list[str]


def _readable(name: str) -> str:
    name = tidy_name(name)
    if problem := name_problem(name):
        raise PydanticCustomError("not_readable", "{problem}", {"problem": problem})
    return name


class NewToken(Body):
    """Name of a new token."""

    name: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=80),
        AfterValidator(_readable),
        Field(json_schema_extra={"pattern": NAME_PATTERN}),
    ]


class TokenAnswer(Schema):
    """Token without its secret."""

    id: int
    name: str
    prefix: str
    created_at: datetime
    last_used_at: datetime | None


class IssuedTokenAnswer(Schema):
    """New token; `token` is never shown again."""

    id: int
    name: str
    token: str
    created_at: datetime


class TokenList(Schema):
    """Active tokens of the signed-in user."""

    items: list[TokenAnswer]
    total: int
    limit: int
    offset: int


@router.get("/health", auth=None, response={200: HealthAnswer, 503: HealthAnswer}, tags=["health"])
def get_health(request: HttpRequest) -> Status[health.Health]:
    """Check database, queue and storage. Status 503 when the database is unavailable."""
    found = health.examine()
    return Status(503 if found.status == "unavailable" else 200, found)


@router.post("/tokens", response={201: IssuedTokenAnswer}, tags=["tokens"])
def issue_token(request: HttpRequest, payload: NewToken) -> Status[IssuedTokenAnswer]:
    """Create an API token that signs in as you. Store it now: it is shown only once."""
    issued = store.issue(request_user(request), name=payload.name, now=timezone.now())
    row = issued.row
    return Status(201, IssuedTokenAnswer(id=row.pk, name=row.name, token=issued.token, created_at=row.created_at))


@router.get("/tokens", response=TokenList, tags=["tokens"])
def list_tokens(request: HttpRequest, limit: PageLimit = 50, offset: PageOffset = 0) -> dict[str, Any]:
    """List your active tokens, newest first."""
    rows = _tokens(request).order_by("-created_at", "-pk")
    return {"items": rows[offset : offset + limit], "total": rows.count(), "limit": limit, "offset": offset}


@router.delete("/tokens/{token_id}", response={204: None}, tags=["tokens"])
def revoke_token(request: HttpRequest, token_id: RowId) -> Status[None]:
    """Revoke one of your tokens."""
    store.revoke(get_object_or_404(_tokens(request), pk=token_id), now=timezone.now())
    return Status(204, None)


def _tokens(request: HttpRequest) -> QuerySet[ApiToken]:
    return ApiToken.objects.owned_by(request.user).filter(revoked_at=None)


api.add_router("", router)
# Routers declare their full paths, since the fixed ones cross apps, such as /providers/…/sync-assets in assets.
for app_router in (
    providers_router,
    sync_router,
    library_router,
    merges_router,
    runs_router,
    drift_router,
    by_id_router,
    lineage_router,
    manual_router,
    reach_router,
    edge_router,
    rebuild_router,
):
    api.add_router("", app_router)
