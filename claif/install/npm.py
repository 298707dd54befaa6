"""Installing one package by npm, into a folder of ours: its fingerprint is in a lock file, its scripts are not run."""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio
from attrs import frozen

from ..children import Ended, run_child
from ..config.redact import redact
from ..errors import ClaifError, PermissionError
from .failures import Unavailable

if TYPE_CHECKING:
    from .nodes import Node

TIMEOUT = 3600.0
"""Seconds that npm may take in all."""
SILENCE = 330.0
"""Seconds in which something must be written; npm itself waits 300 s for a server."""
LOOK_AGAIN = 0.25
"""Seconds between two looks at what npm has written so far."""
FLAGS = (
    "--ignore-scripts",
    "--omit=optional",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--no-progress",
    "--json",
    "--loglevel=error",
    # Against what the user's own settings of npm may say:
    "--global=false",
    "--dry-run=false",
    "--package-lock=true",
    "--package-lock-only=false",
    "--bin-links=false",
    "--install-strategy=hoisted",
)
PLACE = "node_modules/agent"
"""Where the package comes to be: its name in our folder is always `agent`."""
_LOCK = "node_modules/.package-lock.json"

_ABSENT = {"E404", "ETARGET", "ENOVERSIONS"}
_REFUSED = {"E401", "E403", "ENEEDAUTH"}
_FORBIDDEN = {"EACCES", "EPERM", "EROFS"}
_FULL = {"ENOSPC", "EDQUOT"}


@frozen(kw_only=True)
class Request:
    """What npm is to install.

    Args:
        name: the package in npm's registry.
        version: its exact version.
        integrity: its fingerprint; `None` believes what the registry says.
    """

    name: str
    version: str
    integrity: str | None

    @property
    def source(self) -> str:
        """The package and its version."""
        return f"{self.name}@{self.version}"


async def install_by_npm(
    node: Node,
    request: Request,
    folder: Path,
    environ: Mapping[str, str],
    *,
    offline: bool = False,
    tell: Callable[[int], None] = lambda _bytes: None,
) -> str:
    """Install a package.

    All of npm's own settings hold: registry, proxy, certificates, tokens, cache. That is why it gets the whole
    environment, which its settings may refer to.

    Args:
        node: a Node.js with npm.
        request: what is wanted.
        folder: an empty folder.
        environ: npm's variables.
        offline: take it from npm's cache, or not at all.
        tell: told now and then how many bytes are there.

    Returns:
        The fingerprint of what was installed.

    Raises:
        Unavailable: npm cannot get it.
        PermissionError: npm may not write its cache.
        OSError: the disk is full.
    """
    assert node.npm is not None, "a Node.js without npm"  # noqa: S101 - the caller has asked will_do
    _prepare(folder, request)
    verb = "install" if request.integrity is None else "ci"
    command = [str(node.program), str(node.npm), verb, *FLAGS, *(["--offline"] if offline else [])]
    ended: Ended | None = None
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_watch, folder, tell, nursery.cancel_scope)
        ended = await run_child(command, timeout=TIMEOUT, environ=environ, folder=folder)
        nursery.cancel_scope.cancel()
    if ended is None or ended.code is None:
        raise Unavailable(f"npm gave no sign of life for {SILENCE:g} s while it fetched {request.source}.")
    if ended.code != 0:
        raise _failure(ended, request)
    try:
        lock = json.loads((folder / _LOCK).read_bytes())
        integrity = lock["packages"][PLACE]["integrity"]
    except (OSError, ValueError, KeyError, TypeError):
        integrity = None
    if not isinstance(integrity, str) or integrity != (request.integrity or integrity):
        raise Unavailable(f"npm does not say that it has installed {request.source} with the right fingerprint.")
    return integrity


def _prepare(folder: Path, request: Request) -> None:
    head: dict[str, Any] = {"name": "claif-programs", "private": True}
    root = {"name": "claif-programs", "dependencies": {"agent": f"npm:{request.source}"}}
    (folder / "package.json").write_text(json.dumps(head | root), encoding="utf-8")
    if request.integrity is not None:
        package = {"name": request.name, "version": request.version, "integrity": request.integrity}
        lock = head | {"lockfileVersion": 3, "requires": True, "packages": {"": root, PLACE: package}}
        (folder / "package-lock.json").write_text(json.dumps(lock), encoding="utf-8")


async def _watch(folder: Path, tell: Callable[[int], None], scope: trio.CancelScope) -> None:
    """Tell how much is there, and end everything when nothing more comes."""
    most, since = -1, trio.current_time()
    while trio.current_time() - since < SILENCE:
        size = folder_size(folder)
        if size != most:
            most, since = size, trio.current_time()
            tell(size)
        await trio.sleep(LOOK_AGAIN)
    scope.cancel()


def folder_size(folder: Path) -> int:
    """Bytes of all files in a folder; those that come or go meanwhile count as they like."""
    size = 0
    for place, _, files in os.walk(folder):
        for name in files:
            try:
                size += os.lstat(os.path.join(place, name)).st_size
            except OSError:
                continue
    return size


def _failure(ended: Ended, request: Request) -> ClaifError | OSError:
    code, summary = _reason(ended)
    if code in _FULL:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if code in _FORBIDDEN:
        return PermissionError(
            f"npm may not write where it has to: {summary}",
            hint="Mostly it is npm's cache, which another user wrote to; `npm config get cache` says where it is.",
        )
    return Unavailable(_sentence(code, summary, request.source))


def _sentence(code: str, summary: str, source: str) -> str:
    if code == "EINTEGRITY":
        return f"What npm's registry gives as {source} is not what Claif knows: its fingerprint is another."
    if code in _ABSENT:
        return f"npm's registry has no {source}."
    if code in _REFUSED:
        return f"npm's registry wants a login, or refuses the one that npm has: {summary}."
    if code == "ENOTCACHED":
        return f"CLAIF_OFFLINE is set, and {source} is not in npm's cache."
    return f"npm cannot install {source}: {summary}{f' ({code})' if code else ''}."


def _reason(ended: Ended) -> tuple[str, str]:
    """The code of npm's error, and its summary in one line; npm 7 writes its JSON to standard error."""
    text = ended.err.decode("utf-8", "replace")
    code, summary = "", ""
    try:
        error = json.loads(ended.out)["error"]
        code, summary = str(error.get("code") or ""), str(error.get("summary") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        if match := re.search(r"code \"?(E[A-Z0-9_]+)", text):
            code = match[1]
    lines = [line.strip() for line in (summary or text).splitlines() if line.strip()]
    return code, redact(lines[0] if lines else f"exit code {ended.code}")[:300].rstrip(".")
