"""Music, speech and templates over real HTTP.

Known: paths, fields of submits, models and their limits. Guesses: every answer, and the methods of catalogs.
"""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Client, length


def finished(sandbox: Client, audio_id: int) -> dict[str, Any]:
    sandbox.control("POST", "/_sandbox/clock", {"seconds": 30})
    return sandbox.get(f"/audio/detail?asset_source=1&audio_id={audio_id}").json()["Resp"]["audio"]


class TestMusic:
    def test_is_made_from_images(self, sandbox: Client) -> None:
        paths = [row["path"] for row in sandbox.rows("image", 0)[:2]]
        body = {"prompt": "a slow waltz", "instrumental": True, "duration_seconds": 12, "image_paths": paths}

        audio_id = sandbox.post("/music/generate", body).json()["Resp"]["audio_id"]
        begun = sandbox.listing("audio")["data"][0]
        done = finished(sandbox, audio_id)
        truth = sandbox.truth()[-1]

        assert (begun["audio_id"], begun["audio_status"], begun["audio_url"]) == (audio_id, 5, "")
        assert (done["audio_status"], done["create_mode"], done["image_paths"]) == (1, "music", paths)
        assert length(sandbox.media(done["audio_url"]).content) == done["duration"] == 12
        assert [parent["names"]["path"] for parent in truth["parents"]] == paths
        assert sandbox.post("/account/message").json()["Resp"] == {"video_list": [], "image_list": []}

    def test_is_charged_once_for_one_key(self, sandbox: Client) -> None:
        body = {"prompt": "a slow waltz", "idempotency_key": "k-1"}

        first, second = (sandbox.post("/music/generate", body).json()["Resp"] for _ in range(2))

        assert first == second
        assert [record["credits"] for record in sandbox.server.sandbox.account.records()[:2]] == [-20, 350]

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({}, 400011),
            ({"prompt": "x", "model": "hum"}, 400017),
            ({"prompt": "x", "duration_seconds": 9}, 400017),
            ({"prompt": "x", "duration_seconds": 241}, 400017),
            ({"prompt": "#refuse"}, 500063),
        ],
    )
    def test_refuses(self, sandbox: Client, body: dict[str, Any], code: int) -> None:
        assert sandbox.post("/music/generate", body).json()["ErrCode"] == code

    def test_fails_with_the_faults_of_submits(self, sandbox: Client) -> None:
        sandbox.server.faults.add("no_credits")

        codes = [
            sandbox.post(path, {"prompt": "x", "text": "x"}).json()["ErrCode"]
            for path in ("/music/generate", "/speech/tts/generate")
        ]

        assert codes == [500043, 500043]


class TestSpeech:
    def test_speaks_a_text(self, sandbox: Client) -> None:
        voice = sandbox.post("/speech/tts/voices").json()["Resp"]["voices"][1]
        body = {"text": "We leave with the tide. " * 5, "voice_id": voice["voice_id"], "model": "eleven-v3"}

        audio_id = sandbox.post("/speech/tts/generate", body).json()["Resp"]["audio_id"]
        done = finished(sandbox, audio_id)

        assert (done["create_mode"], done["text"], done["voice_name"]) == ("speech", body["text"], voice["voice_name"])
        assert length(sandbox.media(done["audio_url"]).content) == done["duration"] == 8
        assert sandbox.truth()[-1]["operation_type"] == "speech"

    @pytest.mark.parametrize(
        ("body", "code"),
        [({}, 400011), ({"text": "x", "voice_id": "nobody"}, 400017), ({"text": "x" * 10_001}, 400018)],
    )
    def test_refuses(self, sandbox: Client, body: dict[str, Any], code: int) -> None:
        assert sandbox.post("/speech/tts/generate", body).json()["ErrCode"] == code


@pytest.mark.parametrize("path", ["/music/models", "/speech/tts/models"])
def test_models_are_listed(sandbox: Client, path: str) -> None:
    by_get, by_post = sandbox.get(path).json()["Resp"], sandbox.post(path).json()["Resp"]

    assert by_get == by_post
    assert by_get["total"] == len(by_get["models"]) >= 3


class TestTemplates:
    def test_are_listed_searched_and_described(self, sandbox: Client) -> None:
        listed = sandbox.post("/content/template/list", {"limit": 2}).json()["Resp"]
        found = sandbox.get("/search/web/effect?keyword=PLANET").json()["Resp"]
        one = sandbox.get(f"/template/detail?template_id={found['data'][0]['template_id']}").json()["Resp"]
        categories = sandbox.get("/content/categories/secondary").json()["Resp"]["data"]

        assert (len(listed["data"]), listed["total"], listed["has_more"]) == (2, 4, True)
        assert [one] == found["data"]
        assert {each["category_id"] for each in listed["data"]} <= {each["category_id"] for each in categories}
        assert sandbox.media(one["template_thumbnail_url"]).status_code == 200

    def test_are_refused_when_unknown(self, sandbox: Client) -> None:
        codes = [sandbox.post("/template/detail", body).json()["ErrCode"] for body in ({"template_id": 5}, {})]

        assert codes == [500008, 400011]

    def test_make_a_clip_without_prompt(self, sandbox: Client) -> None:
        one = sandbox.get("/content/template/list").json()["Resp"]["data"][0]
        body = {"template_id": one["template_id"], "template_type": 1, "fixed_cost": 30, "model": "v6", "duration": 5}

        video_id = sandbox.post("/video/t2v", body).json()["Resp"]["video_id"]
        record = sandbox.post("/video/list/detail", {"video_id": video_id}).json()["Resp"]

        assert (record["create_mode"], record["template_name"]) == ("effect", one["template_name"])
