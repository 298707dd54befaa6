"""Every way in which installing fails: what is told, and that nothing half done is ever found."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from attrs import evolve
from downloads.loopback import Index, UseSources

from claif.agents.programs import installed_program
from claif.api import DependencyError, InstallError, PermissionError
from claif.install import place as place_module
from install.support import (
    BY_NPM,
    FILE,
    MACHINE,
    THING,
    Bench,
    FakeNode,
    thing_wheel,
    version_of,
)


@pytest.mark.parametrize("kind", ["missing", "folder", "wrong"])
async def test_a_given_file_that_will_not_do_is_named_and_the_hint_tells_which_is_meant(
    kind: str, bench: Bench, tmp_path: Path
) -> None:
    source = tmp_path / "given.whl"
    if kind == "folder":
        source.mkdir()
    elif kind == "wrong":
        source.write_bytes(thing_wheel(b"#!/bin/sh\necho thing 6.6.6\n"))
    with pytest.raises(InstallError, match=r"given\.whl") as caught:
        await bench.install(source=source)
    assert f"claif install thing --from {FILE}" in (caught.value.hint or "")
    assert bench.names == []


async def test_a_node_that_cannot_be_had_is_an_error_that_says_what_it_is_for(bench: Bench) -> None:
    with pytest.raises(InstallError, match=r"The Thing needs Node\.js\. Node\.js cannot be installed\."):
        await bench.install(BY_NPM)
    assert bench.names == []


async def test_where_one_way_fails_the_next_is_gone_and_that_is_told(
    with_npm: Bench, node: FakeNode, index: Index, use_sources: UseSources
) -> None:
    node.tell(code="ECONNREFUSED", summary="request failed")
    use_sources(indexes=(f"{index.url}/simple",))
    record, _ = await with_npm.install()
    assert record.way == "wheel"
    assert any("request failed" in line and "Another way is tried" in line for line in with_npm.told)


async def test_where_all_ways_fail_the_error_says_why_of_each_and_what_helps(with_npm: Bench, node: FakeNode) -> None:
    node.tell(code="E404")
    with pytest.raises(InstallError) as caught:
        await with_npm.install()
    message = caught.value.message
    assert message.startswith("The Thing cannot be installed. npm's registry has no @them/thing@1.2.3-linux-x64.")
    assert "The wheel with The Thing cannot be downloaded: pip looks nowhere." in message
    assert "pip download --no-deps thing-bin==9.9" in (caught.value.hint or "")
    assert with_npm.names == []
    assert type(caught.value) is InstallError


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"code": "EINTEGRITY"}, "its fingerprint is another"),
        ({"code": "EINTEGRITY", "old": True}, "its fingerprint is another"),
        ({"code": "ETARGET"}, "npm's registry has no"),
        ({"code": "E401", "summary": "Unable to authenticate"}, "wants a login.*Unable to authenticate"),
        ({"code": "ENOTFOUND", "summary": "getaddrinfo ENOTFOUND x"}, r"getaddrinfo ENOTFOUND x \(ENOTFOUND\)"),
        ({"crash": True}, "Segmentation fault"),
        ({"integrity": "sha512-other"}, "right fingerprint"),
        ({"silent": True}, "right fingerprint"),
        ({"empty": True}, "does not have the program bin/thing"),
        ({"link": True}, "does not have the program bin/thing"),
        ({"gives": "1.2.4"}, r"says that it is 1\.2\.4, and not 1\.2\.3"),
        ({"body": "exit 3"}, "ended with exit code 3"),
        ({"body": "echo needs GLIBC_9 >&2; exit 1"}, "does not work here.*needs GLIBC_9"),
        ({"body": "kill -9 $$"}, "was killed by the signal SIGKILL"),
        ({"body": "echo hello"}, "does not tell its version"),
    ],
)
async def test_what_npm_does_wrong_is_told_and_leaves_nothing(
    settings: dict[str, object], reason: str, with_npm: Bench, node: FakeNode
) -> None:
    node.tell(**settings)
    with pytest.raises(InstallError, match=reason):
        await with_npm.install(BY_NPM)
    assert with_npm.names == []


async def test_an_installation_that_fails_leaves_the_old_one_as_it_was(with_npm: Bench, node: FakeNode) -> None:
    await with_npm.install()
    before = with_npm.names
    node.tell(gives="6.6.6")
    with pytest.raises(InstallError):
        await with_npm.install(BY_NPM, version="2.0.0")
    assert with_npm.names == before
    assert "1.2.3" in version_of(installed_program(with_npm.home, "thing"))


@pytest.mark.parametrize("code", ["ENOSPC", "EDQUOT"])
async def test_a_disk_that_is_full_for_npm_says_how_much_to_free(code: str, with_npm: Bench, node: FakeNode) -> None:
    node.tell(code=code)
    with pytest.raises(InstallError, match="no room for The Thing") as caught:
        await with_npm.install()
    assert "Free 2 MB" in (caught.value.hint or "")
    assert with_npm.names == []


async def test_a_disk_that_is_full_for_a_wheel_says_how_much_to_free(
    bench: Bench, index: Index, use_sources: UseSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_sources(indexes=(f"{index.url}/simple",))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("claif.install.wheels.unpack", full)
    with pytest.raises(InstallError, match="no room for The Thing"):
        await bench.install()
    assert bench.names == []


async def test_a_record_that_cannot_be_written_is_an_error_and_the_old_program_stays(
    with_npm: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await with_npm.install()

    def full(*_: object) -> None:
        raise place_module.ConfigurationError("The record cannot be written (No space left on device).")

    with monkeypatch.context() as patch:
        patch.setattr(place_module, "write_private", full)
        with pytest.raises(InstallError, match="No space left"):
            await with_npm.install(version="2.0.0")
    assert "1.2.3" in version_of(installed_program(with_npm.home, "thing"))
    await with_npm.install(version="2.0.1")
    assert len([name for name in with_npm.names if name.count("/") == 1 and "-" in name]) == 1


async def test_a_folder_that_others_can_write_in_is_not_used(with_npm: Bench, node: FakeNode) -> None:
    (with_npm.home / "programs").mkdir(parents=True)
    (with_npm.home / "programs").chmod(0o777)
    with pytest.raises(PermissionError, match="Others can write"):
        await with_npm.install()
    assert node.asked == []


async def test_a_home_that_cannot_be_written_is_a_matter_of_permissions(
    with_npm: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(PermissionError, match="Read-only file system") as caught:
        await with_npm.install()
    assert "CLAIF_HOME" in (caught.value.hint or "")


async def test_a_home_that_is_a_file_is_named(with_npm: Bench) -> None:
    with_npm.home.write_text("")
    with pytest.raises(InstallError, match="home"):
        await with_npm.install()


async def test_a_wheel_with_another_fingerprint_is_refused(bench: Bench, index: Index, use_sources: UseSources) -> None:
    index.offer("thing-bin", FILE, thing_wheel(b"#!/bin/sh\necho thing 1.2.3 and more\n"))
    use_sources(indexes=(f"{index.url}/simple",))
    with pytest.raises(InstallError, match=r"fingerprint \(sha256\) is"):
        await bench.install()
    assert bench.names == []


async def test_offline_npm_is_told_so_and_the_index_is_not_asked(
    with_npm: Bench, node: FakeNode, index: Index, use_sources: UseSources
) -> None:
    with_npm.environ["CLAIF_OFFLINE"] = "1"
    node.tell(code="ENOTCACHED")
    use_sources(indexes=(f"{index.url}/simple",))
    with pytest.raises(
        InstallError, match=r"CLAIF_OFFLINE is set, and @them/thing.* not in npm's cache.*CLAIF_OFFLINE is set"
    ):
        await with_npm.install()
    assert "--offline" in node.asked[0]["argv"]
    assert index.asked == []


async def test_on_a_machine_for_which_there_is_none_the_error_names_the_others(with_npm: Bench) -> None:
    with pytest.raises(DependencyError, match=r"for this machine \(linux-x64\); there is one for plan9-68k"):
        await with_npm.install(evolve(BY_NPM, npm={"plan9-68k": THING.npm[MACHINE]}))
