"""Tests of the error responses of the JSON API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.test import Client, RequestFactory
from ninja import NinjaAPI

from config import api_errors
from providers import errors

FORM = "application/x-www-form-urlencoded"
TOO_LONG = b"x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
TOO_LONG_FORM = b"name=" + TOO_LONG


@pytest.fixture
def api() -> NinjaAPI:
    api = NinjaAPI(urls_namespace="test_problems")
    api_errors.install(api)
    return api


@pytest.fixture
def api_request() -> HttpRequest:
    return RequestFactory().get("/api/v1/anything")


@pytest.fixture
def strict(alice: User) -> Client:
    """Alice's client, whose forms are searched for a CSRF token."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    client.cookies["csrftoken"] = "x" * 32
    return client


def members(response: Any) -> dict[str, object]:
    assert response.headers["Content-Type"] == "application/problem+json"
    found: dict[str, object] = json.loads(response.content)
    assert found["status"] == response.status_code
    assert found["type"] == f"urn:stemma:problem:{found['code']}"
    assert found["title"]
    return found


class TestProviderErrors:
    @pytest.mark.parametrize(
        ("error", "status", "code"),
        [
            (errors.Authentication, 401, "provider_authentication"),
            (errors.QuotaExceeded, 402, "provider_quota"),
            (errors.PermissionDenied, 403, "provider_permission"),
            (errors.JobNotFound, 404, "provider_job_not_found"),
            (errors.InvalidParameters, 422, "provider_invalid_parameters"),
            (errors.UnsupportedOperation, 422, "provider_unsupported"),
            (errors.ModelUnavailable, 422, "provider_model_unavailable"),
            (errors.RateLimited, 429, "provider_rate_limited"),
            (errors.ConcurrencyLimited, 429, "provider_rate_limited"),
            (errors.ContentFiltered, 451, "provider_content_filtered"),
            (errors.ProviderRetired, 410, "provider_retired"),
            (errors.AssetGone, 410, "provider_asset_gone"),
            (errors.Unavailable, 503, "provider_unavailable"),
            (errors.TimedOut, 504, "provider_timeout"),
            (errors.ProtocolError, 502, "provider_protocol"),
            (errors.ProviderError, 500, "provider_error"),
        ],
    )
    def test_map_to_a_status_and_a_code(
        self, api: NinjaAPI, api_request: HttpRequest, error: type[errors.ProviderError], status: int, code: str
    ) -> None:
        response = api.on_exception(api_request, error("It did not work.", provider_id="pixverse"))

        assert response.status_code == status
        assert members(response)["code"] == code
        assert members(response)["detail"] == "It did not work."
        assert members(response)["next_step"] == error.next_step
        assert members(response)["provider_id"] == "pixverse"

    @pytest.mark.parametrize(("seconds", "header"), [(12.3, "13"), (None, "60")], ids=["named", "unnamed"])
    def test_say_when_to_try_again(
        self, api: NinjaAPI, api_request: HttpRequest, seconds: float | None, header: str
    ) -> None:
        response = api.on_exception(api_request, errors.RateLimited("Slow down.", retry_after_seconds=seconds))

        assert response.headers["Retry-After"] == header


class TestOtherErrors:
    def test_hide_what_went_wrong_inside(
        self, api: NinjaAPI, api_request: HttpRequest, caplog: pytest.LogCaptureFixture
    ) -> None:
        response = api.on_exception(api_request, RuntimeError("SELECT secret FROM table"))

        assert members(response)["code"] == "internal"
        assert b"secret" not in response.content
        assert "SELECT secret" in caplog.text

    @pytest.mark.parametrize(
        ("error", "status", "code"),
        [
            (RequestDataTooBig, 413, "too_large"),
            (TooManyFieldsSent, 400, "bad_request"),
            (SuspiciousOperation, 400, "bad_request"),
            (BadRequest, 400, "bad_request"),
            (MultiPartParserError, 400, "bad_request"),
            (UnreadablePostError, 400, "bad_request"),
        ],
    )
    def test_are_the_senders_when_a_request_cannot_be_read(
        self, api: NinjaAPI, api_request: HttpRequest, error: type[Exception], status: int, code: str
    ) -> None:
        response = api.on_exception(api_request, error("Boundary secret"))

        assert response.status_code == status
        assert members(response)["code"] == code
        assert members(response)["detail"]
        assert b"secret" not in response.content


