"""Many processes at once on one fresh home: all of them are served, and what they store is all there."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import tomllib
from contextlib import closing
from pathlib import Path

import pytest
from disk.shell import environment, finish, start

from claif.config.keyfile import keys_path, stored_keys
from claif.testing import ServerProcess

CROWD = 100
WRITERS = 20


def test_a_hundred_processes_that_start_at_once_on_a_fresh_home_all_answer(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with ServerProcess() as server:
        environ = environment(home, server.url(text="Read."))
        children = [start(environ, tmp_path, "hi") for _ in range(CROWD)]
        results = [finish(child) for child in children]
        assert server.stats()["connections"] == CROWD + 1
    assert [result for result in results if result[:2] != (0, "Read.\n")] == []
    with closing(sqlite3.connect(home / "ledger.db")) as ledger:
        assert ledger.execute("SELECT count(*), total(state = 1), total(error IS NULL) FROM calls").fetchone() == (
            CROWD,
            CROWD,
            CROWD,
        )
        assert ledger.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert left <= {"ledger.db", "ledger.db-wal", "ledger.db-shm"}, "nothing temporary is left"


@pytest.mark.parametrize("kind", ["config", "keys"])
def test_what_many_store_at_once_is_all_there(tmp_path: Path, kind: str) -> None:
    home = tmp_path / "home"
    environ = {name: value for name, value in environment(home, "").items() if not name.startswith("CLAIF_PROV")}
    environ.pop("CLAIF_DEFAULT_PROVIDER")
    children = []
    for number in range(WRITERS):
        arguments = {
            "config": ("config", "set", f"providers.p{number}.model", f"m{number}"),
            "keys": ("keys", "set", f"k{number}"),
        }
        children.append(start(environ, tmp_path, *arguments[kind], stdin=subprocess.PIPE))
    results = [finish(child, f"sk-number-{number}\n") for number, child in enumerate(children)]
    assert [result for result in results if result[0] != 0] == []
    if kind == "config":
        table = tomllib.loads((home / "config.toml").read_text())
        assert table["providers"] == {f"p{number}": {"model": f"m{number}"} for number in range(WRITERS)}
    else:
        assert json.loads(keys_path(home).read_text()).keys() == {f"k{number}" for number in range(WRITERS)}
        assert stored_keys(home)["k7"].reveal() == "sk-number-7"
    assert len(list(home.iterdir())) == 1, "nothing temporary is left"
