"""Orders for a child that confines itself: everything around what is hidden, and nothing of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.transport.sandbox import order
from claif.transport.sandbox.mounts import Kind, Mount
from claif.transport.sandbox.order import around, files, order_for, running
from claif.transport.sandbox.policy import Limits, Policy


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a/x/1", "a/x/2", "a/y", "b/z", "c"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "link").symlink_to("a")
    return tmp_path.resolve()


def relative(tree: Path, found) -> set[str]:
    return {os.path.relpath(path, tree) for path in found}


def test_what_is_hidden_is_gone_around(tree):
    assert relative(tree, around(tree, set())) == {"."}
    assert relative(tree, around(tree, {tree / "a/x/1"})) == {"a/x/2", "a/y", "b", "c"}
    assert relative(tree, around(tree, {tree / "b", tree / "nowhere"})) == {"a", "c"}
    assert relative(tree, around(tree, {tree})) == set()


@given(st.sets(st.sampled_from(["a", "a/x", "a/x/1", "a/x/2", "a/y", "b", "b/z", "c", "nowhere/at/all"])))
def test_no_rule_reaches_what_is_hidden_and_all_else_is_reached(tmp_path_factory, names):
    tree = tmp_path_factory.mktemp("tree").resolve()
    leaves = ("a/x/1", "a/x/2", "a/y", "b/z", "c")
    for name in leaves:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).touch()
    hidden = {tree / name for name in names}
    rules = set(around(tree, hidden))
    for rule in rules:
        assert not any(rule.is_relative_to(path) or path.is_relative_to(rule) for path in hidden)
    for name in leaves:
        under = any((tree / name).is_relative_to(rule) for rule in rules)
        assert under != any((tree / name).is_relative_to(path) for path in hidden)


def test_files_that_may_be_written_are_rules_of_their_own_and_hide_nothing(tree):
    mounts = (
        Mount(tree / "a", Kind.WRITE),
        Mount(tree / "a/y", Kind.BLANK),
        Mount(tree / "b", Kind.READ),
        Mount(Path("/dev/claif"), Kind.READ, source=tree),
    )
    found = files(mounts)
    assert str(tree / "a") in found["write"]
    assert str(tree / "b") in found["read"]
    assert "/dev/null" in found["write"]
    assert not any(path.startswith(("/dev", "/run", "/tmp/")) and path != str(tree / "b") for path in found["read"])
    assert found["list"] == ["/"]


def policy(**more) -> Policy:
    return Policy(directory=Path("/work"), **more)


def test_limits_are_passed_on_and_those_of_processes_count_from_what_already_runs(monkeypatch):
    assert running() >= 1
    monkeypatch.setattr(order, "running", lambda: 300)
    limits = Limits(memory=2**30, cpu=5, processes=10, file_size=2**20)
    found = order_for("group", policy(limits=limits), root=False)["limits"]
    assert found == {"memory": 2**30, "cpu": 5, "processes": 310, "file_size": 2**20}
    assert order_for("group", policy(), root=False)["limits"] == {}


def test_only_landlock_has_rules_for_files_and_takes_the_rights_of_root():
    weak = order_for("group", policy(), root=True)
    assert set(weak) == {"limits", "calls"}
    strong = order_for("landlock", policy(), root=True, ports=[3128])
    assert (strong["drop"], strong["ports"]) == (True, [3128])
    assert "/usr" in strong["files"]["read"]
    assert order_for("landlock", policy(), root=False)["drop"] is False


def test_ports_hold_also_where_files_are_free():
    assert order_for("group", policy(network="proxy"), root=False, ports=[3128])["ports"] == [3128]


@pytest.mark.parametrize("level", ["group", "landlock"])
def test_each_network_has_its_filter(level):
    filters = {order_for(level, policy(network=network), root=False)["calls"] for network in ("open", "proxy", "none")}
    assert len(filters) == 3
