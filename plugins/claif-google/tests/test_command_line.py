"""The command line asks the Gemini API, and says what went wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from claif.testing import ServerProcess

PNG = b"\x89PNG\r\n\x1a\n0000"
KEY = "AIza-canary-4711"


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with ServerProcess() as process:
        yield process


@pytest.fixture
def home(tmp_path: Path) -> Path:
    found = tmp_path / "home"
    found.mkdir(mode=0o700)
    return found


def claif(home: Path, server: ServerProcess, *arguments: str, **behaviour: Any) -> subprocess.CompletedProcess[str]:
    url = server.root_url(**behaviour)
    table = f'[retry]\nmax_attempts = 1\n[providers.google]\nbase_url = "{url}"\napi_key = "{KEY}"\n'
    (home / "config.toml").write_text(table)
    (home / "config.toml").chmod(0o600)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CLAIF_")}
    return subprocess.run(
        [sys.executable, "-m", "claif", *arguments],
        env={**environ, "CLAIF_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_query_is_answered_as_text_and_as_json(home: Path, server: ServerProcess) -> None:
    assert claif(home, server, "query", "-p", "google", "hi").stdout == "Hello from the scripted server.\n"
    reply = json.loads(claif(home, server, "query", "-p", "google", "--json", "hi").stdout)
    assert (reply["text"], reply["finish_reason"]) == ("Hello from the scripted server.", "stop")
    assert reply["usage"]["output_tokens"] == 5


def test_an_image_and_options_reach_the_server(home: Path, server: ServerProcess, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    asked = ("-a", str(tmp_path / "a.png"), "-o", "top_k=40", "-o", "thinking_budget=100", "What is it?")
    done = claif(home, server, "query", "-p", "google", *asked, tag="options")
    assert done.returncode == 0, done.stderr
    (request,) = [found for found in server.stats()["requests"] if "tag=options" in found["path"]]
    assert (request["headers"]["x-goog-api-key"], KEY in request["path"]) == (KEY, False)
    body = json.loads(request["body"])
    assert "inlineData" in body["contents"][0]["parts"][0]
    assert body["generationConfig"] == {
        "topK": 40,
        "thinkingConfig": {"thinkingBudget": 100, "includeThoughts": True},
    }


@pytest.mark.parametrize(
    ("behaviour", "code", "said"),
    [
        ({"error": 400, "code": "API_KEY_INVALID"}, 5, "claif config set providers.google.api_key"),
        ({"error": 404}, 4, "claif models list"),
        ({"error": 429, "code": "GenerateRequestsPerDayPerProject"}, 8, "quota of this day"),
        ({"block": "SAFETY"}, 4, "blocked the prompt: SAFETY"),
        ({"block": "none"}, 4, "no candidate"),
        ({"finish": "MALFORMED_FUNCTION_CALL"}, 4, "gave up the answer"),
        ({"cut": 2}, 6, "lost in the middle"),
        ({"bad": "json"}, 6, "speaks the Gemini API"),
    ],
)
def test_what_goes_wrong_is_one_line_a_hint_and_an_exit_code(
    home: Path, server: ServerProcess, behaviour: dict[str, Any], code: int, said: str
) -> None:
    done = claif(home, server, "query", "-p", "google", "hi", **behaviour)
    assert (done.returncode, len(done.stderr.splitlines())) == (code, 2), done.stderr
    assert said in done.stderr
    assert KEY not in done.stderr


def test_the_models_are_listed(home: Path, server: ServerProcess) -> None:
    assert "scripted-2" in claif(home, server, "models", "list", "-p", "google").stdout
