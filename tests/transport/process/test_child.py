"""A child as the operating system has it."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio
from transport.process.support import SILENT, processes_in, start

from claif.transport.process import child as child_module
from claif.transport.process.tree import children
from claif.transport.sandbox.policy import Level


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


async def test_bubblewrap_has_stopped_when_its_first_process_is_looked_for(
    tmp_path: Path, bubblewrap: Level, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it could start it just after that, and nobody would end it."""
    looks = []

    def look(pid: int) -> list[int]:
        looks.append(state(pid))
        return children(pid)

    monkeypatch.setattr(child_module, "children", look)
    async with processes_in(tmp_path) as processes:
        for number in range(20):
            process = await start(processes, SILENT, tmp_path)
            await trio.sleep(number / 10_000)
            await process.kill()
    assert set(looks) == {"T"}
