"""The whole examination: it comes to its end, whatever is broken."""

from __future__ import annotations

import sys

import pytest

from claif.doctor import examine as rooms
from claif.doctor.examine import examine
from claif.doctor.parts import Wishes
from claif.finding import Finding

from .conftest import states


@pytest.fixture(autouse=True)
def no_child(monkeypatch):
    monkeypatch.setattr(rooms.parts, "ask_child", lambda *_: [Finding("x", "ok", "", group="Plugins")])


def test_findings_come_in_groups_and_what_is_looked_at_is_told(machine):
    told: list[str] = []
    found = examine(machine, Wishes(), told.append)
    groups = list(dict.fromkeys(finding.group for finding in found))
    assert groups == ["Python", "Claif", "Files", "Configuration", "Terminal", "Network", "Sandbox", "Plugins"]
    assert told == groups[:-1]


def test_a_check_that_fails_is_a_finding_and_the_others_run(machine, monkeypatch):
    def sick(_machine):
        yield Finding("first", "ok", "")
        raise ImportError("No module named 'attrs'")

    def well(_machine):
        return [Finding("second", "ok", "")]

    monkeypatch.setattr(rooms, "CHECKS", (("Group", (sick, well)),))
    found = examine(machine, Wishes())
    assert states(found) == {"first": "ok", "sick": "fail", "second": "ok", "x": "ok"}
    assert "attrs" in found[1].detail


def test_what_looks_like_a_key_is_masked_wherever_it_comes_from(machine, monkeypatch):
    key = "sk-proj-abcdefghijklmnopqrstuvwxyz123456"

    def careless(_machine):
        return [Finding("x", "fail", f"bad {key}", f"unset {key}")]

    monkeypatch.setattr(rooms, "CHECKS", (("Group", (careless,)),))
    assert key not in str(examine(machine, Wishes()))


def test_a_home_that_nobody_can_tell_is_a_finding(machine, monkeypatch):
    def nobody_knows(_cls):
        raise RuntimeError("no home")

    monkeypatch.setattr("pathlib.Path.home", classmethod(nobody_knows))
    found = examine(machine._replace(environ={}), Wishes())
    assert "no home" in str(found)


def test_every_finding_that_is_not_fine_has_a_remedy(machine):
    machine.home.mkdir(mode=0o777)
    machine.home.chmod(0o777)
    (machine.home / "config.toml").write_text("x = 1")
    (machine.home / "keys.json").write_text("{")
    for finding in examine(machine._replace(path=("", *sys.path)), Wishes()):
        assert finding.state == "ok" or finding.remedy, finding
