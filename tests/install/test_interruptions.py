"""Installing that is cancelled, killed, stuck, or done by two at once."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
import trio
from downloads.loopback import Index, UseSources, holding
from processes import gone

from claif.api import InstallError
from install.support import (
    BY_NPM,
    Bench,
    FakeNode,
)


async def test_a_cancelled_installation_leaves_nothing_and_ends_npm_and_its_children(
    with_npm: Bench, node: FakeNode
) -> None:
    node.tell(child=True)
    child = Path(node.path, "child")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(with_npm.install)
        await trio.to_thread.run_sync(wait_for, child)
        nursery.cancel_scope.cancel()
    assert with_npm.names == []
    assert await trio.to_thread.run_sync(lambda: gone(int(child.read_text())))


async def test_a_cancelled_download_leaves_nothing_and_gives_the_lock_back(
    bench: Bench, index: Index, use_sources: UseSources
) -> None:
    use_sources(indexes=(f"{index.url}/simple",))
    with holding(index, "/files/") as (reached, _release):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(bench.install)
            assert await trio.to_thread.run_sync(reached.wait, 20)
            nursery.cancel_scope.cancel()
    assert bench.names == []
    assert (await bench.install())[1]


async def test_an_npm_that_does_nothing_is_given_up(
    with_npm: Bench, node: FakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claif.install.npm.SILENCE", 1.0)
    node.tell(wait=60)
    with pytest.raises(InstallError, match="no sign of life for 1 s"):
        await with_npm.install(BY_NPM)
    assert with_npm.names == []


INSTALLING = """
import os, sys, trio
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from install.support import Bench, BY_NPM
class Told(list):
    def append(self, what):
        if "Waiting" in what:
            print("waiting", flush=True)
bench = Bench(Path(sys.argv[1]), dict(os.environ), Told())
record, new = trio.run(bench.install, BY_NPM)
print("new" if new else "old", flush=True)
"""
"""Says when it begins to wait for another one, and what came of it."""


def start(bench: Bench) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", INSTALLING, str(bench.home), str(Path(__file__).parents[1])],
        env=bench.environ,
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_for(path: Path) -> None:
    """Wait until a program has written its number there."""
    for _ in range(2500):
        if path.exists() and path.read_text():
            return
        time.sleep(0.01)
    pytest.fail(f"{path} did not appear")


def test_of_two_processes_that_install_at_once_one_does_it_and_the_other_waits(with_npm: Bench, node: FakeNode) -> None:
    node.tell(wait=60)
    with start(with_npm) as one:
        wait_for(Path(node.path, "began"))
        with start(with_npm) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == "waiting\n"
            Path(node.path, "go").touch()
            outputs = [process.communicate(timeout=60)[0] for process in (one, other)]
    assert outputs == ["new\n", "old\n"]
    assert len(node.asked) == 1


def test_what_a_killed_installation_left_is_removed_by_the_next(with_npm: Bench, node: FakeNode) -> None:
    node.tell(wait=60)
    with start(with_npm) as victim:
        wait_for(Path(node.path, "began"))
        victim.kill()
        victim.communicate()
    assert any(name.endswith(".part") for name in with_npm.names)
    orphan = int(Path(node.path, "began").read_text())
    Path(node.path, "go").touch()
    assert gone(orphan), "as long as it runs, it may still write there"
    with start(with_npm) as heir:
        assert heir.communicate(timeout=60)[0] == "new\n"
    assert not any(name.endswith(".part") for name in with_npm.names)
