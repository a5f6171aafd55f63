"""Tests of the API against its own description, with requests that Schemathesis generates from it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from config.tokens import store
from providers.models import ProviderAccount
from tests.contract.routes import rows_of
from tests.factories import NOW

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
SECONDS_MAX = 80
SOAK_SECONDS_MAX = 3_600

QUICK = pytest.param(["--phases", "coverage"], SECONDS_MAX, id="edges of every value")
FULL = [
    pytest.param(
        ["--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "100", "--seed", str(seed)],
        SOAK_SECONDS_MAX,
        id=f"all phases, seed {seed}",
        marks=pytest.mark.soak,
    )
    for seed in (1, 2, 3)
]


@pytest.fixture
def issued(account: ProviderAccount, alice: User) -> store.IssuedToken:
    """Alice's token. She has one of everything, at a provider that answers."""
    rows_of(alice)
    ProviderAccount.objects.update(base_url=account.base_url, sealed_credentials=account.sealed_credentials)
    return store.issue(alice, name="Schemathesis", now=NOW)


@pytest.fixture
def kept_connections(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """The server's thread keeps its connection to the database, as in production."""
    monkeypatch.setitem(settings.DATABASES["default"], "CONN_MAX_AGE", None)


class TestEveryOperation:
    @pytest.mark.parametrize(("arguments", "seconds"), [QUICK, *FULL])
    def test_answers_as_described(
        self,
        kept_connections: None,
        live_server: LiveServer,
        issued: store.IssuedToken,
        client: Client,
        tmp_path: Path,
        arguments: list[str],
        seconds: int,
    ) -> None:
        command = [str(Path(sys.executable).with_name("st")), "--config-file", str(CONFIGURATION), "run", "--seed", "1"]
        signed_in = ["--header", f"Authorization: Bearer {issued.token}", "--max-time", str(seconds)]
        hooks = {"SCHEMATHESIS_HOOKS": "tests.contract.schemathesis_hooks", "OWN_TOKEN_ID": str(issued.row.pk)}

        run = subprocess.run(
            [*command, *signed_in, *arguments, f"{live_server.url}/api/v1/openapi.json"],
            cwd=tmp_path,
            env={**os.environ, **hooks, "PYTHONPATH": str(django_settings.BASE_DIR)},
            capture_output=True,
            text=True,
            timeout=2 * seconds,
        )

        assert run.returncode == 0, run.stdout + run.stderr
        assert int(re.findall(r"(\d+) generated", run.stdout)[0]) > 500
        answer = client.get("/api/v1/tokens", headers={"Authorization": f"Bearer {issued.token}"})
        assert answer.status_code == 200