class TestAnswers:
    def test_ask_a_visitor_to_sign_in(self, client: Client, db: None) -> None:
        response = client.get("/api/v1/tokens")

        assert members(response)["code"] == "authentication_required"
        assert response.headers["WWW-Authenticate"] == "Bearer"

    def test_ask_a_visitor_who_posts_to_sign_in(self, db: None) -> None:
        response = Client(enforce_csrf_checks=True).post("/api/v1/tokens", {}, content_type="application/json")

        assert members(response)["code"] == "authentication_required"

    def test_refuse_a_dead_token_even_beside_a_session(self, client: Client, alice: User) -> None:
        client.force_login(alice)

        response = client.get("/api/v1/tokens", headers={"Authorization": "Bearer stemma_dead"})

        assert members(response)["code"] == "authentication_required"

    def test_refuse_a_session_without_csrf_token(self, alice: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(alice)

        response = client.post("/api/v1/tokens", {"name": "x"}, content_type="application/json")

        assert members(response)["code"] == "forbidden"

    def test_say_where_a_request_is_not_valid(self, client: Client, alice: User) -> None:
        client.force_login(alice)

        response = client.get("/api/v1/tokens?limit=0")

        assert members(response)["errors"] == [
            {
                "location": "query",
                "field": "limit",
                "code": "greater_than_equal",
                "message": "Input should be greater than or equal to 1",
            }
        ]

    def test_refuse_a_body_that_is_no_json(self, client: Client, alice: User) -> None:
        client.force_login(alice)

        response = client.post("/api/v1/tokens", "{", content_type="application/json")

        assert members(response)["code"] == "bad_request"

    @pytest.mark.parametrize("content_type", ["application/json", FORM])
    def test_refuse_a_body_that_is_too_long(self, client: Client, alice: User, content_type: str) -> None:
        client.force_login(alice)

        response = client.generic("POST", "/api/v1/tokens", TOO_LONG, content_type=content_type)

        assert response.status_code == 413
        assert members(response)["code"] == "too_large"

    def test_refuse_a_body_that_is_too_long_for_a_csrf_token_in_it(self, strict: Client) -> None:
        response = strict.generic("POST", "/api/v1/tokens", TOO_LONG_FORM, content_type=FORM)

        assert members(response)["code"] == "too_large"

    def test_refuse_a_form_in_parts_that_cannot_be_read(self, strict: Client) -> None:
        response = strict.generic("POST", "/api/v1/tokens", "--x", content_type="multipart/form-data")

        assert members(response)["code"] == "bad_request"

    def test_know_no_other_address(self, client: Client, db: None) -> None:
        assert members(client.get("/api/v1/nowhere"))["code"] == "not_found"

    def test_say_how_long_they_are(self, client: Client, db: None) -> None:
        response = client.get("/api/v1/no-such-thing")

        assert int(response.headers["Content-Length"]) == len(response.content)

    def test_know_no_other_method(self, client: Client, db: None) -> None:
        response = client.put("/api/v1/health")

        assert members(response)["code"] == "method_not_allowed"
        assert response.headers["Allow"] == "GET"


class TestPages:
    def test_say_that_a_form_is_too_long(self, client: Client, db: None) -> None:
        response = client.generic("POST", "/accounts/sign-in/", TOO_LONG_FORM, content_type=FORM)

        assert response.status_code == 413
        assert "Too large" in response.content.decode()

    def test_say_that_a_form_cannot_be_read(self, client: Client, db: None) -> None:
        response = client.generic("POST", "/accounts/sign-in/", "--x", content_type="multipart/form-data")

        assert response.status_code == 400
        assert "Bad request" in response.content.decode()
