"""Tests of two people, or two tabs, that change one row."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from common.versions import EditConflict, require_version, version_of
from common.vocabulary import RelationType
from lineage.manual import edges
from lineage.manual.edges import EdgeFields
from lineage.models import LineageEdge
from providers.credentials.sealing import open_sealed
from providers.models import ProviderAccount
from tests.factories import NOW, AccountFactory, AssetFactory


@dataclass(frozen=True)
class Row:
    """A row of alice with a form and an API address: what two tabs enter, and what it then holds."""

    form: str
    api: str
    first: dict[str, Any]
    second: dict[str, Any]
    field: str
    stored: Callable[[], Any]
    shown: str


def edge_of(alice: User) -> Row:
    parent, child = AssetFactory.create_batch(2, owner=alice)
    edge = edges.add(parent, child, EdgeFields(RelationType.SOURCE_IMAGE, note="Before."), now=NOW)
    return Row(
        form=reverse("lineage:edit_edge", args=[edge.pk]),
        api=f"/api/v1/lineage/edges/{edge.pk}",
        first={"relation_type": "KEYFRAME", "sequence_order": 1, "note": "The first."},
        second={"relation_type": "SOURCE_IMAGE", "sequence_order": 1, "note": "The second."},
        field="note",
        stored=lambda: edges.note_of(LineageEdge.objects.get()),
        shown="Saved meanwhile: Keyframe",
    )


def account_of(alice: User) -> Row:
    account = AccountFactory(owner=alice, label="Before.")
    return Row(
        form=reverse("providers:change", args=[account.pk]),
        api=f"/api/v1/providers/pixverse/accounts/{account.pk}",
        first={"label": "The first.", "base_url": ""},
        second={"label": "The second.", "base_url": ""},
        field="label",
        stored=lambda: ProviderAccount.objects.get().label,
        shown="Saved meanwhile: The first.",
    )


@pytest.fixture(params=[edge_of, account_of], ids=["edge", "account"])
def row(request: pytest.FixtureRequest, alice: User) -> Row:
    found: Row = request.param(alice)
    return found


@pytest.fixture
def tabs(alice: User) -> tuple[Client, Client]:
    """Two browsers of alice."""
    first, second = Client(), Client()
    first.force_login(alice)
    second.force_login(alice)
    return first, second


def version_in(page: Any) -> str:
    found = re.search(r'name="version" value="(\w+)"', page.content.decode())
    assert found
    return found[1]


class TestTwoTabs:
    def test_do_not_undo_each_other(self, tabs: tuple[Client, Client], row: Row) -> None:
        first, second = tabs
        early, late = version_in(first.get(row.form)), version_in(second.get(row.form))

        saved = first.post(row.form, row.first | {"version": early})
        refused = second.post(row.form, row.second | {"version": late})

        text = refused.content.decode()
        assert (saved.status_code, refused.status_code) == (302, 409)
        assert row.stored() == "The first."
        assert "Saved meanwhile: The first." in text
        assert row.shown in text
        assert "The second." in text

    def test_save_after_the_other_values_were_seen(self, tabs: tuple[Client, Client], row: Row) -> None:
        first, second = tabs
        late = version_in(second.get(row.form))
        first.post(row.form, row.first | {"version": version_in(first.get(row.form))})
        seen = version_in(second.post(row.form, row.second | {"version": late}))

        saved = second.post(row.form, row.second | {"version": seen})

        assert saved.status_code == 302
        assert row.stored() == "The second."

    def test_save_one_after_the_other(self, tabs: tuple[Client, Client], row: Row) -> None:
        for tab, entered in zip(tabs, (row.first, row.second), strict=True):
            answer = tab.post(row.form, entered | {"version": version_in(tab.get(row.form))})

            assert answer.status_code == 302
        assert row.stored() == "The second."


class TestTwoPrograms:
    def test_do_not_undo_each_other(self, tabs: tuple[Client, Client], row: Row) -> None:
        first, second = tabs
        read = second.get(row.api).headers["ETag"]
        change: dict[str, Any] = {"content_type": "application/json", "headers": {"If-Match": read}}

        saved = first.patch(row.api, {row.field: "The first."}, **change)
        refused = second.patch(row.api, {row.field: "The second."}, **change)

        assert (saved.status_code, refused.status_code) == (200, 409)
        assert saved.headers["ETag"] == first.get(row.api).headers["ETag"] != read
        problem = refused.json()
        assert problem["code"] == "edit_conflict"
        assert problem["current"][row.field] == row.stored() == "The first."
        assert f'"{problem["version"]}"' == saved.headers["ETag"]

    @pytest.mark.parametrize("condition", [{}, {"If-Match": "*"}], ids=["none", "any"])
    def test_may_leave_the_condition_out(self, as_alice: Client, row: Row, condition: dict[str, str]) -> None:
        answer = as_alice.patch(row.api, {row.field: "The first."}, content_type="application/json", headers=condition)

        assert answer.status_code == 200
        assert row.stored() == "The first."

    def test_do_not_see_a_credential_in_a_conflict(self, as_alice: Client, alice: User) -> None:
        row = account_of(alice)
        read = as_alice.get(row.api).headers["ETag"]
        credentials = {"credentials": {"token": "a-new-secret-token"}}
        as_alice.patch(row.api, credentials, content_type="application/json")

        answer = as_alice.patch(row.api, {"label": "x"}, content_type="application/json", headers={"If-Match": read})

        account = ProviderAccount.objects.get()
        assert answer.status_code == 409
        assert open_sealed(account.sealed_credentials)["token"] not in answer.content.decode()
        assert account.sealed_credentials not in answer.content.decode()


class TestRequireVersion:
    @pytest.mark.parametrize("asked", ["", "*", '"{}"', 'W/"{}"', '"other", "{}"', "{}"])
    def test_accepts(self, asked: str) -> None:
        version = version_of({"note": "a"})

        require_version(asked.format(version), {"note": "a"}, version)

    @pytest.mark.parametrize("asked", ['"other"', "other", '"a", "b"'])
    def test_refuses_another(self, asked: str) -> None:
        with pytest.raises(EditConflict) as refusal:
            require_version(asked, {"note": "a"}, version_of({"note": "a"}))

        assert refusal.value.current == {"note": "a"}
