"""The sandbox: which levels work here, which do not and what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from claif.doctor import sandbox
from claif.transport.sandbox import levels
from claif.transport.sandbox.levels import Available, Tool

from .conftest import states

BROKEN = Tool(None, "it is not installed", "apt-get install bubblewrap")


@pytest.fixture
def here(monkeypatch) -> Available:
    """A machine with everything, not as root."""
    found = Available()
    found.bubblewrap = found.empty_network = Tool(Path("/usr/bin/bwrap"))
    found.prlimit = Tool(Path("/usr/bin/prlimit"))
    found.landlock, found.filters, found.confines, found.groups, found.root = 7, True, True, True, False
    monkeypatch.setattr(levels, "available", lambda: found)
    return found


def configured(machine, home, text: str):
    (home / "config.toml").write_text(text)
    return list(sandbox.confinement(machine))


def test_a_machine_with_everything_is_fine(machine, here):
    found = list(sandbox.confinement(machine))
    assert states(found) == {"bubblewrap": "ok", "Landlock": "ok", "confinement": "ok"}
    assert found[-1].detail == "bubblewrap (sandbox.level is auto)"


def test_as_root_it_is_told_what_that_means(machine, here):
    here.root = True
    assert "codex" in next(each.detail for each in sandbox.confinement(machine) if each.name == "root")


def test_without_bubblewrap_the_remedy_is_the_command(machine, here):
    here.bubblewrap = here.empty_network = BROKEN
    found = list(sandbox.confinement(machine))
    assert states(found) == {"bubblewrap": "warn", "Landlock": "ok", "confinement": "warn"}
    assert found[0].remedy == found[-1].remedy == "apt-get install bubblewrap"
    assert found[-1].detail.startswith("landlock (sandbox.level is auto). bubblewrap is not used")


@pytest.mark.parametrize(("version", "filters"), [(0, True), (2, True), (7, False)])
def test_landlock_is_missed_only_where_bubblewrap_is_too(machine, here, version, filters):
    here.landlock, here.filters = version, filters
    assert states(sandbox.confinement(machine))["Landlock"] == "ok"
    here.bubblewrap = here.empty_network = BROKEN
    found = list(sandbox.confinement(machine))
    assert states(found)["Landlock"] == "warn"
    assert found[-1].detail.startswith("group")


def test_networks_and_limits_that_cannot_be_had_are_told(machine, here):
    here.empty_network = here.prlimit = Tool(None, "not here", "do this")
    found = {each.name: each for each in sandbox.confinement(machine)}
    assert (found["network"].state, found["network"].remedy) == ("warn", "do this")
    assert (found["limits"].state, found["limits"].remedy) == ("warn", "do this")


def test_what_is_required_and_not_there_is_a_failure(machine, home, here):
    here.bubblewrap, here.landlock = BROKEN, 0
    found = configured(machine, home, '[sandbox]\nlevel = "require"\n')
    assert found[-1].state == "fail"
    assert found[-1].remedy.startswith("apt-get install bubblewrap")


def test_a_sandbox_that_is_off_is_a_warning(machine, home, here):
    found = configured(machine, home, '[sandbox]\nlevel = "off"\n')
    assert (found[-1].state, found[-1].remedy) == (
        "warn",
        "Unless it is meant so: claif config set sandbox.level auto",
    )


def test_another_system_tells_what_it_lacks_in_one_line(machine, here):
    here.confines, here.bubblewrap, here.landlock = False, Tool(None, "bwrap is not installed"), 0
    (finding,) = sandbox.confinement(machine)
    assert finding.state == "warn"
    assert "container" in finding.remedy


def test_this_machine_is_looked_at(machine):
    found = states(sandbox.confinement(machine))
    assert set(found) >= {"bubblewrap", "Landlock", "confinement"}
    assert "fail" not in found.values()
