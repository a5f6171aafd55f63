"""Tests of all pages of the admin: what staff may do there, and filters that no query can have."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessAttemptExpiration, AccessFailureLog, AccessLog
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.models import Session
from django.core.exceptions import FieldError
from django.db import transaction
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.html import escape
from procrastinate.contrib.django.models import ProcrastinateJob

from assets.models import Asset, ListedItem, SyncProblem, SyncRun, SyncSeen, Tombstone
from common.admin import AnyModelAdmin, ReadOnlyAdmin
from common.runs.jobs import enqueue
from config.administration.site import StemmaAdminSite
from config.models import ApiToken
from config.preferences.models import Preferences
from tests.contract.routes import rows_of
from tests.factories import NOW, EdgeFactory

SEEN = {"ip_address": "192.0.2.1", "user_agent": "", "username": "bob", "path_info": "/"}
PAGES: dict[type[Model], Any] = dict(admin.site._registry)
ACTIONS = [(model, name) for model in PAGES for _, name, _ in PAGES[model]._get_base_actions()]
UNUSABLE = [("exact", "\0"), ("in", "1,x"), ("range", "x"), ("gte", "99999-01-01"), ("isnull", "x")]
# All tables but that of sessions, which a signed-in request may write.
UNTOUCHED = [model for model in apps.get_models() if model._meta.managed and model is not Session] + [ProcrastinateJob]


@pytest.fixture
def rows(bob: User) -> None:
    """At least one row of each model, all of them bob's."""
    ids: dict[str, Any] = rows_of(bob)
    Group.objects.create(name="editors")
    EdgeFactory(parent__owner=bob)
    Tombstone.objects.create(
        owner=bob, provider_id="pixverse", kind="id", value="9", media_type="video", deleted_at=NOW
    )
    run = SyncRun.objects.get(pk=ids["run_id"])
    SyncSeen.objects.create(owner=bob, run=run, asset_id=ids["asset_id"])
    ListedItem.objects.create(
        owner=bob, account_id=ids["account_id"], run=run, media_type="video", provider_asset_id="9"
    )
    Preferences.objects.create(owner=bob, time_zone="Europe/Berlin")
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


