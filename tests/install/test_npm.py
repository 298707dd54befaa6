"""The real npm, with a registry on loopback: what it is told holds, whatever the user's settings of npm say."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest
import trio
from downloads.loopback import Index, environ_without_settings, holding
from needs import need

from claif.install.failures import Unavailable
from claif.install.nodes import Node, find_node
from claif.install.npm import PLACE, Request, folder_size, install_by_npm

pytestmark = pytest.mark.patience(120)
SCRIPT = b"#!/bin/sh\necho thing 1.2.3\n"


def tarball(script: bytes = SCRIPT, **package: Any) -> bytes:
    """A package as npm's registry has it."""
    buffer = io.BytesIO()
    about = {"name": "@them/thing", "version": "1.2.3-linux-x64", **package}
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data, mode in (("package.json", json.dumps(about).encode(), 0o644), ("bin/thing", script, 0o755)):
            info = tarfile.TarInfo(f"package/{name}")
            info.size, info.mode = len(data), mode
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def integrity(data: bytes) -> str:
    return f"sha512-{base64.b64encode(hashlib.sha512(data).digest()).decode()}"


def offer(index: Index, data: bytes, told: str | None = None, **package: Any) -> None:
    """A package where a registry has it.

    Args:
        index: the server.
        data: what is sent.
        told: the fingerprint that the registry tells.
        package: more of what it says of this version.
    """
    dist = {"tarball": f"{index.url}/thing.tgz", "integrity": told or integrity(data)}
    version = {"name": "@them/thing", "version": "1.2.3-linux-x64", "dist": dist, **package}
    page = {"name": "@them/thing", "dist-tags": {"latest": "1.2.3-linux-x64"}, "versions": {"1.2.3-linux-x64": version}}
    index.pages["/@them%2fthing"] = (200, {"content-type": "application/json"}, json.dumps(page).encode())
    index.file("/thing.tgz", data)


@pytest.fixture(scope="module")
def npm() -> Node:
    """The npm of this machine."""
    found = trio.run(find_node, os.environ)
    need(found is not None and found.npm, "npm")
    assert found is not None
    return found


@pytest.fixture
def environ(index: Index, tmp_path: Path) -> dict[str, str]:
    """npm's variables: another registry, and a home of its own."""
    settings = {"npm_config_registry": index.url, "npm_config_cache": str(tmp_path / "cache")}
    quick = {"npm_config_fetch_retries": "0", "npm_config_userconfig": str(tmp_path / ".npmrc")}
    return environ_without_settings() | {"HOME": str(tmp_path)} | settings | quick


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "here"
    path.mkdir()
    return path


def request_for(pinned: str | None) -> Request:
    return Request(name="@them/thing", version="1.2.3-linux-x64", integrity=pinned)


async def test_a_pinned_package_is_installed_under_our_own_name(
    npm: Node, index: Index, environ: dict[str, str], folder: Path
) -> None:
    data = tarball()
    offer(index, data)
    sizes: list[int] = []
    found = await install_by_npm(npm, request_for(integrity(data)), folder, environ, tell=sizes.append)
    assert found == integrity(data)
    assert (folder / PLACE / "bin" / "thing").read_bytes() == SCRIPT
    assert sizes == sorted(sizes)
    assert folder_size(folder) >= sizes[-1]


async def test_another_version_is_believed_as_the_registry_tells_it(
    npm: Node, index: Index, environ: dict[str, str], folder: Path
) -> None:
    data = tarball()
    offer(index, data)
    assert await install_by_npm(npm, request_for(None), folder, environ) == integrity(data)


@pytest.mark.parametrize("honest", [True, False], ids=["another package", "a lie of the registry"])
async def test_what_does_not_have_the_pinned_fingerprint_is_refused(
    honest: bool, npm: Node, index: Index, environ: dict[str, str], folder: Path
) -> None:
    pinned = integrity(tarball())
    offer(index, tarball(b"#!/bin/sh\necho evil\n"), told=None if honest else pinned)
    with pytest.raises(Unavailable, match="its fingerprint is another"):
        await install_by_npm(npm, request_for(pinned), folder, environ)
    assert not (folder / PLACE).exists()


