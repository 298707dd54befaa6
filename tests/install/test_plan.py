"""Which ways there are, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from claif.api import DependencyError
from claif.install.nodes import Node
from claif.install.plan import Way, ways
from install.support import BY_NPM, BY_WHEEL, MACHINE, THING, wheel_package

NODE = Node(Path("/usr/bin/node"), "20.1.0", Path("/usr/lib/npm-cli.js"), "10.0.0")
OLD = evolve(NODE, version="16.20.0")


def kinds(found: tuple[Way, ...]) -> list[str]:
    return [f"{'own node, ' if way.brings_node else ''}{way.kind} {way.version}" for way in found]


def test_npm_comes_first_where_it_is_then_the_wheel() -> None:
    assert kinds(ways(THING, MACHINE, NODE)) == ["npm 1.2.3", "wheel 1.2.3"]


@pytest.mark.parametrize("node", [None, OLD, evolve(NODE, npm=None, npm_version=""), evolve(NODE, npm_version="6.9.0")])
def test_without_a_node_that_will_do_the_wheel_comes_first_then_a_node_of_claifs_own(node: Node | None) -> None:
    assert kinds(ways(THING, MACHINE, node)) == ["wheel 1.2.3", "own node, npm 1.2.3"]


def test_another_version_comes_from_npm_only() -> None:
    assert kinds(ways(THING, MACHINE, NODE, version="2.0.0")) == ["npm 2.0.0"]
    assert kinds(ways(THING, MACHINE, None, version="2.0.0")) == ["own node, npm 2.0.0"]


def test_the_version_of_the_wheel_comes_from_the_wheel_whose_fingerprint_is_known() -> None:
    program = evolve(THING, wheels={MACHINE: wheel_package(version="1.1.0")})
    assert kinds(ways(program, MACHINE, NODE)) == ["npm 1.2.3", "wheel 1.1.0"]
    assert kinds(ways(program, MACHINE, NODE, version="1.1.0")) == ["wheel 1.1.0", "npm 1.1.0"]


def test_only_one_way_may_be_wished() -> None:
    assert kinds(ways(THING, MACHINE, NODE, only="wheel")) == ["wheel 1.2.3"]
    assert kinds(ways(THING, MACHINE, NODE, only="npm")) == ["npm 1.2.3"]
    assert kinds(ways(THING, MACHINE, None, only="npm")) == ["own node, npm 1.2.3"]


def test_the_source_names_package_and_version_or_the_file() -> None:
    npm, wheel = ways(THING, MACHINE, NODE)
    assert npm.source == "@them/thing@1.2.3-linux-x64"
    assert wheel.source == "thing_bin-9.9-py3-none-any.whl"


def test_without_a_wheel_the_one_who_wishes_it_learns_of_the_other_way() -> None:
    with pytest.raises(DependencyError, match="no wheel with The Thing for this machine") as caught:
        ways(BY_NPM, MACHINE, NODE, only="wheel")
    assert "--via=npm" in (caught.value.hint or "")
    with pytest.raises(DependencyError, match=r"no wheel with The Thing 2\.0\.0"):
        ways(THING, MACHINE, NODE, version="2.0.0", only="wheel")


@pytest.mark.parametrize(("node", "here"), [(None, "no Node.js"), (OLD, "Node.js 16.20.0 with npm 10.0.0")])
def test_where_only_node_would_help_the_error_says_which(node: Node | None, here: str) -> None:
    strange = evolve(BY_NPM, npm={"plan9-68k": THING.npm[MACHINE]})
    with pytest.raises(DependencyError) as caught:
        ways(strange, "plan9-68k", node)
    assert (
        caught.value.message
        == f"The Thing 1.2.3 needs Node.js 18 or later with npm 7 or later here, and there is {here}."
    )
    assert "claif install thing" in (caught.value.hint or "")


def test_for_a_machine_without_any_package_the_error_tells_the_others_and_how_to_use_ones_own() -> None:
    with pytest.raises(
        DependencyError, match=r"no The Thing for this machine \(aix-ppc\); there is one for linux-x64"
    ) as caught:
        ways(BY_WHEEL, "aix-ppc", NODE)
    assert "claif config set providers.thing.path" in (caught.value.hint or "")


@given(
    node=st.sampled_from([None, NODE, OLD]),
    version=st.sampled_from([None, "1.2.3", "2.0.0"]),
    only=st.sampled_from([None, "npm", "wheel"]),
    program=st.sampled_from([THING, BY_NPM, BY_WHEEL]),
    machine=st.sampled_from([MACHINE, "aix-ppc"]),
)
def test_there_is_a_way_that_keeps_to_what_was_wished_or_an_error_with_a_hint(
    node, version, only, program, machine
) -> None:
    found: tuple[Way, ...] = ()
    hint: str | None = ""
    try:
        found = ways(program, machine, node, version=version, only=only)
    except DependencyError as error:
        hint = error.hint
    assert bool(found) is not bool(hint)
    for way in found:
        assert only in {None, way.kind}
        assert version in {None, way.version}
        assert not (way.brings_node and node is NODE)
        assert not (way.kind == "wheel" and way.brings_node)
