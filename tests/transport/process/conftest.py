"""The levels of confinement, each wished for by name, and who starts nothing for the pool."""

from __future__ import annotations

import pytest
from needs import need
from transport.process.pool_support import Starter

from claif.transport.sandbox import prepare
from claif.transport.sandbox.choose import Choice
from claif.transport.sandbox.levels import available
from claif.transport.sandbox.policy import Level

LEVELS: tuple[Level, ...] = ("bubblewrap", "landlock", "group", "environment")


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
