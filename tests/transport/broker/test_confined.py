"""A confined agent cannot make the broker run something unconfined."""

from __future__ import annotations

from pathlib import Path

import pytest
from transport.process.conftest import use_level
from transport.process.support import START, home_of, processes_in, python

from claif.transport.broker.place import broker_folder, new_token, opened
from claif.transport.sandbox.policy import Level, Policy

STEAL = """
import json, sys
try:
    print(json.dumps({"stolen": open(TOKEN).read()}))
except OSError as error:
    print(json.dumps({"refused": type(error).__name__}))
"""


@pytest.mark.parametrize("level", ["bubblewrap", "landlock"])
async def test_a_confined_program_cannot_read_the_token(
    level: Level, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_level(level, monkeypatch)
    with opened(home_of(tmp_path), make=True) as folder:
        token = new_token(folder)
    path = broker_folder(home_of(tmp_path)) / "token"
    assert path.read_text() == token
    assert path.stat().st_mode & 0o777 == 0o600
    command = python(f"TOKEN = {str(path)!r}\n{STEAL}", tmp_path)
    async with processes_in(tmp_path) as processes:
        policy = Policy(directory=command.directory, writable=True, state=[home_of(tmp_path) / "agents"])
        process = await processes.start(command, policy, start_timeout=START)
        assert process.level == level
        record = await process.receive()
        await process.close()
    assert record in ({"refused": "FileNotFoundError"}, {"refused": "PermissionError"})
