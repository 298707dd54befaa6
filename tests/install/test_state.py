"""What is known about each program on this machine."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve

from claif.api import Config
from claif.install.login import Login
from claif.install.state import State, look
from install.support import BY_NPM, MACHINE, THING, Bench, FakeNode


def put(path: Path, script: str = "echo thing 4.5.6") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


async def state(bench: Bench, program=THING, machine: str = MACHINE, **table: object) -> State:
    config = Config(home=bench.home, providers={"thing": table} if table else {})
    (found,) = await look([program], config, bench.environ, machine=machine, user=bench.home)
    return found


async def test_what_is_nowhere_can_be_installed(bench: Bench) -> None:
    found = await state(bench)
    assert (found.by, found.version, found.path, found.problem, found.login) == ("", "", None, "", Login())
    assert found.way is not None
    assert (found.way.kind, found.way.version) == ("wheel", "1.2.3")


async def test_what_is_on_path_is_asked_for_its_version(bench: Bench, tmp_path: Path) -> None:
    path = put(tmp_path / "empty" / "thing")
    found = await state(bench)
    assert (found.by, found.version, found.path) == ("path", "4.5.6", path)
    assert found.way is not None


async def test_claifs_own_comes_before_path_and_is_as_it_should_be(with_npm: Bench, tmp_path: Path) -> None:
    put(tmp_path / "empty" / "thing")
    record, _ = await with_npm.install()
    found = await state(with_npm)
    assert (found.by, found.version) == ("claif", record.version)
    assert found.way is None


async def test_an_old_one_of_claifs_own_can_be_installed_anew(with_npm: Bench) -> None:
    await with_npm.install(version="1.0.0")
    found = await state(with_npm)
    assert (found.by, found.version) == ("claif", "1.0.0")
    assert found.way is not None
    assert found.way.version == "1.2.3"


async def test_the_configured_one_comes_before_all_others(with_npm: Bench, tmp_path: Path) -> None:
    await with_npm.install()
    mine = put(tmp_path / "mine" / "thing")
    found = await state(with_npm, path=str(mine))
    assert (found.by, found.version, found.path) == ("configuration", "4.5.6", mine)
    found = await state(with_npm, path=str(tmp_path / "nothing"))
    assert found.by == "configuration"
    assert "does not exist" in found.problem


async def test_one_that_does_not_tell_its_version_is_broken(bench: Bench, tmp_path: Path) -> None:
    put(tmp_path / "empty" / "thing", "exit 9")
    found = await state(bench)
    assert (found.by, found.version) == ("path", "")
    assert "exit code 9" in found.problem


async def test_a_key_in_claifs_configuration_is_a_login_and_is_not_shown(bench: Bench) -> None:
    found = await state(bench, api_key="canary-key")
    assert found.login == Login("key", "providers.thing.api_key")
    assert "canary" not in repr(found)


async def test_where_it_cannot_be_installed_the_obstacle_is_told(bench: Bench) -> None:
    found = await state(bench, evolve(BY_NPM, npm={}), machine="plan9-68k")
    assert found.way is None
    assert "plan9-68k" in found.obstacle


async def test_a_node_on_path_is_seen(with_npm: Bench, node: FakeNode) -> None:
    found = await state(with_npm)
    assert found.way is not None
    assert found.way.kind == "npm"
    assert node.asked == []
