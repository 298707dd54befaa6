"""Shipped processors as a user meets them: enabled in the file, seen in a pipe, in --json and in --events."""

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

ANSWER = "\n Write to jane@example.com or +49 170 1234567:\n```python file=mail.py\nprint('jane@example.com')\n```\n\n"
REDACTED = "Write to [email] or [phone]:\n```python file=mail.py\nprint('[email]')\n```"


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with ServerProcess() as process:
        yield process


class Home:
    """A home of Claif whose only provider is the scripted server."""

    def __init__(self, folder: Path, server: ServerProcess) -> None:
        self.folder = folder
        self.server = server

    def run(self, *args: str, processors: str, **behaviour: Any) -> subprocess.CompletedProcess[str]:
        folder = self.folder / "home"
        folder.mkdir(mode=0o700, exist_ok=True)
        url = self.server.url(**{"text": ANSWER, "piece": 3, **behaviour})
        provider = f'[providers.house]\ntype = "openai"\nbase_url = "{url}"\nmodel = "m"\napi_key = "x"\n'
        (folder / "config.toml").write_text(f'[general]\ndefault_provider = "house"\n{provider}{processors}')
        (folder / "config.toml").chmod(0o600)
        return subprocess.run(
            [sys.executable, "-m", "claif", *args],
            env={**os.environ, "CLAIF_HOME": str(folder)},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def reply(self, *args: str, **given: Any) -> Any:
        done = self.run("query", "--json", *args, "hi", **given)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def events(self, **given: Any) -> list[Any]:
        done = self.run("query", "--events", "hi", **given)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def home(tmp_path: Path, server: ServerProcess) -> Home:
    return Home(tmp_path, server)


def enabled(*names: str) -> str:
    return f"[processors]\nenable = {list(names)}\n"


def deltas(events: list[Any], kind: str = "text_delta") -> str:
    return "".join(event["text"] for event in events if event["type"] == kind)


def test_personal_data_reaches_neither_pipe_nor_json_nor_events(home: Home) -> None:
    table = enabled("redact-pii", "trim")
    assert home.run("query", "hi", processors=table).stdout == f"{REDACTED}\n"
    assert home.reply(processors=table)["text"] == REDACTED
    events = home.events(processors=table)
    assert deltas(events) == REDACTED
    assert len([event for event in events if event["type"] == "text_delta"]) > 10
    assert "jane" not in json.dumps(events)
    assert home.reply("--no-stream", processors=table)["text"] == REDACTED


def test_beside_thinking_too_nothing_is_shown(home: Home) -> None:
    given = {"processors": enabled("redact-pii"), "reasoning": "reasoning_content"}
    events = home.events(**given)
    assert deltas(events, "thinking_delta") == "Let me think."
    assert "jane" not in json.dumps(events)
    shown = home.run("query", "--thinking", "hi", **given)
    assert "Let me think." in shown.stderr
    assert "jane" not in shown.stdout + shown.stderr


def test_what_an_error_leaves_is_redacted(home: Home) -> None:
    given = {"processors": enabled("redact-pii"), "cut": 9}
    done = home.run("query", "hi", **given)
    assert done.returncode == 6
    assert done.stdout.rstrip() == "\n Write to [email]".rstrip()
    for form in ("--json", "--events"):
        done = home.run("query", form, "hi", **given)
        assert "jane" not in done.stdout + done.stderr


def test_trim_goes_on_streaming(home: Home) -> None:
    events = home.events(processors=enabled("trim"))
    assert deltas(events) == ANSWER.strip()
    assert len([event for event in events if event["type"] == "text_delta"]) > 20
    assert home.run("query", "hi", processors=enabled("trim")).stdout == f"{ANSWER.strip()}\n"


def test_a_timestamp_is_in_the_metadata_and_in_no_text(home: Home) -> None:
    reply = home.reply(processors=enabled("timestamp"))
    assert reply["messages"][0]["metadata"]["timestamp"].startswith("20")
    [message] = [event for event in home.events(processors=enabled("timestamp")) if event["type"] == "message"]
    assert "timestamp" in message["metadata"]
    assert home.run("query", "hi", processors=enabled("timestamp")).stdout == ANSWER.rstrip("\n") + "\n\n"


def test_extracted_code_is_the_answer_everywhere(home: Home) -> None:
    code = "print('jane@example.com')\n"
    table = enabled("extract-code")
    assert home.run("query", "hi", processors=table).stdout == code
    assert home.run("query", "-x", "hi", processors=table).stdout == code
    reply = home.reply(processors=table)
    assert reply["text"] == code
    assert reply["messages"][0]["metadata"]["code_blocks"][0]["info"] == "python file=mail.py"
    events = home.events(processors=table)
    assert deltas(events) == ""
    assert events[-1]["text"] == code


def test_code_is_saved_where_the_user_says_and_the_notice_tells_it(home: Home) -> None:
    folder = home.folder / "out"
    table = f'{enabled("save-code")}[processors.save-code]\ndirectory = "{folder}"\n'
    done = home.run("query", "hi", processors=table)
    assert f"claif: Saved in {folder}: mail.py." in done.stderr
    assert (folder / "mail.py").read_text() == "print('jane@example.com')\n"
    [notice] = home.reply(processors=table)["notices"]
    assert notice["data"] == {"directory": str(folder), "files": ["mail-2.py"]}
    notices = [event for event in home.events(processors=table) if event["type"] == "notice"]
    assert [notice["data"]["files"] for notice in notices] == [["mail-3.py"]]


def test_the_chain_shows_where_they_stand(home: Home) -> None:
    table = enabled("redact-pii", "trim", "timestamp", "extract-code", "save-code")
    table += 'order = ["extract-code"]\n'
    rows = json.loads(home.run("config", "chain", "--json", processors=table).stdout)
    layers = [row["layer"] for row in rows]
    ours = ["save-code", "processors (extract-code, timestamp)", "trim", "redact-pii"]
    assert [layer for layer in layers if layer in ours] == ours


def test_wrong_names_and_settings_say_where_they_are(home: Home) -> None:
    done = home.run("query", "hi", processors=f"{enabled('redact-pi')}[processors.save-code]\ndirectory = 3\n")
    assert done.returncode == 3
    assert 'there is no processor "redact-pi"; did you mean "redact-pii"? [user (' in done.stderr
    assert "processors.save-code.directory: must be text, not a whole number" in done.stderr
    assert "claif plugins list" in done.stderr


def test_neither_a_project_nor_the_environment_says_where_files_go(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    project = home.folder / ".claif.toml"
    project.write_text('[processors]\nenable = ["save-code"]\n[processors.save-code]\ndirectory = "/tmp"\n')
    done = home.run("query", "hi", processors="")
    assert done.returncode == 3
    assert "processors.enable: a project's file may never set this" in done.stderr
    project.unlink()
    monkeypatch.setenv("CLAIF_PROCESSORS__SAVE_CODE__DIRECTORY", "/tmp")
    done = home.run("query", "hi", processors=enabled("save-code"))
    assert done.returncode == 3
    assert "processors.save-code.directory: only your own file may say where something is" in done.stderr
