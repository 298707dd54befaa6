"""`claif install` and `claif uninstall`, and the offer to install what a query lacks."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from install.support import FakeNode

from claif.api import DependencyError
from claif.cli import install_work
from claif.install.catalog import find
from claif.install.machine import this_machine

CLAUDE = find("claude")
SOURCE = f"@anthropic-ai/claude-code-{this_machine()}@{CLAUDE.version}"


@pytest.fixture
def node(tmp_path: Path, cli) -> FakeNode:
    """A machine with a fake npm and nothing else."""
    made = FakeNode(tmp_path / "node").make()
    made.tell(program=CLAUDE.npm[this_machine()].program)
    home = tmp_path / "user"
    home.mkdir()
    # The shell that the fake programs are for, and nothing that could be an agent.
    cli.env.update(PATH=made.path, HOME=str(home), PIP_NO_INDEX="1", PIP_CONFIG_FILE=os.devnull)
    return made


def programs(cli) -> list[str]:
    folder = cli.folder / "home" / "programs"
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) if folder.exists() else []


def rows(done) -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in json.loads(done.stdout)}


def test_without_a_name_it_shows_what_is_here_and_what_could_be_installed(cli, node):
    done = cli.run("install")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.decode().splitlines()
    assert lines[0].split() == ["NAME", "STATE", "TO", "INSTALL"]
    assert lines[1].split() == ["claude", "not", "installed", CLAUDE.version, "(npm)"]
    assert cli.run("install", "--list").stdout == done.stdout
    assert node.asked == []
    assert programs(cli) == []


def test_the_table_tells_who_installed_which_version_and_which_login_there_is(cli, node):
    mine = Path(node.path) / "codex"
    mine.write_text("#!/bin/sh\necho codex-cli 0.1.2\n")
    mine.chmod(0o755)
    login = Path(cli.env["HOME"]) / ".codex" / "auth.json"
    login.parent.mkdir()
    login.write_text(json.dumps({"tokens": {"access_token": "canary-token"}}))
    done = cli.run("install", "--json", ANTHROPIC_API_KEY="canary-key")
    found = rows(done)
    assert found["codex"] == {
        "name": "codex",
        "title": "Codex",
        "state": "ready",
        "version": "0.1.2",
        "by": "path",
        "path": str(mine),
        "problem": "",
        "login": "login",
        "login_where": str(login),
        "available": find("codex").version,
        "way": "npm",
        "obstacle": "",
    }
    assert (found["claude"]["login"], found["claude"]["login_where"]) == ("key", "$ANTHROPIC_API_KEY")
    text = cli.run("install", ANTHROPIC_API_KEY="canary-key").stdout.decode()
    assert "login (~/.codex/auth.json)" in text
    assert "key ($ANTHROPIC_API_KEY)" in text
    assert f"codex: {mine}" in text
    assert "canary" not in text + done.stdout.decode()


def test_installing_prints_the_path_and_says_what_is_still_missing(cli, node):
    done = cli.run("install", "claude")
    assert done.returncode == 0, done.stderr
    path = Path(done.stdout.decode().strip())
    assert path == cli.folder / "home" / "programs" / "claude" / "claude"
    assert CLAUDE.version in path.read_text()
    said = done.stderr.decode()
    assert f"Installing Claude Code {CLAUDE.version} through npm …" in said
    assert f"Claude Code {CLAUDE.version} is installed." in said
    assert f"It has no login yet: {path} auth login, or set ANTHROPIC_API_KEY." in said
    again = cli.run("install", "claude", ANTHROPIC_API_KEY="x")
    assert "was installed already" in again.stderr.decode()
    assert "no login" not in again.stderr.decode()
    assert len(node.asked) == 1
    assert rows(cli.run("install", "--json"))["claude"]["by"] == "claif"
    line = cli.run("install").stdout.decode().splitlines()[1]
    assert line.split() == ["claude", "ready", CLAUDE.version, "Claif", "none"]


@pytest.mark.parametrize("there", [True, False])
def test_a_plugin_that_is_missing_is_named(there, monkeypatch, tmp_path):
    monkeypatch.setenv("CLAIF_HOME", str(tmp_path))
    rows = [{"type": "claude"}] if there else []
    monkeypatch.setattr("claif.cli.provider_rows.known_providers", lambda _state: rows)
    lines = install_work._advice(CLAUDE, "/there/claude")
    assert ("To ask it through Claif: pip install claif-claude" in lines) is not there


def test_a_dry_run_tells_what_would_be_done_and_does_nothing(cli, node):
    done = cli.run("install", "claude", "--dry-run")
    assert done.stdout.decode() == (
        f"Claude Code {CLAUDE.version}: {SOURCE} by npm, checked against a fingerprint that Claif knows, into "
        f"{cli.folder}/home/programs/claude, about 250 MB\n"
    )
    found = rows(cli.run("install", "--all", "--dry-run", "--json"))
    assert list(found) == ["claude", "codex", "gemini", "qwen", "opencode"]
    assert found["claude"]["source"] == SOURCE
    other = cli.run("install", "claude", "--dry-run", "--version", "9.9.9").stdout.decode()
    assert "checked against what the registry says of it" in other
    assert node.asked == []
    assert programs(cli) == []


def test_a_program_in_json_is_data(cli, node):
    found = rows(cli.run("install", "claude", "--json"))["claude"]
    assert found == {
        "name": "claude",
        "new": True,
        "version": CLAUDE.version,
        "way": "npm",
        "source": SOURCE,
        "integrity": CLAUDE.npm[this_machine()].integrity,
        "path": str(cli.folder / "home" / "programs" / "claude" / "claude"),
    }


def test_one_that_fails_keeps_nobody_else_from_it_and_decides_the_exit_code(cli, node):
    """The fake npm gives both programs the place that the first has."""
    done = cli.run("install", "--all")
    assert done.returncode == 9
    assert programs(cli) == ["claude"]
    assert "Codex cannot be installed. " in done.stderr.decode()
    assert done.stdout.decode().strip().endswith("/claude")
    found = rows(cli.run("install", "codex", "claude", "--json"))
    assert (found["codex"]["error"], found["codex"]["exit_code"]) == ("InstallError", 9)
    assert found["claude"]["new"] is False


@pytest.mark.parametrize("as_json", [False, True])
def test_of_all_those_are_passed_over_of_which_there_is_none_for_this_machine(as_json, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CLAIF_HOME", str(tmp_path))
    monkeypatch.setattr(install_work, "this_machine", lambda: "darwin-arm64")
    how = {"as_json": as_json, "version": None, "via": None, "source": None, "dry_run": True}
    install_work.install_all([CLAUDE, find("opencode")], everything=True, **how)
    said = capsys.readouterr()
    line = "There is no OpenCode for this machine (darwin-arm64), so it is passed over."
    if as_json:
        opencode, claude = json.loads(said.out)
        assert (claude["dry_run"], opencode) == (True, {"name": "opencode", "passed_over": line})
    else:
        assert said.out.startswith("Claude Code ")
        assert said.err.count("\n") == 1
        assert line in said.err
    with pytest.raises(DependencyError, match="There is no OpenCode"):
        install_work.install_all([find("opencode")], everything=False, **how)
    with pytest.raises(DependencyError, match="There is no OpenCode"):
        install_work.install_all([find("opencode")], everything=True, **how)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("cluade",), 9, "Did you mean `claude`?"),
        (("claude", "--all"), 2, "Name agents, or write --all"),
        (("claude", "--list"), 2, "--list shows all"),
        (("--dry-run",), 2, "Say what is to be installed"),
        (("--all", "--version", "1.2.3"), 2, "for one agent"),
        (("claude", "--version", "latest"), 2, "no exact version"),
        (("claude", "--version", "1.2.3;x"), 2, "no exact version"),
        (("claude", "--version=--global"), 2, "no exact version"),
        (("claude", "--from", "x.whl", "--via", "npm"), 2, "is a wheel"),
        (("claude", "--from", "x.whl"), 9, "x.whl cannot be read"),
        (("node", "--via", "npm"), 9, "needs Node.js"),
        (("claude", "--via", "pip"), 2, "--via"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments, code, message, cli, node):
    done = cli.run("install", *arguments)
    assert (done.returncode, done.stdout) == (code, b"")
    assert message in done.stderr.decode()
    assert programs(cli) == []


def test_failures_tell_why_in_every_way(cli, node):
    node.tell(code="ENOTFOUND", summary="getaddrinfo ENOTFOUND registry")
    done = cli.run("install", "claude")
    assert done.returncode == 9
    said = done.stderr.decode()
    assert "npm cannot install" in said
    assert "cannot be downloaded: pip looks nowhere" in said
    assert "claif install claude --from " in said


def test_uninstalling_removes_what_claif_has_installed(cli, node):
    cli.run("install", "claude")
    done = cli.run("uninstall", "claude", "codex")
    assert done.returncode == 0
    assert done.stderr.decode().splitlines() == [
        "claif: Claude Code is removed.",
        "claif: Claif has not installed Codex, so there is nothing to remove.",
    ]
    assert programs(cli) == []
    assert "installed nothing" in cli.run("uninstall", "--all").stderr.decode()
    assert cli.run("uninstall").returncode == 2
    assert cli.run("uninstall", "nothing").returncode == 9


def ask(cli):
    return cli.script({"type": "program", "name": "claude"})


def test_a_query_without_the_program_says_the_command_where_nobody_can_answer(cli, node):
    done = ask(cli).run("query", "-p", "agent", "hi")
    assert done.returncode == 9
    assert "The program claude is not installed." in done.stderr.decode()
    assert "Install it: claif install claude" in done.stderr.decode()
    error = json.loads(cli.run("query", "-p", "agent", "--json", "hi").stdout)
    assert (error["error"], error["agent"]) == ("AgentNotInstalledError", "claude")
    assert node.asked == []


def test_on_a_terminal_it_offers_to_install_and_then_answers(cli, node):
    with ask(cli).terminal("query", "-p", "agent", "hi") as terminal:
        terminal.read(b"[y/N]: ")
        assert "Claude Code is not installed. Install " in terminal.text
        terminal.type("y\n")
        assert terminal.end() == 0
    assert "[programs/claude/" in terminal.text
    assert programs(cli) == ["claude"]


def test_the_answer_is_all_that_comes_to_standard_output(cli, node):
    out = cli.folder / "out"
    command = ("query", "-p", "agent", "hi")
    with out.open("wb") as file, ask(cli).terminal(*command, streams={"stdout": file.fileno()}) as terminal:
        terminal.read(b"[y/N]: ")
        terminal.type("y\n")
        assert terminal.end() == 0
    assert out.read_text().startswith("[programs/claude/")


@pytest.mark.parametrize("answer", ["\n", "n\n"])
def test_who_does_not_want_it_learns_the_command(cli, node, answer):
    with ask(cli).terminal("query", "-p", "agent", "hi") as terminal:
        terminal.read(b"[y/N]: ")
        terminal.type(answer)
        assert terminal.end() == 9
    assert "Install it: claif install claude" in terminal.text
    assert programs(cli) == []


@pytest.mark.parametrize(
    ("arguments", "env"), [(("--quiet",), {}), (("--json",), {}), (("--events",), {}), ((), {"CLAIF_OFFLINE": "1"})]
)
def test_nothing_is_offered_to_programs_nor_offline(cli, node, arguments, env):
    with ask(cli).terminal("query", "-p", "agent", *arguments, "hi", **env) as terminal:
        assert terminal.end() == 9
    assert "[y/N]" not in terminal.text


def test_an_installation_that_fails_in_an_offer_is_the_error(cli, node):
    node.tell(code="E404")
    with ask(cli).terminal("query", "-p", "agent", "hi") as terminal:
        terminal.read(b"[y/N]: ")
        terminal.type("y\n")
        assert terminal.end() == 9
    assert "npm's registry has no" in terminal.text


def test_ctrl_c_ends_an_installation_and_leaves_nothing(cli, node):
    node.tell(child=True)
    with cli.terminal("install", "claude") as terminal:
        terminal.read(b"through npm")
        began = Path(node.path, "child")
        while not (began.exists() and began.read_text()):
            terminal.wait()
        terminal.interrupt()
        assert terminal.end() == 130
    assert not [name for name in os.listdir(cli.folder / "home" / "programs") if name.endswith(".part")]
    assert programs(cli) == []