async def test_what_the_registry_itself_says_wrong_is_refused_too(
    npm: Node, index: Index, environ: dict[str, str], folder: Path
) -> None:
    offer(index, tarball(), told=integrity(b"something else"))
    with pytest.raises(Unavailable, match="its fingerprint is another"):
        await install_by_npm(npm, request_for(None), folder, environ)


async def test_scripts_of_a_package_are_not_run(
    npm: Node, index: Index, environ: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    evil = dict.fromkeys(("preinstall", "install", "postinstall", "prepare"), f"touch {tmp_path}/evil")
    data = tarball(scripts=evil)
    offer(index, data, scripts=evil, hasInstallScript=True)
    (tmp_path / ".npmrc").write_text("ignore-scripts=false\n")
    await install_by_npm(npm, request_for(integrity(data)), folder, environ)
    assert (folder / PLACE / "bin" / "thing").exists()
    assert not (tmp_path / "evil").exists()


async def test_settings_that_would_lead_npm_elsewhere_do_not(
    npm: Node, index: Index, environ: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    data = tarball()
    offer(index, data)
    (tmp_path / ".npmrc").write_text(
        "global=true\nprefix=${HOME}/global\ndry-run=true\npackage-lock=false\ninstall-strategy=linked\nprogress=true\n"
    )
    await install_by_npm(npm, request_for(integrity(data)), folder, environ)
    assert (folder / PLACE / "bin" / "thing").is_file()
    assert not (folder / PLACE).is_symlink()
    assert not (tmp_path / "global").exists()


async def test_offline_nothing_is_asked_and_the_cache_serves(
    npm: Node, index: Index, environ: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    data = tarball()
    offer(index, data)
    with pytest.raises(Unavailable, match=r"CLAIF_OFFLINE is set, and @them/thing@.* is not in npm's cache"):
        await install_by_npm(npm, request_for(integrity(data)), folder, environ, offline=True)
    assert index.asked == []
    await install_by_npm(npm, request_for(integrity(data)), folder, environ)
    asked = len(index.asked)
    (tmp_path / "there").mkdir()
    await install_by_npm(npm, request_for(integrity(data)), tmp_path / "there", environ, offline=True)
    assert len(index.asked) == asked


async def test_a_package_that_is_not_there_is_told(
    npm: Node, index: Index, environ: dict[str, str], folder: Path
) -> None:
    with pytest.raises(Unavailable, match=r"npm's registry has no @them/thing@1\.2\.3-linux-x64"):
        await install_by_npm(npm, request_for(None), folder, environ)
    offer(index, tarball())
    with pytest.raises(Unavailable, match=r"npm's registry has no @them/thing@9\.9\.9"):
        await install_by_npm(npm, Request(name="@them/thing", version="9.9.9", integrity=None), folder, environ)


@pytest.mark.parametrize("status", [401, 403])
async def test_a_registry_that_wants_a_login_is_told(
    status: int, npm: Node, index: Index, environ: dict[str, str], folder: Path
) -> None:
    index.pages["/@them%2fthing"] = (status, {}, b"{}")
    with pytest.raises(Unavailable, match="wants a login"):
        await install_by_npm(npm, request_for(None), folder, environ)


async def test_a_registry_that_is_not_there_is_told_without_its_password(
    npm: Node, environ: dict[str, str], folder: Path
) -> None:
    environ["npm_config_registry"] = "http://ada:canary@127.0.0.1:1"
    with pytest.raises(Unavailable, match="ECONNREFUSED") as caught:
        await install_by_npm(npm, request_for(None), folder, environ)
    assert "canary" not in caught.value.message


async def test_a_cancelled_npm_is_gone_at_once(npm: Node, index: Index, environ: dict[str, str], folder: Path) -> None:
    data = tarball()
    offer(index, data)
    with holding(index, ".tgz") as (reached, _release):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(install_by_npm, npm, request_for(integrity(data)), folder, environ)
            assert await trio.to_thread.run_sync(reached.wait, 100)
            nursery.cancel_scope.cancel()
    # The test kit looks for processes that are left.
