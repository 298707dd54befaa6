"""Whether there is a login, as far as files and variables tell."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from attrs import evolve

from claif.install import login as login_module
from claif.install.catalog import find
from claif.install.login import Login, find_login
from claif.install.program import LoginFile
from install.support import THING


def write(path: Path, data: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


def test_what_claif_is_configured_with_comes_first_then_variables_then_files(tmp_path: Path) -> None:
    path = write(tmp_path / ".thing" / "auth.json", {"token": {"access": "canary"}})
    assert find_login(THING, {}, tmp_path) == Login("login", str(path))
    assert find_login(THING, {"THING_KEY": "canary"}, tmp_path) == Login("key", "$THING_KEY")
    assert find_login(THING, {"THING_KEY": "x"}, tmp_path, configured="there") == Login("key", "there")
    assert find_login(THING, {"THING_KEY": ""}, tmp_path / "other") == Login()


def test_a_variable_moves_the_folder(tmp_path: Path) -> None:
    path = write(tmp_path / "moved" / "auth.json", {"token": {"access": "canary"}})
    assert find_login(THING, {"THING_HOME": str(tmp_path / "moved")}, tmp_path) == Login("login", str(path))
    assert find_login(THING, {"THING_HOME": ""}, tmp_path) == Login()


@pytest.mark.parametrize(
    ("name", "variable", "place"),
    [
        ("gemini", "GEMINI_CLI_HOME", ".gemini/oauth_creds.json"),
        ("qwen", "QWEN_HOME", "oauth_creds.json"),
        ("opencode", "XDG_DATA_HOME", "opencode/auth.json"),
    ],
)
def test_a_variable_moves_it_to_a_folder_below(name: str, variable: str, place: str, tmp_path: Path) -> None:
    path = write(tmp_path / "moved" / place, {"access_token": "canary"})
    assert find_login(find(name), {variable: str(tmp_path / "moved")}, tmp_path) == Login("login", str(path))


@pytest.mark.parametrize("data", ["{}", "[1]", "null", "x"])
def test_a_file_whose_keys_are_any_is_no_login_when_it_is_empty(data: str, tmp_path: Path) -> None:
    write(tmp_path / ".local" / "share" / "opencode" / "auth.json", data)
    assert find_login(find("opencode"), {}, tmp_path) == Login()


@pytest.mark.parametrize(
    "data", ["", "{", "[]", "null", {}, {"token": None}, {"token": "x"}, {"token": {"access": ""}}, "[" * 100_000]
)
def test_a_file_without_a_login_is_none(data: object, tmp_path: Path) -> None:
    write(tmp_path / ".thing" / "auth.json", data)
    assert find_login(THING, {}, tmp_path) == Login()


def test_a_folder_and_a_huge_file_are_no_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".thing" / "auth.json").mkdir(parents=True)
    assert find_login(THING, {}, tmp_path) == Login()
    write(tmp_path / "x" / ".thing" / "auth.json", {"token": {"access": "x"}})
    monkeypatch.setattr(login_module, "MOST_BYTES", 5)
    assert find_login(THING, {}, tmp_path / "x") == Login()


def test_a_file_of_another_system_does_not_count(tmp_path: Path) -> None:
    write(tmp_path / "auth.json", {"x": 1})
    here = LoginFile(path="~/auth.json", keys=("x",), systems=(sys.platform,))
    there = evolve(here, systems=("plan9",))
    assert find_login(evolve(THING, login_files=(there,)), {}, tmp_path).state == "none"
    assert find_login(evolve(THING, login_files=(there, here)), {}, tmp_path).state == "login"


@pytest.mark.parametrize(
    ("name", "file", "data"),
    [
        ("claude", ".claude/.credentials.json", {"claudeAiOauth": {"accessToken": "x"}}),
        ("codex", ".codex/auth.json", {"OPENAI_API_KEY": "x"}),
        ("codex", ".codex/auth.json", {"OPENAI_API_KEY": None, "tokens": {"access_token": "x"}}),
        ("gemini", ".gemini/oauth_creds.json", {"refresh_token": "x"}),
        ("gemini", ".gemini/google_accounts.json", {"active": "me@example.org", "old": []}),
        ("qwen", ".qwen/oauth_creds.json", {"access_token": "x"}),
        ("qwen", ".qwen/settings.json", {"security": {"auth": {"apiKey": "x"}}}),
        ("opencode", ".local/share/opencode/auth.json", {"openrouter": {"type": "api", "key": "x"}}),
    ],
)
def test_the_logins_of_real_agents_are_known(name: str, file: str, data: object, tmp_path: Path) -> None:
    assert find_login(find(name), {}, tmp_path).state == "none"
    write(tmp_path / file, data)
    assert find_login(find(name), {}, tmp_path).state == "login"


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("claude", "ANTHROPIC_API_KEY"),
        ("claude", "CLAUDE_CODE_OAUTH_TOKEN"),
        ("codex", "CODEX_API_KEY"),
        ("gemini", "GEMINI_API_KEY"),
        ("qwen", "DASHSCOPE_API_KEY"),
        ("opencode", "OPENCODE_API_KEY"),
    ],
)
def test_the_keys_of_real_agents_are_known(name: str, variable: str, tmp_path: Path) -> None:
    assert find_login(find(name), {variable: "canary"}, tmp_path) == Login("key", f"${variable}")
