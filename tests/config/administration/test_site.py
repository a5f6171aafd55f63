"""Tests of what staff may do in the admin: every action of every model needs its own permission."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessAttemptExpiration, AccessFailureLog, AccessLog
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.models import Session
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from assets.models import Asset, SyncProblem, SyncRun, SyncSeen, Tombstone
from common.admin import AnyModelAdmin
from common.runs.jobs import enqueue
from config.administration.site import StemmaAdminSite
from config.models import ApiToken
from tests.contract.routes import rows_of
from tests.factories import NOW

SEEN = {"ip_address": "192.0.2.1", "user_agent": "", "username": "bob", "path_info": "/"}
PAGES: dict[type[Model], Any] = dict(admin.site._registry)
ACTIONS = [(model, name) for model in PAGES for _, name, _ in PAGES[model]._get_base_actions()]
# All tables but that of sessions, which a signed-in request may write.
UNTOUCHED = [model for model in apps.get_models() if model._meta.managed and model is not Session] + [ProcrastinateJob]


@pytest.fixture
def rows(bob: User) -> None:
    """At least one row of each model, all of them bob's."""
    ids: dict[str, Any] = rows_of(bob)
    Group.objects.create(name="editors")
    Tombstone.objects.create(
        owner=bob, provider_id="pixverse", kind="id", value="9", media_type="video", deleted_at=NOW
    )
    run = SyncRun.objects.get(pk=ids["run_id"])
    SyncSeen.objects.create(owner=bob, run=run, asset_id=ids["asset_id"])
    enqueue(run)
    attempt = AccessAttempt.objects.create(**SEEN, failures_since_start=5)
    AccessAttempt.objects.update(attempt_time=NOW - timedelta(days=900))
    AccessAttemptExpiration.objects.create(access_attempt=attempt, expires_at=NOW - timedelta(days=800))
    AccessLog.objects.create(**SEEN)
    AccessFailureLog.objects.create(**SEEN)


@pytest.fixture
def viewer(client: Client, db: None) -> Client:
    """Somebody of the staff who may view everything. Sign in before `rows`: signing in deletes expired attempts."""
    client.force_login(staff("view"))
    return client


@pytest.fixture
def editor(client: Client, db: None) -> Client:
    """Somebody of the staff who may view, change and delete everything."""
    client.force_login(staff("view", "change", "delete"))
    return client


def staff(*actions: str) -> User:
    """A person of the staff with these permissions on all models."""
    person = User.objects.create_user("staff", password="staff's password", is_staff=True)
    person.user_permissions.set(
        permission for permission in Permission.objects.all() if permission.codename.split("_")[0] in actions
    )
    return person


def everything() -> dict[str, list[dict[str, Any]]]:
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in UNTOUCHED}


def run_action(client: Client, model: type[Model], action: str) -> Any:
    chosen = [str(pk) for pk in model._default_manager.values_list("pk", flat=True)]
    assert chosen, f"{model._meta.label} has no row to act on"
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return client.post(address, {"action": action, "_selected_action": chosen, "index": "0", "post": "yes"})


class TestActions:
    @pytest.mark.parametrize(("model", "action"), ACTIONS, ids=lambda part: getattr(part, "__name__", part))
    def test_name_their_permission(self, model: type[Model], action: str) -> None:
        function, _, _ = PAGES[model].get_action(action)

        assert function.allowed_permissions

    def test_change_nothing_for_who_may_only_view(self, viewer: Client, rows: None) -> None:
        before = everything()

        for model, action in ACTIONS:
            run_action(viewer, model, action)

        assert everything() == before

    @pytest.mark.parametrize(
        ("model", "action"),
        [
            (ApiToken, "revoke"),
            (ProcrastinateJob, "cancel"),
            (ProcrastinateJob, "abort"),
            (AccessAttempt, "cleanup_expired_attempts"),
            (SyncProblem, "delete_selected"),
        ],
    )
    def test_run_for_who_may_change_and_delete(
        self, editor: Client, rows: None, model: type[Model], action: str
    ) -> None:
        before = everything()[model._meta.label]

        run_action(editor, model, action)

        assert everything()[model._meta.label] != before

    def test_without_a_permission_are_offered_to_nobody(self, db: None) -> None:
        class Careless(AnyModelAdmin):
            actions = ("forget",)

            @admin.action(description="Forget")
            def forget(self, request: Any, queryset: Any) -> None: ...

        site = StemmaAdminSite()
        site.register(Asset, Careless)
        request = RequestFactory().get("/")
        request.user = User(is_staff=True, is_superuser=True, is_active=True)

        assert set(site._registry[Asset].get_actions(request)) == {"delete_selected"}
