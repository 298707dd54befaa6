"""Attacks 22 to 25: a key is in no file, no stream, no error, no log, no traceback and no repr, whatever goes wrong."""

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
from claif.api import Emit, Provider, Query, Secret, TextDelta
from claif.cli.report import report
from claif.config.keyfile import store_key
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


KEY_SOURCES = {
    "variable": 'api_key = "${CANARY_KEY}"',
    "in clear": f'api_key = "{CANARY}"',
    "stored": 'api_key = {stored = "work"}',
    "stored by name": "",
    "command": 'api_key = {cmd = ["printenv", "CANARY_KEY"]}',
}


def run(
    home: Path, base_url: str, *arguments: str, source: str = "variable", prompt: str | None = None, **more: str
) -> str:
    """Everything that one command line says, with the key where the source says."""
    config = home / "config.toml"
    config.touch(0o600)
    config.write_text(
        '[general]\ndefault_provider = "x"\nlog_file = "claif.log"\n[providers.x]\ntype = "openai"\nmodel = "m"\n'
        f'base_url = "{base_url}"\n{KEY_SOURCES[source]}\n'
    )
    for name in ("work", "x") if "stored" in source else ():
        store_key(home, name, Secret(CANARY))
    environment = {**os.environ, "CLAIF_HOME": str(home), "CANARY_KEY": CANARY, "PYTHONFAULTHANDLER": "1", **more}
    done = subprocess.run(
        [sys.executable, "-m", "claif", *arguments],
        env=environment,
        cwd=home,
        **({"stdin": subprocess.DEVNULL} if prompt is None else {"input": prompt}),
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout + done.stderr


def leaks(home: Path) -> list[str]:
    """Files in the home with the key in them, but for those in which the user has put it."""
    own = {home / "keys.json"}
    if f'"{CANARY}"' in (home / "config.toml").read_text():
        own.add(home / "config.toml")
    files = [path for path in home.rglob("*") if path.is_file()]
    assert files
    return [str(path) for path in files if path not in own and hits(path.read_bytes().decode(errors="replace"))]


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=str)
def test_attack_23_no_output_of_a_query_has_the_key(home: Path, behaviour: dict[str, object]) -> None:
    with ServerProcess() as server:
        url = server.url(**behaviour)
        for arguments in (["hi"], ["--debug", "query", "hi"], ["--json", "-vv", "hi"], ["--events", "hi"]):
            output = run(home, url, *arguments, CLAIF_LOG_LEVEL="trace", CLAIF_TRACE_HOOKS="1")
            assert output
            assert not hits(output), output
    assert (home / "claif.log").stat().st_mode & 0o777 == 0o600
    assert '"query": "' in (home / "claif.log").read_text()
    assert not leaks(home)


@pytest.mark.parametrize("source", KEY_SOURCES)
def test_attack_23_no_key_is_shown_wherever_it_comes_from(home: Path, source: str) -> None:
    prompt = f"Repeat {CANARY} and {FORMS[2]}."
    with ServerProcess() as server:
        echo, refusal = server.url(echo=True), server.url(error=401)
        for arguments in (["--debug", "query"], ["--json", "-vv"]):
            output = run(home, echo, *arguments, source=source, prompt=prompt, CLAIF_LOG_LEVEL="trace")
            assert "Repeat ******** and ********" in output
            assert not hits(output), output
        for arguments in (["--debug", "query", "hi"], ["keys", "list", "--json"], ["config", "show"]):
            output = run(home, refusal, *arguments, source=source, CLAIF_LOG_LEVEL="trace")
            assert output
            assert not hits(output), output
    assert not leaks(home)


@pytest.mark.parametrize("source", ["stored", "command"])
def test_attack_23_a_key_that_cannot_be_had_is_an_error_without_it(home: Path, source: str) -> None:
    output = run(home, "http://127.0.0.1:9/v1", "--debug", "query", "hi", source=source, CANARY_KEY=CANARY)
    assert not hits(output)
    (home / "keys.json").unlink(missing_ok=True)
    missing = run(home, "http://127.0.0.1:9/v1", "keys", "delete", "work", source="command")
    assert "No key work is stored" in missing
    assert not hits(missing)


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
        table = {"type": "openai", "model": "m", "base_url": server.url(**behaviour), "api_key": CANARY}
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


class Blabbing(Provider):
    """Says its key in whatever way the prompt asks for."""

    async def query(self, query: Query, emit: Emit) -> None:
        key = self.context.settings.api_key.reveal()
        size = len(query.prompt)
        if query.prompt == "raise":
            raise ValueError(f"the key {key} is wrong")
        for start in range(0, len(key), size):
            await emit(TextDelta(key[start : start + size]))


def blabbing() -> claif.Client:
    table = {"general": {"default_provider": "b"}, "providers": {"b": {"api_key": CANARY}}}
    return claif.Client(table, providers={"b": Blabbing})


@pytest.mark.parametrize("size", range(1, len(CANARY) + 1))
async def test_attack_24_a_key_that_is_split_over_chunks_is_not_shown(size: int) -> None:
    async with blabbing() as client, client.stream("x" * size) as stream:
        text = "".join([event.text async for event in stream if isinstance(event, TextDelta)])
    assert text == "********"
    assert stream.reply is not None
    assert stream.reply.text == "********"


async def test_attack_23_a_traceback_of_debug_has_no_key_in_any_of_its_errors(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with blabbing() as client:
        with pytest.raises(ClaifError) as caught:
            await client.query("raise")
        report(caught.value, debug=True)
        report(caught.value, as_json=True)
    out, err = capsys.readouterr()
    assert "ValueError: the key ******** is wrong" in err
    assert "Traceback" in err
    assert not hits(out + err + "".join(traceback.format_exception(caught.value)))


LOGGING = r"""
import claif.logs
from claif.logs import logger
__name__ = "claif.attacked"
class Held:
    secret = "sk-canary-held"
def act(text, value, local="sk-canary-local"):
    logger.info("a model said {}", text)
    logger.info("it said {}", value)
    try:
        raise ValueError(text)
    except ValueError:
        logger.exception("it failed")
claif.logs.start("trace")
act("one\n12:00:00.000 INFO claif.forged: two\r\x1b[2J\x9b1m\u202e {0.secret} {evil} {value.secret}", Held())
"""


def test_attack_22_one_record_is_one_line_and_a_text_is_no_template() -> None:
    done = subprocess.run([sys.executable, "-c", LOGGING], capture_output=True, text=True, check=True, timeout=60)
    lines = done.stderr.split("\n")
    assert len(lines) == 4
    assert lines[3] == ""
    assert [line.split()[1:3] for line in lines[:3]] == [
        ["INFO", "claif.attacked:"],
        ["INFO", "claif.attacked:"],
        ["ERROR", "claif.attacked:"],
    ]
    assert "{0.secret} {evil} {value.secret}" in lines[0]
    assert "canary" not in done.stderr
    assert all(character.isprintable() for line in lines for character in line)
