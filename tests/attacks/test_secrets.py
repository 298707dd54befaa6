"""Attack 23 and 25: a key is in no file, no stream, no error, no traceback and no repr, whatever goes wrong."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import traceback
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

import pytest

import claif
from claif.errors import ClaifError
from claif.testing import ScriptedServer, ServerProcess

CANARY = "sk-canary-T0pS3cret/+=value-4711"
FORMS = (CANARY, quote(CANARY, safe=""), b64encode(CANARY.encode()).decode(), CANARY.encode().hex())

BEHAVIOURS: tuple[dict[str, object], ...] = (
    {},
    {"error": 400},
    {"error": 401},
    {"error": 403},
    {"error": 404},
    {"error": 429},
    {"error": 500},
    {"drop": True},
)


def hits(text: str) -> list[str]:
    return [form for form in FORMS if form in text]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    made.mkdir(mode=0o700)
    return made


def run(home: Path, base_url: str, *arguments: str, **more: str) -> str:
    """Everything that one command line says, with the key in the environment."""
    config = home / "config.toml"
    config.touch(0o600)
    config.write_text(
        '[general]\ndefault_provider = "x"\n[providers.x]\ntype = "openai"\nmodel = "m"\n'
        f'base_url = "{base_url}"\napi_key = "${{CANARY_KEY}}"\n'
    )
    environment = {**os.environ, "CLAIF_HOME": str(home), "CANARY_KEY": CANARY, "PYTHONFAULTHANDLER": "1", **more}
    done = subprocess.run(
        [sys.executable, "-m", "claif", *arguments],
        env=environment,
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=str)
def test_attack_23_no_output_of_a_query_has_the_key(home: Path, behaviour: dict[str, object]) -> None:
    with ServerProcess() as server:
        url = server.url(**behaviour)  # type: ignore[arg-type]
        for arguments in (["hi"], ["--debug", "query", "hi"], ["--json", "hi"], ["--events", "hi"]):
            output = run(home, url, *arguments, CLAIF_LOG_LEVEL="trace", CLAIF_TRACE_HOOKS="1")
            assert output
            assert not hits(output), output
    files = [path for path in home.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert not hits(path.read_bytes().decode(errors="replace")), path


@pytest.mark.parametrize(
    "arguments",
    [
        ["config", "show"],
        ["config", "show", "--json", "--origin"],
        ["config", "get", "providers.x.api_key"],
        ["config", "get", "providers.x", "--json"],
        ["providers", "status", "--json"],
        ["plugins", "list", "--json"],
        ["config", "chain"],
        ["--debug", "config", "set", "general.timeout", "never"],
    ],
    ids=" ".join,
)
def test_attack_23_no_other_command_shows_the_key(home: Path, arguments: list[str]) -> None:
    output = run(home, "http://127.0.0.1:9/v1", *arguments)
    assert output
    assert not hits(output), output


@pytest.mark.parametrize("behaviour", BEHAVIOURS[1:], ids=str)
async def test_attack_23_no_error_log_or_frame_prints_the_key(
    behaviour: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with ScriptedServer() as server:
        table = {"type": "openai", "model": "m", "base_url": server.url(**behaviour), "api_key": CANARY}  # type: ignore[arg-type]
        async with claif.Client({"general": {"default_provider": "x"}, "providers": {"x": table}}) as client:
            with pytest.raises(ClaifError) as caught:
                await client.query("hi")
            shown = [
                repr(client.config),
                str(client.config.providers["x"]),
                repr(client.__dict__),
                str(caught.value.to_dict()),
            ]
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    outside = [line for line in frames.format() if "test_secrets.py" not in line]
    assert not hits("".join(shown))
    assert not hits(caplog.text)
    assert not [line for line in outside if hits(line)]


async def test_attack_25_a_server_that_repeats_the_key_does_not_get_it_into_our_messages() -> None:
    async with ScriptedServer() as server:
        table = {
            "type": "openai",
            "model": "m",
            "base_url": server.url(error=401, message=f"Incorrect API key provided: {CANARY}"),
            "api_key": CANARY,
        }
        async with claif.Client({"general": {"default_provider": "x"}, "providers": {"x": table}}) as client:
            with pytest.raises(ClaifError) as caught:
                await client.query("hi")
    assert "Incorrect API key" in str(caught.value)
    assert not hits(str(caught.value.to_dict()))
