"""`manage.py sandbox` as a person runs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import requests

ROOT = Path(__file__).parents[3]


class TestCommand:
    def test_serves_until_it_is_interrupted(self, tmp_path: Path) -> None:
        (tmp_path / "key").write_text("key-of-the-test\n")
        command = [sys.executable, "manage.py", "sandbox", "--port", "0", "--library", "30"]
        options = ["--access-key-file", str(tmp_path / "key"), "--fault", "http_500:times=1"]
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}

        with subprocess.Popen(
            [*command, *options], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            url = process.stdout.readline().removeprefix("Sandbox: ").strip()
            said_key = process.stdout.readline().strip()
            answers = [
                requests.get(
                    f"{url}/creative_platform/user/credits", headers={"Access-Key": "key-of-the-test"}, timeout=5
                )
                for _ in range(2)
            ]
            process.send_signal(signal.SIGTERM)
            rest = process.stdout.read()

        assert said_key == "Sandbox access key: key-of-the-test"
        assert [answer.status_code for answer in answers] == [500, 200]
        assert process.returncode == 0
        assert rest.endswith("Sandbox stopped.\n")
