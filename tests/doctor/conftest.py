"""Machines to examine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from claif.doctor.machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A healthy one, with a home that is not there yet."""
    (tmp_path / "work").mkdir()
    environ = {"CLAIF_HOME": str(tmp_path / "home"), "PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    return Machine(environ, (), tmp_path / "work")


@pytest.fixture
def home(machine: Machine) -> Path:
    """The machine's home of Claif."""
    machine.home.mkdir(mode=0o700)
    return machine.home


def states(findings) -> dict[str, str]:
    """Name -> state."""
    return {finding.name: finding.state for finding in findings}
