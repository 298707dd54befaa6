"""Files that are open where they should not be: ours, which say that they may be inherited, and what a child has."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

OPEN = """
import os
def is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
found = [number for number in range(4096) if is_open(number)]
"""
"""The beginning of a program: afterwards `found` are the numbers of its open files."""


@pytest.fixture
def inheritable(tmp_path: Path) -> Iterator[set[int]]:
    """Files of ours that say they may be inherited: a key, a lock, a database."""
    descriptors = set()
    for name in ("keys.json", "lock", "cache.db"):
        descriptor = os.open(tmp_path / name, os.O_RDWR | os.O_CREAT, 0o600)
        os.set_inheritable(descriptor, True)
        descriptors.add(descriptor)
    yield descriptors
    for descriptor in descriptors:
        os.close(descriptor)