def changelist(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def run_action(client: Client, model: type[Model], action: str) -> Any:
    chosen = [str(pk) for pk in model._default_manager.values_list("pk", flat=True)]
    assert chosen, f"{model._meta.label} has no row to act on"
    return client.post(changelist(model), {"action": action, "_selected_action": chosen, "index": "0", "post": "yes"})


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

    def test_leave_a_log_entry(self, editor: Client, rows: None) -> None:
        token = ApiToken.objects.get()

        run_action(editor, ApiToken, "revoke")

        entry = LogEntry.objects.get()
        assert entry.get_edited_object() == token
        assert (entry.user.username, entry.get_change_message()) == ("staff", "Action: Revoke the selected tokens.")

    @pytest.mark.parametrize(("model", "action"), ACTIONS, ids=lambda part: getattr(part, "__name__", part))
    def test_change_nothing_without_a_log_entry(
        self, editor: Client, rows: None, model: type[Model], action: str
    ) -> None:
        before = everything()

        run_action(editor, model, action)

        changed = {label for label, found in everything().items() if found != before[label]}
        assert not changed or "admin.LogEntry" in changed

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


class TestWords:
    def test_of_the_head_are_those_of_the_site(self, admin_client: Client) -> None:
        page = admin_client.get("/admin/").content.decode()

        assert "<title>Administration | Stemma</title>" in page
        assert "Django administration" not in page

    def test_of_sections_and_models_are_plain(self, admin_client: Client) -> None:
        sections = admin_client.get("/admin/").context["app_list"]

        names = {section["name"]: [model["name"] for model in section["models"]] for section in sections}
        assert list(names) == ["API", "Library", "Lineage", "People", "Providers", "Queue", "Sign-ins"]
        assert names["API"] == ["API tokens", "Preferences"]
        assert names["Lineage"] == ["Links", "Rebuild results", "Rebuild runs"]
        assert names["Library"] == [
            "Assets", "Assets seen by imports", "Deleted identifiers", "Failed items", "Identifiers", "Listed items",
            "Merges", "Sync runs",
        ]  # fmt: skip

    def test_of_dates_are_iso(self, admin_client: Client, rows: None) -> None:
        page = admin_client.get(changelist(Tombstone)).content.decode()

        assert f"{NOW:%Y-%m-%d %H:%M:%S}" in page


class TestReadOnlyRows:
    @pytest.mark.parametrize(
        "model",
        [model for model, page in PAGES.items() if isinstance(page, ReadOnlyAdmin)],
        ids=lambda model: model.__name__,
    )
    def test_say_why(self, admin_client: Client, rows: None, model: type[Model]) -> None:
        page = PAGES[model]
        row = next(row for row in model._default_manager.order_by("-pk") if page.reason_for(row))

        shown = admin_client.get(changelist(model) + f"{row.pk}/change/").content.decode()

        assert escape(page.reason_for(row)) in shown


class TestRows:
    @pytest.mark.parametrize("model", PAGES, ids=lambda model: model._meta.label)
    def test_are_shown_to_who_may_only_view(self, viewer: Client, rows: None, model: type[Model]) -> None:
        row = model._default_manager.order_by("-pk").first()
        assert row is not None

        shown = viewer.get(changelist(model) + f"{row.pk}/change/")

        assert shown.status_code == 200
        assert 'name="_save"' not in shown.content.decode()


def queries_of(page: Any) -> list[dict[str, str]]:
    """Queries of a list that no row can match: for each filter, the search, the pages and the dates."""
    fields = [
        found if isinstance(found, str) else found[0] for found in page.list_filter if not isinstance(found, type)
    ]
    own = [found.parameter_name for found in page.list_filter if hasattr(found, "parameter_name")]
    dates = page.date_hierarchy or "created_at"
    return [
        *({f"{field}__{lookup}": value} for field in (*fields, "pk") for lookup, value in UNUSABLE),
        *(
            {name: value}
            for name in (*own, "q", "p", "o", "all", "_facets", "nobody")
            for value in ("\0", "x", "9" * 40)
        ),
        *({f"{dates}__year": year, f"{dates}__month": month} for year, month in (("99999", "1"), ("2026", "13"))),
        {f"{dates}__year": "2026", f"{dates}__month": "2", f"{dates}__day": "30"},
        {"a\0b": "1"},
    ]


class TestFilters:
    @pytest.mark.parametrize("model", PAGES, ids=lambda model: model._meta.label)
    def test_are_a_page_or_a_bad_request_whatever_they_hold(
        self, admin_client: Client, rows: None, model: type[Model]
    ) -> None:
        answers = {str(query): self._status(admin_client, model, query) for query in queries_of(PAGES[model])}

        assert {query: status for query, status in answers.items() if status not in (200, 302, 400)} == {}
        assert {query for query in answers if "\\x00" in query and answers[query] != 400} == set()

    def test_are_answered_with_the_page_of_a_bad_request(self, admin_client: Client) -> None:
        answer = admin_client.get("/admin/procrastinate/procrastinatejob/?task_name=%00")

        assert answer.status_code == 400
        assert "<h1>Bad request</h1>" in answer.content.decode()

    @pytest.mark.parametrize("keys", [["x"], ["\0"], ["1", "x"]], ids=str)
    def test_of_actions_name_rows(self, admin_client: Client, keys: list[str]) -> None:
        answer = admin_client.post(changelist(Asset), {"action": "delete_selected", "_selected_action": keys})

        assert answer.status_code == 400

    def test_are_no_excuse_for_an_error_of_the_page(self, admin_client: Client, monkeypatch: Any) -> None:
        monkeypatch.setattr(PAGES[SyncSeen], "search_fields", ("no_such_field",))

        with pytest.raises(FieldError):
            admin_client.get(changelist(SyncSeen), {"q": "x"})

    def _status(self, client: Client, model: type[Model], query: dict[str, str]) -> int:
        # A rejected statement ends the test's transaction, as it would not end a request's.
        with transaction.atomic():
            status: int = client.get(changelist(model), query).status_code
            transaction.set_rollback(True)
        return status
