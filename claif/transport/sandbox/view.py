"""Views: a confined child's folders as it sees them, for what Claif reads or writes in its name.

1. A path must lie below the working directory or one of the further folders of the policy, links followed.
2. What the layout hides from the child, or shows it read-only, is so here too; and so are `.env` files that came later.
3. What decides what programs do later (`.git`, `.claude`, …) is read and never written.
4. From that folder on, every folder is opened below the one before and no link is followed, so that nobody
   can swap one between the look and the use. Only regular files count, and a written one takes the old one's place.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import SandboxError
from ...permission import GOVERNING
from ...system import flags
from ..process.environment import minimal
from .hidden import is_environment_file
from .layout import Wanted, lay_out
from .mounts import Kind, seen
from .paths import real_path

if TYPE_CHECKING:
    from .policy import Policy

NEW = 0o644
"""The mode of a file that was not there before."""

_FOLDER = flags("O_RDONLY", "O_DIRECTORY", "O_NOFOLLOW", "O_CLOEXEC")
_READ = flags("O_RDONLY", "O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK", "O_BINARY")
_CREATE = flags("O_WRONLY", "O_CREAT", "O_EXCL", "O_NOFOLLOW", "O_CLOEXEC", "O_BINARY")
_RELATIVE = os.open in os.supports_dir_fd
"""Whether files can be opened below an opened folder."""


class SandboxView:
    """What a child with a policy may read and write below its folders. Its methods wait for the disk.

    Args:
        policy: how the child is confined.
        home: Claif's own folder.

    Raises:
        SandboxError: the working directory cannot be used.
    """

    def __init__(self, policy: Policy, home: Path) -> None:
        layout = lay_out(Wanted(policy=policy, programs=(), environment=minimal(os.environ), home=home))
        self._roots, self._mounts = layout.folders, layout.mounts

    def read(self, path: str, most: int) -> bytes:
        """The content of a file.

        Args:
            path: absolute, or relative to the working directory.
            most: bytes that it may have.

        Raises:
            SandboxError: the child may not read it, or it is too large.
            OSError: it cannot be read.
        """
        root, parts = self._parts(path, writing=False)
        with self._folder(root, parts[:-1], make=False) as (folder, prefix):
            descriptor = os.open(f"{prefix}{parts[-1]}", _READ, dir_fd=folder)
            with _closing(descriptor):
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise _refused(path, "is no file")
                with os.fdopen(descriptor, "rb", closefd=False) as file:
                    data = file.read(most + 1)
        if len(data) > most:
            raise _refused(path, f"has more than {most} bytes")
        return data

    def write(self, path: str, data: bytes) -> None:
        """Write a whole file; folders above it are made, and the mode of an older one is kept.

        Args:
            path: absolute, or relative to the working directory.
            data: its new content.

        Raises:
            SandboxError: the child may not write it.
            OSError: it cannot be written.
        """
        root, parts = self._parts(path, writing=True)
        name, temporary = parts[-1], f".{os.urandom(8).hex()}.claif"
        with self._folder(root, parts[:-1], make=True) as (folder, prefix):
            mode = NEW
            with suppress(FileNotFoundError):
                status = os.stat(f"{prefix}{name}", dir_fd=folder, follow_symlinks=False)
                if not stat.S_ISREG(status.st_mode):
                    raise _refused(path, "is no file")
                mode = stat.S_IMODE(status.st_mode) & 0o777
            descriptor = os.open(f"{prefix}{temporary}", _CREATE, 0o600, dir_fd=folder)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                os.chmod(f"{prefix}{temporary}", mode, dir_fd=folder)
                os.replace(f"{prefix}{temporary}", f"{prefix}{name}", src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with suppress(OSError):
                    os.unlink(f"{prefix}{temporary}", dir_fd=folder)
                raise

    def _parts(self, path: str, *, writing: bool) -> tuple[Path, tuple[str, ...]]:
        """A folder and the parts of a path below it, if the child may use it so."""
        try:
            place = real_path(self._roots[0] / path, strict=False)
        except (OSError, ValueError):  # a loop of links, a NUL
            raise _refused(path, "cannot be looked at") from None
        roots = [root for root in self._roots if place != root and place.is_relative_to(root)]
        if not roots:
            raise _refused(path, "is not below the working directory")
        root = min(roots, key=lambda folder: len(folder.parts))
        mount = seen(place, self._mounts)
        kind = Kind.READ if mount is None else mount.kind
        if kind < Kind.READ or is_environment_file(place.name):
            raise _refused(path, "is hidden from it")
        parts = place.relative_to(root).parts
        if writing and (kind != Kind.WRITE or not GOVERNING.isdisjoint(map(str.casefold, parts))):
            raise _refused(path, "is read-only for it")
        return root, parts

    @contextmanager
    def _folder(self, root: Path, parts: tuple[str, ...], *, make: bool) -> Iterator[tuple[int | None, str]]:
        """A folder below one of ours, opened; and what stands before a name in it where none can be."""
        if not _RELATIVE:
            folder = root.joinpath(*parts)
            if make:
                folder.mkdir(parents=True, exist_ok=True)
            yield None, f"{folder}{os.sep}"
            return
        opened = os.open(root, _FOLDER)
        try:
            for part in parts:
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(part, dir_fd=opened)
                inner = os.open(part, _FOLDER, dir_fd=opened)
                os.close(opened)
                opened = inner
            yield opened, ""
        finally:
            os.close(opened)


@contextmanager
def _closing(descriptor: int) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(descriptor)


def _refused(path: str, why: str) -> SandboxError:
    return SandboxError(
        f"{path[:500]} {why}.",
        hint="Agents are served files below their working directory, and the folders of --add-dir, only.",
    )
