"""Which Node.js and npm are here."""

from __future__ import annotations

from pathlib import Path

import pytest

from claif.install.nodes import Node, find_node, look_at_node
from install.support import FakeNode


async def test_node_on_path_is_found_with_the_npm_that_belongs_to_it(node: FakeNode) -> None:
    found = await find_node({"PATH": node.path})
    assert found == Node(
        Path(node.path, "node"), "20.1.0", node.folder / "lib/node_modules/npm/bin/npm-cli.js", "10.2.0"
    )
    assert found.will_do(20)
    assert not found.will_do(21)


async def test_another_npm_on_path_comes_first_if_it_is_a_script_for_node(node: FakeNode, tmp_path: Path) -> None:
    newer = FakeNode(tmp_path / "newer").make(npm="11.0.0")
    (Path(node.path) / "npm").symlink_to(newer.folder / "lib/node_modules/npm/bin/npm-cli.js")
    (newer.folder / "lib/node_modules/npm/bin/npm-cli.js").chmod(0o755)
    found = await find_node({"PATH": node.path})
    assert found is not None
    assert found.npm_version == "11.0.0"
    (Path(node.path) / "npm").unlink()
    (Path(node.path) / "npm").write_text("#!/bin/sh\necho a wrapper\n")
    (Path(node.path) / "npm").chmod(0o755)
    found = await find_node({"PATH": node.path})
    assert found is not None
    assert found.npm_version == "10.2.0"


async def test_where_there_is_no_node_there_is_none(tmp_path: Path) -> None:
    assert await find_node({"PATH": str(tmp_path)}) is None


async def test_a_node_without_npm_will_not_do(tmp_path: Path) -> None:
    found = await find_node({"PATH": FakeNode(tmp_path / "n").make(npm=None).path})
    assert found is not None
    assert found.npm is None
    assert not found.will_do(1)


@pytest.mark.parametrize(
    ("version", "npm", "will_do"), [("18.0.0", "7.0.0", True), ("18.0.0", "6.14.0", False), ("17.9.1", "9.0.0", False)]
)
async def test_old_ones_will_not_do(version: str, npm: str, will_do: bool, tmp_path: Path) -> None:
    found = await find_node({"PATH": FakeNode(tmp_path / "n").make(version, npm).path})
    assert found is not None
    assert found.will_do(18) is will_do


@pytest.mark.parametrize(
    "script", ["exit 1", "echo '{}'", "echo '[1, 2]'", 'echo \'["20.0.0", "relative"]\'', "kill -9 $$", "echo nonsense"]
)
async def test_what_is_no_node_is_none(script: str, tmp_path: Path) -> None:
    program = tmp_path / "node"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    assert await find_node({"PATH": str(tmp_path)}) is None


async def test_a_node_that_cannot_be_started_is_none(tmp_path: Path) -> None:
    program = tmp_path / "node"
    program.write_bytes(b"\x7fELF nonsense")
    program.chmod(0o755)
    assert await look_at_node(program, {}) is None


async def test_attack_05_a_node_in_the_working_directory_is_not_used(
    node: FakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(node.path)
    assert await find_node({"PATH": f".:{node.path}"}) is None
