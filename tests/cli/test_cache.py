"""`claif cache`, `--cache`, `--no-cache` and `--tag`, with the embedded kind of store and a provider that counts."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

CONFIG = """\
[general]
default_provider = "counted"
[providers.counted]
type = "counting"
model = "m"
[cache]
mode = "read-write"
salt = "for-tests"
"""
HOOKS = """
from claif.api import Identity, Provider, TextDelta, hookimpl

class Counting(Provider):
    name = "counting"
    count = 0

    def identity(self, model):
        return Identity("here", model="m")

    async def query(self, query, emit):
        path = self.context.home / "asked"
        asked = int(path.read_text()) + 1 if path.exists() else 1
        path.write_text(str(asked))
        await emit(TextDelta(f"answer {asked} to {query.prompt}"))

@hookimpl
def claif_register_providers(register):
    register("counting", Counting, capabilities={"text"})
"""


@pytest.fixture
def counted(cli):
    """A command line whose provider counts how often it is asked."""
    folder = cli.folder / "more"
    (folder / "counted-1.0.dist-info").mkdir(parents=True)
    metadata = "Metadata-Version: 2.1\nName: counted\nVersion: 1.0\nRequires-Dist: claif>=2.0.0.dev0,<3\n"
    (folder / "counted-1.0.dist-info" / "METADATA").write_text(metadata)
    (folder / "counted-1.0.dist-info" / "entry_points.txt").write_text("[claif]\ncounted = counted_hooks\n")
    (folder / "counted_hooks.py").write_text(HOOKS)
    cli.env["PYTHONPATH"] = f"{folder}:{cli.env['PYTHONPATH']}"
    del cli.env["CLAIF_DEFAULT_PROVIDER"]
    return cli.config(CONFIG)


def ask(cli, *args, prompt="hi"):
    done = cli.run("query", "-t", "0", *args, prompt)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def test_the_second_time_nobody_is_asked(counted):
    assert [ask(counted) for _ in range(3)] == ["answer 1 to hi"] * 3
    assert ask(counted, prompt="ho") == "answer 2 to ho"


def test_options_say_otherwise(counted):
    assert ask(counted) == "answer 1 to hi"
    assert ask(counted, "--no-cache") == "answer 2 to hi"
    assert ask(counted, "--cache", "refresh") == "answer 3 to hi"
    assert ask(counted, "--cache", "read-only") == "answer 3 to hi"
    assert counted.run("query", "--cache", "on", "hi").returncode == 2


def test_where_it_came_from_is_told(counted):
    ask(counted)
    data = json.loads(ask(counted, "--json"))
    assert (data["cached"]["store"], len(data["cached"]["key"])) == ("sqlite", 64)
    done = counted.run("query", "-t", "0", "--explain", "hi")
    assert f"claif cache show {data['cached']['key'][:12]}" in done.stderr.decode()
    verbose = counted.run("query", "-t", "0", "-v", "hi").stderr.decode()
    assert "cached" in verbose.splitlines()[-1]


def test_what_is_kept_is_listed_and_shown(counted):
    ask(counted, "--tag", "nightly")
    ask(counted, prompt="ho")
    rows = json.loads(counted.run("cache", "list", "--json").stdout)
    assert [row["text"] for row in rows] == ["answer 2 to ho", "answer 1 to hi"]
    assert [(row["provider"], row["model"], row["tag"]) for row in rows] == [
        ("counted", "m", ""),
        ("counted", "m", "nightly"),
    ]
    [only] = json.loads(counted.run("cache", "list", "--json", "--tag", "nightly").stdout)
    assert only == rows[1]
    assert len(json.loads(counted.run("cache", "list", "--json", "--limit", "1").stdout)) == 1
    table = counted.run("cache", "list").stdout.decode()
    assert table.splitlines()[0].split() == ["key", "age", "provider", "model", "tag", "size", "answer"]
    assert "answer 1 to hi" in table
    shown = counted.run("cache", "show", only["key"][:9])
    assert shown.stdout.decode().strip() == "answer 1 to hi"
    whole = json.loads(counted.run("cache", "show", "--json", only["key"]).stdout)
    assert [event["type"] for _, event in whole["events"]] == ["text_delta"]


def test_a_key_that_is_none_is_an_error_of_ours(counted):
    ask(counted)
    ask(counted, prompt="ho")
    for key in ("zz", "0" * 64, ""):
        done = counted.run("cache", "show", key)
        assert done.returncode == 2
        assert b"Traceback" not in done.stderr
    assert b"More than one key" in counted.run("cache", "show", "").stderr


def test_how_full_it_is(counted):
    ask(counted)
    data = json.loads(counted.run("cache", "stats", "--json").stdout)
    assert (data["mode"], data["store"], data["answers"], data["max_size"]) == ("read-write", "sqlite", 1, 500_000_000)
    assert data["place"] == str(counted.folder / "home" / "cache.db")
    lines = counted.run("cache", "stats").stdout.decode()
    assert "read-write" in lines
    assert "of 500.0 MB" in lines
    assert counted.run("cache", "path").stdout.decode().strip() == data["place"]


def test_what_is_meant_is_forgotten(counted):
    for number, tag in enumerate(("a", "a", "b")):
        ask(counted, "--tag", tag, prompt=str(number))
    assert counted.run("cache", "clear", "--tag", "a").stdout == b"2 answers forgotten.\n"
    assert counted.run("cache", "clear", "--older-than", "1d").stdout == b"0 answers forgotten.\n"
    assert counted.run("cache", "clear", "--provider", "other").stdout == b"0 answers forgotten.\n"
    key = json.loads(counted.run("cache", "list", "--json").stdout)[0]["key"]
    assert counted.run("cache", "clear", "--key", key[:8]).stdout == b"1 answer forgotten.\n"
    assert counted.run("cache", "list", "--json").stdout == b"[]\n"


def test_everything_is_forgotten_only_if_that_is_said(counted):
    ask(counted)
    done = counted.run("cache", "clear")
    assert done.returncode == 2
    assert b"--yes" in done.stderr
    assert counted.run("cache", "clear", "--yes").stdout == b"1 answer forgotten.\n"


@pytest.mark.parametrize("args", [("--older-than", "soon"), ("--key", "%")])
def test_what_is_no_selection_is_refused(counted, args):
    done = counted.run("cache", "clear", *args)
    assert done.returncode == 2
    assert args[0].encode() in done.stderr


def test_what_is_damaged_is_found_and_forgotten(counted):
    ask(counted)
    ask(counted, prompt="ho")
    assert counted.run("cache", "verify").stdout == b"2 good, 0 damaged and forgotten.\n"
    with closing(sqlite3.connect(counted.folder / "home" / "cache.db")) as connection:
        connection.execute("UPDATE rows SET row = CAST(replace(CAST(row AS TEXT), 'answer 1', 'answer 7') AS BLOB)")
        connection.commit()
    done = counted.run("cache", "verify", "--json")
    assert json.loads(done.stdout) == {"good": 1, "forgotten": 1}
    assert done.returncode == 1
    assert ask(counted) == "answer 3 to hi"


def test_the_chain_tells_where_the_cache_is(counted):
    assert b"route, cache (read-write, sqlite)" in counted.run("config", "chain").stdout
    assert b"cache" not in counted.run("config", "chain", CLAIF_CACHE__MODE="off").stdout


def test_the_cache_in_memory_is_nobody_elses(counted):
    done = counted.run("cache", "stats", CLAIF_CACHE__STORE="memory")
    assert done.returncode == 3
    assert b"ends with the process" in done.stderr


def test_several_processes_that_ask_the_same_ask_once(counted):
    children = [counted.start("query", "-t", "0", "hi") for _ in range(4)]
    answers = {child.communicate(timeout=30)[0] for child in children}
    assert answers == {b"answer 1 to hi\n"}


def test_a_store_that_nobody_brings_is_named(counted):
    done = counted.run("cache", "stats", CLAIF_CACHE__STORE="nosuch")
    assert done.returncode == 3
    assert b"pip install claif-nosuch" in done.stderr
