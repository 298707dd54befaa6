"""Attacks 7 and 46: what a child process gets of ours: not our variables, and no open file but its own three."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import trio
from attacks.open_files import OPEN, inheritable
from claif_local import engine as engine_module
from claif_local.engine import Engine
from claif_local.weights import SMOLLM2

from claif.api import Processes
from claif.config.keycommand import run_key_command
from claif.errors import ProviderInitError

__all__ = ("inheritable",)

LOOK = (
    OPEN
    + """
import json
print(json.dumps({"error": "load", "message": json.dumps([found, sorted(os.environ)])}), flush=True)
"""
)
SECRETS = ("OPENAI_API_KEY", "LD_PRELOAD", "NODE_OPTIONS", "PYTHONPATH", "BASH_ENV", "SSH_AUTH_SOCK", "X_BASE_URL")


async def what_the_child_sees(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], list[str]]:
    """The open files and the variables of a child that is started as the embedded model is."""
    (folder / "server.py").write_text(LOOK)
    monkeypatch.setattr(engine_module, "__file__", str(folder / "engine.py"))
    engine = Engine(folder / "model", "small", threads=1, context=64, timeout=60)
    async with trio.open_nursery() as nursery, Processes(folder, nursery) as processes:
        with pytest.raises(ProviderInitError) as caught:
            await engine.start(processes)
    seen = caught.value.message.partition("cannot be loaded: ")[2]
    files, names = json.loads(seen)
    return files, names


@pytest.mark.patience(120)
async def test_attack_46_the_child_of_the_embedded_model_begins_with_three_files(
    inheritable: set[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, _ = await what_the_child_sees(tmp_path, monkeypatch)
    assert files == [0, 1, 2]


@pytest.mark.patience(120)
async def test_attack_07_the_child_of_the_embedded_model_gets_none_of_our_secrets_and_nothing_that_steers_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, "" if name == "LD_PRELOAD" else "canary")
    _, names = await what_the_child_sees(tmp_path, monkeypatch)
    assert not set(names) & set(SECRETS)
    assert "PATH" in names


def open_files(pid: int | None) -> list[str]:
    """What the open files of a process are, but for those that it closes just then."""
    found = []
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found.append(os.readlink(path))
    return found


@pytest.mark.patience(120)
async def test_attack_46_the_real_runtime_has_none_of_our_files(inheritable: set[int], real_home: Path) -> None:
    ours = {os.readlink(f"/proc/self/fd/{descriptor}") for descriptor in inheritable}
    engine = Engine(real_home / "models" / SMOLLM2.file, "small", threads=1, context=128, timeout=60)
    async with trio.open_nursery() as nursery, Processes(real_home, nursery) as processes:
        await engine.start(processes)
        links = open_files(engine.pid)
    assert not ours & set(links)


def test_attack_46_the_command_that_prints_a_key_begins_with_three_files(inheritable: set[int]) -> None:
    command = [sys.executable, "-I", "-c", OPEN + "print(*found, sep='-')"]
    assert run_key_command(command, "providers.x.api_key", lambda: None) == "0-1-2"
