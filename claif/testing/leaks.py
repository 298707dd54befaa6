"""Leaks: file descriptors and child processes that are there after something and were not before."""

# ruff: noqa: S101 - assertions are what the test kit is for
from __future__ import annotations

import gc
import os
import time
from pathlib import Path

PATIENCE = 10.0
"""Seconds that dying processes, and threads that still hold a descriptor, are given, also on a busy machine."""


def open_descriptors() -> dict[int, str]:
    """The open file descriptors of this process and what they are; empty where the system does not tell."""
    found = {}
    try:
        names = os.listdir("/proc/self/fd")  # Path.iterdir would keep its own descriptor open meanwhile
    except OSError:
        return {}
    for name in names:
        try:
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
    return found


def child_processes() -> set[int]:
    """Process ids of the children of this process, zombies too; empty where the system does not tell."""
    children: set[int] = set()
    for task in Path("/proc/self/task").glob("*/children"):
        try:
            children.update(map(int, task.read_text().split()))
        except OSError:
            continue
    return children


class LeakCheck:
    """Remembers what is open now; `assert_clean` fails if there is more later."""

    def __init__(self) -> None:
        self.descriptors = open_descriptors()
        self.children = child_processes()

    def leaked(self) -> list[str]:
        """What is there now and was not before."""
        gc.collect()
        found = [
            f"descriptor {number} -> {target}"
            for number, target in open_descriptors().items()
            if self.descriptors.get(number) != target and "/proc/" not in target and target != "anon_inode:[eventpoll]"
        ]
        return found + [f"process {pid}" for pid in child_processes() - self.children]

    def assert_clean(self) -> None:
        """Raise AssertionError naming each leak that does not go away within `PATIENCE` seconds."""
        deadline = time.monotonic() + PATIENCE
        while (found := self.leaked()) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not found, "left behind: " + ", ".join(found)
