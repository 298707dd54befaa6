"""Patience, the levels of confinement, each wished for by name, and who starts nothing for the pool."""

from __future__ import annotations

import pytest
from needs import need
from transport.process.pool_support import Starter

from claif.transport.process import child, process, processes, supervised
from claif.transport.sandbox import prepare
from claif.transport.sandbox.choose import Choice
from claif.transport.sandbox.levels import available
from claif.transport.sandbox.policy import Level

LEVELS: tuple[Level, ...] = ("bubblewrap", "landlock", "group", "environment")


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs end, and supervisors tell of it, as late as a busy machine lets them; only a test may hurry them."""
    monkeypatch.setattr(process, "CLOSE_TIMEOUT", 20.0)
    monkeypatch.setattr(process, "LAST_WORDS", 20.0)
    monkeypatch.setattr(supervised, "SWEEP_TIMEOUT", 20.0)
    monkeypatch.setattr(process, "KILL_TIMEOUT", 40.0)
    monkeypatch.setattr(child, "STOPPED_WITHIN", 20.0)
    monkeypatch.setattr(processes, "CLEANUP_TIMEOUT", 20.0)
    monkeypatch.setattr(processes, "CLOSE_TIMEOUT", 100.0)


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Level:
    """Each level in turn, whatever a policy wishes."""
    return use_level(request.param, monkeypatch)


@pytest.fixture
def bubblewrap(monkeypatch: pytest.MonkeyPatch) -> Level:
    """The strongest level."""
    return use_level("bubblewrap", monkeypatch)


def use_level(level: Level, monkeypatch: pytest.MonkeyPatch) -> Level:
    """Have everything confined at a level; where the machine lacks it the test is skipped, but fails in CI."""
    machine = available()
    missing = {"bubblewrap": machine.bubblewrap.problem, "landlock": "" if machine.landlock else "no Landlock"}
    problem = missing.get(level, "")
    need(not problem, f"{level} ({problem})")
    monkeypatch.setattr(prepare, "choose", lambda _policy, _machine: Choice(level))
    return level


@pytest.fixture
def starter() -> Starter:
    """Starts drivers that speak with nobody."""
    return Starter()
