"""`claif keys` stores keys without showing them, and says who uses them."""

from __future__ import annotations

import json
import os
import stat

import pytest

CANARY = "sk-canary-4f9a1c"


def store(cli, name: str, key: str = CANARY):
    done = cli.run("keys", "set", name, stdin=f"{key}\n".encode())
    assert done.returncode == 0, done.stderr
    return done.stderr.decode()


def keys_file(cli):
    return cli.folder / "home" / "keys.json"


def test_a_key_is_read_from_standard_input_and_stored_privately(cli):
    assert "Stored the key openai" in store(cli, "openai")
    assert json.loads(keys_file(cli).read_text()) == {"openai": CANARY}
    assert stat.S_IMODE(keys_file(cli).stat().st_mode) == 0o600
    assert stat.S_IMODE(keys_file(cli).parent.stat().st_mode) == 0o700
    assert "Replaced the key openai" in store(cli, "openai", "new-key-123")


def test_a_key_that_is_typed_is_not_shown(cli):
    with cli.terminal("keys", "set", "openai") as terminal:
        terminal.read(b"Key openai")
        os.write(terminal._own, f"{CANARY}\n".encode())
        assert terminal.end() == 0
    assert "Stored the key openai" in terminal.text
    assert CANARY not in terminal.text
    assert json.loads(keys_file(cli).read_text()) == {"openai": CANARY}


def test_a_key_is_no_argument(cli):
    done = cli.run("keys", "set", "openai", CANARY)
    assert done.returncode == 2
    assert not keys_file(cli).exists()
    done = cli.run("keys", "set", "sk-canary/+=", stdin=b"x")
    assert done.returncode == 3
    assert b"canary" not in done.stdout + done.stderr


def test_a_name_that_looks_like_a_key_is_refused_and_not_repeated(cli):
    """Whoever types `keys set sk-…` has taken the name for the place of the key."""
    name = "sk-proj-4711canary4711canary4711"
    for command in ("set", "delete"):
        done = cli.run("keys", command, name, stdin=b"sk-12345678")
        assert done.returncode == 3
        assert b"canary" not in done.stdout + done.stderr
        assert b"no name of a key" in done.stderr
    assert not keys_file(cli).exists()


def test_the_list_names_who_uses_a_key_and_never_shows_it(cli):
    cli.config('[providers.a]\napi_key = {stored = "work"}\n[providers.scripted]\nmodel = "m"\n')
    for name in ("work", "scripted", "spare"):
        store(cli, name)
    done = cli.run("keys", "list")
    lines = [line.split() for line in done.stdout.decode().splitlines()]
    assert lines == [
        ["NAME", "KEY", "USED", "BY"],
        ["scripted", "********", "scripted"],
        ["spare", "********"],
        ["work", "********", "a"],
    ]
    data = json.loads(cli.run("keys", "list", "--json").stdout)
    assert data[2] == {"name": "work", "key": "********", "providers": ["a"]}
    assert CANARY not in str(data) + str(lines)


def test_an_empty_list_says_what_to_do(cli):
    done = cli.run("keys", "list")
    assert (done.returncode, done.stdout) == (0, b"")
    assert "claif keys set NAME" in done.stderr.decode()
    assert cli.run("keys", "list", "--json").stdout == b"[]\n"


def test_what_keeps_a_key_from_being_used_is_told(cli):
    cli.config('[providers.a]\napi_key = "${OTHER}"\n')
    assert "No provider is called nobody" in store(cli, "nobody")
    assert "providers.a.api_key says something else" in store(cli, "a")
    done = cli.run("keys", "set", "openai", stdin=b"sk-12345678", OPENAI_API_KEY="x")
    assert "as long as OPENAI_API_KEY is set" in done.stderr.decode()


def test_a_key_is_deleted(cli):
    store(cli, "work")
    assert cli.run("keys", "delete", "work").returncode == 0
    assert json.loads(keys_file(cli).read_text()) == {}
    done = cli.run("keys", "delete", "work")
    assert done.returncode == 3
    assert "No key work is stored" in done.stderr.decode()


def test_the_path_is_told_even_if_nothing_is_there(cli):
    assert cli.run("keys", "path").stdout.decode() == f"{keys_file(cli)}\n"


@pytest.mark.parametrize(
    ("stdin", "code"), [(b"", 3), (b"two words\n", 3), (b"a\nb\n", 3), (b"\xff", 2), (b"x" * 70_000, 2)]
)
def test_what_is_no_key_is_refused(cli, stdin, code):
    done = cli.run("keys", "set", "openai", stdin=stdin)
    assert done.returncode == code
    assert not keys_file(cli).exists()


def test_attack_14_a_loose_file_is_refused_with_the_command_that_mends_it(cli):
    store(cli, "scripted")
    keys_file(cli).chmod(0o644)
    for command in (["keys", "list"], ["keys", "delete", "scripted"], ["hi"]):
        done = cli.run(*command)
        assert done.returncode == 3, done.stderr
        assert f"chmod 600 {keys_file(cli)}" in done.stderr.decode()
        assert b"canary" not in done.stdout + done.stderr


@pytest.mark.parametrize("command", [[], ["set"], ["list"], ["delete"], ["path"]])
def test_every_help_teaches(cli, command):
    done = cli.run("keys", *command, "--help")
    assert done.returncode == 0
    assert b"claif keys" in done.stdout
