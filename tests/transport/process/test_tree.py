"""Trees of processes: who is below whom, and that all of them, and no stranger, are ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from transport.process.support import MARK, NASTY, exists, marked, new_mark, survivors

from claif.transport.process import tree
from claif.transport.process.tree import (
    GONE,
    Family,
    Marked,
    children,
    descendants,
    environment,
    hold_of,
    memory,
    parent,
    sweep,
)

DEEP = """
import os, sys, time
for _ in range(3):
    if os.fork():
        break
print(".", end="", flush=True)
time.sleep(100)
"""


@contextmanager
def running(script: str, words: int, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A script that has said some characters."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", script],
        stdout=subprocess.PIPE,
        env={**os.environ, **environment},
        text=True,
        process_group=0,
    )
    try:
        with process:
            assert process.stdout is not None
            assert len(process.stdout.read(words)) == words
            yield process
            os.killpg(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.wait()


def test_descendants_come_after_their_parents() -> None:
    with running(DEEP, 4) as process:
        found = descendants(process.pid)
        assert len(found) == 3
        assert [parent(pid) for pid in found] == [process.pid, *found[:-1]]
        assert children(process.pid) == found[:1]
        assert parent(process.pid) == os.getpid()
        assert process.pid in descendants(os.getpid())
        assert memory([process.pid, *found]) > memory([process.pid]) > 1_000_000


def test_one_that_is_gone_or_a_zombie_has_no_parent_and_no_memory() -> None:
    process = subprocess.Popen([sys.executable, "-I", "-S", "-c", ""])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert exists(process.pid)
    assert parent(process.pid) == 0
    assert memory([process.pid]) == 0
    process.wait()
    assert parent(process.pid) == 0
    assert memory([process.pid]) == 0
    assert hold_of(process.pid) == GONE


@pytest.mark.parametrize(
    ("variables", "named", "program", "found"),
    [
        ([b"A=1\0"], [], True, [b"A=1", b""]),
        ([b"", b"", b"A=1\0"], [b"", b""], True, [b"A=1", b""]),  # it becomes another one
        ([b"", b"A=1\0"], [b"sleep\0"], True, [b"A=1", b""]),  # it has become that between the looks
        ([b"", b""], [b"env\0-i\0"], True, [b""]),  # it has none
        ([b"", b""], [b""], False, [b""]),  # a thread of the kernel, or one that has ended
    ],
)
def test_one_that_becomes_another_program_has_its_variables_again_soon(
    monkeypatch: pytest.MonkeyPatch, variables: list[bytes], named: list[bytes], program: bool, found: list[bytes]
) -> None:
    monkeypatch.setattr(tree, "_BECOMING", 60.0)
    looks = {"environ": variables, "cmdline": named}
    monkeypatch.setattr(tree, "_read", lambda path, _most: looks[path.rpartition("/")[2]].pop(0))
    assert environment(os.getpid() if program else 2**30) == found
    assert looks == {"environ": [], "cmdline": []}


def test_one_that_never_becomes_another_program_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "_BECOMING", 0.01)
    monkeypatch.setattr(tree, "_read", lambda *_: b"")
    assert environment(os.getpid()) == [b""]


def test_a_sweep_ends_all_that_are_marked_wherever_they_went() -> None:
    mark = new_mark()
    with running(NASTY, len('{"ready": true}\n'), **{MARK: mark}):
        assert len(marked(mark)) == 4
        sweep(Marked(f"{MARK}={mark}".encode()))
        assert not survivors(mark)


def test_a_sweep_of_a_family_leaves_its_root_and_strangers_alone() -> None:
    stranger = new_mark()
    with running(DEEP, 4, **{MARK: stranger}) as other, running(DEEP, 4) as process:
        found = descendants(process.pid)
        sweep(Family(process.pid))
        assert process.poll() is None
        while any(parent(pid) for pid in found):
            time.sleep(0.01)
        assert len(descendants(other.pid)) == 3
        os.killpg(process.pid, signal.SIGKILL)


def test_attack_47_a_stranger_who_got_the_pid_of_a_member_is_not_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look says that a pid is a member; until it is held, the member ends and a stranger gets the pid."""
    with running("import time; print('.', end='', flush=True); time.sleep(100)", 1) as stranger:
        seen = [stranger.pid]

        class Recycled(Family):
            def members(self) -> list[int]:
                return list(seen)

            def belongs(self, pid: int) -> bool:
                seen.clear()
                return False

        sent = []
        monkeypatch.setattr(tree, "send", lambda *given: sent.append(given))
        sweep(Recycled(os.getpid()))
        assert not sent
        assert stranger.poll() is None


def test_attack_47_a_held_process_is_never_confused_with_one_that_gets_its_pid() -> None:
    process = subprocess.Popen([sys.executable, "-I", "-S", "-c", ""])
    hold = hold_of(process.pid)
    assert hold not in (None, GONE)
    process.wait()
    tree.send(os.getpid(), hold, signal.SIGKILL)  # the pid, were it used, would be ours
    os.close(hold or 0)


def test_without_pidfds_signals_go_by_pid(monkeypatch: pytest.MonkeyPatch) -> None:
    mark = new_mark()
    monkeypatch.delattr(os, "pidfd_open")
    with running(NASTY, len('{"ready": true}\n'), **{MARK: mark}):
        assert hold_of(os.getpid()) is None
        sweep(Marked(f"{MARK}={mark}".encode()))
        assert not survivors(mark)


def test_where_there_is_no_proc_nobody_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object) -> list[str]:
        raise FileNotFoundError

    monkeypatch.setattr(os, "listdir", nothing)
    assert descendants(1) == []
