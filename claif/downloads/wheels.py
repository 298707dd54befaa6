"""Fetching a wheel: from the folders and indexes that pip is configured to use, without installing it."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

import trio
from attrs import frozen

from ..errors import ClaifError, InstallError, ProtocolError
from .index import ACCEPT, find_in_folder, find_link, local_path, shown
from .pip_settings import Sources, ask_pip
from .web import Web

if TYPE_CHECKING:
    from ..transport.http import HTTP
    from .folder import DownloadFolder

MAX_PAGE = 32 * 1024 * 1024
MAX_WHEEL = 2 * 1024**3
"""Bytes of a wheel whose size is not known beforehand."""

Progress = Callable[[str, int, int | None], None]
"""Takes what is done, the bytes done, and the bytes in all or `None`."""
T = TypeVar("T")


@frozen(kw_only=True)
class Wheel:
    """One file of a project on a package index.

    Args:
        project: the project, as indexes spell it.
        version: its version.
        file: name of the wheel.
        size: its size in bytes, if known.
        sha256: its fingerprint; `None` if what is taken out of it has one of its own.
    """

    project: str
    version: str
    file: str
    size: int | None = None
    sha256: str | None = None


def is_offline(environ: Mapping[str, str]) -> bool:
    """Whether `CLAIF_OFFLINE` forbids every download."""
    return environ.get("CLAIF_OFFLINE", "").lower() not in {"", "0", "false", "no"}


@frozen
class WheelFetcher:
    """Fetches wheels.

    Args:
        http: the connections to fetch with.
        folder: where the file is while it is not complete.
        progress: told how far it is.
        environ: the environment: `CLAIF_OFFLINE`, and what pip and uv read from it.
    """

    http: HTTP
    folder: DownloadFolder
    progress: Progress
    environ: Mapping[str, str]

    async def fetch(
        self, wheel: Wheel, take: Callable[[BinaryIO], Awaitable[T]], *, name: str, what: str, label: str, remedy: str
    ) -> T:
        """Find a wheel, and hand it over; where one place fails or has a wrong file, the next is looked at.

        Args:
            wheel: the file.
            take: gets it, open for reading, and may refuse it with an `InstallError`.
            name: its name in the folder; the caller holds the lock.
            what: what it is, as the beginning of an error.
            label: what is told as progress.
            remedy: what helps if it is not to be had.

        Returns:
            What `take` returned.

        Raises:
            InstallError: it is nowhere, or everywhere wrong.
            OSError: it cannot be written.
        """
        offline = is_offline(self.environ)
        sources = await self._sources(remedy)
        web = Web(self.http, sources)
        failures = ["CLAIF_OFFLINE is set"] if offline else []
        folders: list[str] = []
        for look in _places(sources, wheel.project):
            here = local_path(look) is not None
            if offline and not here:
                continue
            try:
                found = await self._find(web, look, wheel.file)
                if found is None:
                    (folders if here else failures).append(f"{shown(look)} has no {wheel.file}")
                elif (path := local_path(found)) is not None:
                    return await self.take_file(path, wheel, take)
                elif not offline:
                    with self.folder.temporary(name) as (file, _):
                        await self._download(web, found, wheel, file, label)
                        return await take(file)
            except (InstallError, ProtocolError) as error:
                failures.append(error.message.rstrip("."))
        why = "; ".join(failures or folders) or "pip looks nowhere"
        raise InstallError(f"{what} cannot be downloaded: {why}.", hint=remedy)

    async def take_file(self, path: Path, wheel: Wheel, take: Callable[[BinaryIO], Awaitable[T]]) -> T:
        """Hand over a wheel that is on this machine.

        Raises:
            InstallError: it is another file.
            OSError: it cannot be read.
        """
        with path.open("rb") as file:
            await _check(file, wheel, str(path))
            return await take(file)

    async def _sources(self, remedy: str) -> Sources:
        try:
            return await ask_pip(self.environ)
        except ClaifError as error:
            error.hint = f"{error.hint} Or: {remedy}"
            raise

    async def _find(self, web: Web, look: str, file: str) -> str | None:
        path = local_path(look)
        if path is not None:
            return find_in_folder(path, file)
        body = bytearray()

        def collect(chunk: bytes, _total: int | None) -> None:
            body.extend(chunk)
            if len(body) > MAX_PAGE:
                raise InstallError(f"{shown(look)} is larger than {MAX_PAGE // 2**20} MiB.")

        page = await web.fetch(look, collect, accept=ACCEPT)
        return find_link(bytes(body), page.content_type, page.url, file)

    async def _download(self, web: Web, url: str, wheel: Wheel, file: BinaryIO, label: str) -> None:
        limit = 2 * wheel.size if wheel.size else MAX_WHEEL
        done = 0

        def write(chunk: bytes, total: int | None) -> None:
            nonlocal done
            done += len(chunk)
            if done > limit:
                raise InstallError(f"{shown(url)} sends more than the wheel has.")
            file.write(chunk)
            self.progress(label, done, total or wheel.size)

        await web.fetch(url, write)
        await _check(file, wheel, shown(url))


async def _check(file: BinaryIO, wheel: Wheel, where: str) -> None:
    if wheel.sha256 is None:
        return
    file.seek(0)
    found = await trio.to_thread.run_sync(_fingerprint, file)
    if found != wheel.sha256:
        raise InstallError(
            f"{where} is not the file {wheel.file} that Claif knows: its fingerprint (sha256) is {found[:12]}… "
            f"and not {wheel.sha256[:12]}…."
        )


def _fingerprint(file: BinaryIO) -> str:
    # The stubs ask for a method that BinaryIO does not promise and every open file has.
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type] # every binary file can `readinto`


def _places(sources: Sources, project: str) -> list[str]:
    """Where to look, what is on this machine first."""
    indexes = [f"{index.rstrip('/')}/{project}/" for index in sources.indexes]
    return sorted([*sources.links, *indexes], key=lambda place: local_path(place) is None)
