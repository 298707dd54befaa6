"""Keys tell apart what differs, hold no secret, and are the same in every process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from claif.config.secret import Secret
from claif.transport.process.command import Command
from claif.transport.process.pool_key import PoolKey, command_key, file_identity
from claif.transport.sandbox.policy import Limits, Policy

HOSTS = frozenset(f"host-{number}.example.com" for number in range(20))


def command_in(folder: Path) -> Command:
    program = folder / "program"
    if not program.exists():
        program.write_text("#!/bin/sh\n")
    return Command(program=program, arguments=["-a"], environment={"KEY": Secret("sk-secret")}, directory=folder)


def policy_in(folder: Path) -> Policy:
    return Policy(directory=folder, hosts=HOSTS)


def key_of(folder: Path, *, command: dict[str, Any] | None = None, policy: dict[str, Any] | None = None) -> PoolKey:
    return command_key(
        "agent", evolve(command_in(folder), **(command or {})), evolve(policy_in(folder), **(policy or {})), "more"
    )


def test_the_same_is_the_same(tmp_path: Path) -> None:
    assert key_of(tmp_path) == key_of(tmp_path)
    assert b"sk-secret" not in key_of(tmp_path).what


def test_whatever_differs_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, other = tmp_path / "one", tmp_path / "other"
    folder.mkdir()
    other.mkdir()
    keys = [
        key_of(folder),
        key_of(folder, command={"arguments": ["-b"]}),
        key_of(folder, command={"environment": {"KEY": Secret("sk-other")}}),
        key_of(folder, command={"environment": {"OTHER": Secret("sk-secret")}}),
        key_of(folder, command={"directory": other}),
        key_of(folder, policy={"writable": True}),
        key_of(folder, policy={"hosts": HOSTS - {"host-1.example.com"}}),
        key_of(folder, policy={"limits": Limits(memory=1)}),
        command_key("agent", command_in(folder), policy_in(folder), "else"),
        command_key("other", command_in(folder), policy_in(folder), "more"),
    ]
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    keys.append(key_of(folder))
    monkeypatch.delenv("HTTPS_PROXY")
    (folder / "program").write_text("#!/bin/sh\necho another version\n")
    keys.append(key_of(folder))
    assert len(set(keys)) == len(keys)


def test_a_directory_that_takes_the_place_of_another_is_another_one_and_files_in_it_do_not_matter(
    tmp_path: Path,
) -> None:
    program, work = tmp_path / "program", tmp_path / "work"
    program.write_text("")
    work.mkdir()
    command = Command(program=program, directory=work)
    before = command_key("agent", command, policy_in(work))
    (work / "file").write_text("new")
    assert command_key("agent", command, policy_in(work)) == before
    work.rename(tmp_path / "moved")
    work.mkdir()
    assert command_key("agent", command, policy_in(work)) != before


def test_a_file_that_is_not_there_has_an_identity_too(tmp_path: Path) -> None:
    assert file_identity(tmp_path / "none") == (str(tmp_path / "none"),)


def test_every_process_has_the_same_key(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path; from transport.process.test_pool_key import key_of; import sys;"
        "print(key_of(Path(sys.argv[1])).what.hex())"
    )
    found = {key_of(tmp_path).what.hex()}
    for seed in ("1", "2"):
        environ = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])}
        done = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path)], env=environ, capture_output=True, text=True, check=True
        )
        found.add(done.stdout.strip())
    assert len(found) == 1
