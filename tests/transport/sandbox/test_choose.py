"""The level that is chosen, and what is said about it."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from attrs import frozen

from claif.errors import SandboxError
from claif.transport.sandbox.choose import choose, inner_bubblewrap_works
from claif.transport.sandbox.levels import Tool
from claif.transport.sandbox.policy import Limits, Policy

WORKS = Tool(Path("/usr/bin/bwrap"))
BROKEN = Tool(None, "it is broken", "mend it")


@frozen(kw_only=True)
class Machine:
    """A machine; as it is, one that has everything."""

    bubblewrap: Tool = WORKS
    empty_network: Tool = WORKS
    prlimit: Tool = WORKS
    landlock: int = 7
    filters: bool = True
    groups: bool = True
    confines: bool = True
    root: bool = False


OLD = Machine(bubblewrap=BROKEN)
POOR = Machine(bubblewrap=BROKEN, landlock=0)
MAC = Machine(bubblewrap=BROKEN, landlock=0, filters=False, confines=False)
WINDOWS = Machine(bubblewrap=BROKEN, landlock=0, filters=False, confines=False, groups=False)


def policy(**more) -> Policy:
    return Policy(directory=Path("/work"), **more)


@pytest.mark.parametrize(
    ("machine", "more", "level"),
    [
        (Machine(), {}, "bubblewrap"),
        (Machine(root=True), {}, "bubblewrap"),
        (Machine(), {"nested": True}, "bubblewrap"),
        (Machine(root=True), {"nested": True}, "group"),
        (Machine(empty_network=BROKEN), {}, "bubblewrap"),
        (Machine(empty_network=BROKEN), {"network": "none"}, "landlock"),
        (Machine(empty_network=BROKEN), {"network": "proxy"}, "landlock"),
        (OLD, {}, "landlock"),
        (OLD, {"nested": True}, "group"),
        (Machine(bubblewrap=BROKEN, landlock=2), {}, "group"),
        (Machine(bubblewrap=BROKEN, filters=False), {}, "group"),
        (POOR, {}, "group"),
        (MAC, {}, "group"),
        (WINDOWS, {}, "environment"),
        (Machine(), {"wish": "off"}, "environment"),
        (Machine(), {"wish": "require"}, "bubblewrap"),
        (OLD, {"wish": "require"}, "landlock"),
        (OLD, {"wish": "require", "network": "none"}, "landlock"),
    ],
)
def test_the_strongest_that_there_is(machine, more, level):
    assert choose(policy(**more), machine).level == level


@pytest.mark.parametrize(
    ("machine", "more", "why"),
    [
        (POOR, {}, "this system has none"),
        (MAC, {}, "it is broken"),
        (WINDOWS, {}, "it is broken"),
        (Machine(bubblewrap=BROKEN, landlock=2), {}, "Linux 6.2"),
        (Machine(root=True), {"nested": True}, "as root"),
        (OLD, {"network": "proxy"}, "keep to the proxy"),
    ],
)
def test_what_is_required_and_cannot_be_had_is_refused_with_the_reasons(machine, more, why):
    with pytest.raises(SandboxError, match=why) as caught:
        choose(policy(wish="require", **more), machine)
    assert caught.value.exit_code == 11
    assert caught.value.hint == (machine.bubblewrap.remedy or SandboxError.default_hint)


def test_the_strongest_level_has_nothing_to_say():
    assert choose(policy(), Machine()).notes == ()


def machines():
    for bubblewrap, network, landlock, filters, root in product(
        (WORKS, BROKEN), (WORKS, BROKEN), (0, 2, 3, 6), (False, True), (False, True)
    ):
        yield Machine(bubblewrap=bubblewrap, empty_network=network, landlock=landlock, filters=filters, root=root)
    yield from (MAC, WINDOWS)


def policies():
    for wish, network, nested, writable in product(
        ("auto", "require", "off"), ("open", "proxy", "none"), (False, True), (False, True)
    ):
        yield policy(wish=wish, network=network, nested=nested, writable=writable, limits=Limits(cpu=1))


def test_whatever_is_weaker_than_asked_for_is_said_or_refused():
    for machine, each in product(machines(), policies()):
        try:
            level, notes = choose(each, machine)
        except SandboxError:
            assert each.wish == "require"
            continue
        text = " ".join(notes)
        assert all(note.endswith(".") and note[0].isalpha() for note in notes)
        if each.wish == "require":
            assert level in {"bubblewrap", "landlock"}
        if each.wish != "off" and level != "bubblewrap":
            assert "bubblewrap is not used" in text
        if each.wish != "off" and level not in {"bubblewrap", "landlock"}:
            assert "Files are not confined" in text
        if each.network == "proxy" and level != "bubblewrap":
            assert "network" in text
        if each.network == "none" and (level == "environment" or not machine.filters) and level != "bubblewrap":
            assert "The network is not confined" in text
        if level == "environment" or (level == "group" and not machine.confines):
            assert "limits are not applied" in text
        if level == "landlock" and each.writable:
            assert ".git" in text


def test_an_inner_bubblewrap_works_but_for_root():
    assert inner_bubblewrap_works(Machine())
    assert not inner_bubblewrap_works(Machine(root=True))
