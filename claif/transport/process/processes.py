"""Processes: all children of a client, each owned by a task that outlives none of them."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from math import inf
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self

import trio

from ...config.secret import Secret
from ...errors import ClaifError, ClientClosedError, TimeoutError
from ...logs import logger
from ...system import LINUX, WINDOWS
from ..sandbox.prepare import prepared
from .child import DirectChild
from .environment import check_depth, child_environment
from .failures import check, spawn_failure
from .plain import start_plain
from .pool import Pool
from .process import Process
from .supervised import start_supervised

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from ..broker.client import Adopted, Broker
    from ..sandbox.policy import Policy
    from ..sandbox.prepare import Prepared
    from .child import Child
    from .command import Command
    from .pool_key import PoolKey

CLEANUP_TIMEOUT = 2.0
"""Seconds that we wait for what a child has left in its private folder to be removed."""
LEAVE_TIMEOUT = 3.0
"""Seconds in which idle processes are left to the broker."""
CLOSE_TIMEOUT = 16.0
"""Seconds within which all children are gone when a client is closed."""


class Processes:
    """All child processes of a client. Use it as an async context manager; it may be made outside of one.

    Args:
        home: Claif's own folder.
        nursery: where the tasks run that own the children; it ends after them.
        broker: keeps processes warm from one client to the next, and starts them; nobody does when `None`.
        made: what a child is made to.

    Attributes:
        pool: processes that are kept for the next query.
    """

    def __init__(
        self, home: Path, nursery: trio.Nursery, *, broker: Broker | None = None, made: type[Process] = Process
    ) -> None:
        self.pool = Pool(nursery, elsewhere=None if broker is None else self)
        self._home, self._nursery, self._broker, self._made = home, nursery, broker, made
        self._owners: set[trio.CancelScope] = set()
        self._nobody = trio.Event()
        self._closed = False

    async def start(
        self,
        command: Command,
        policy: Policy,
        *,
        start_timeout: float,
        inherited: Mapping[str, str] | None = None,
    ) -> Process:
        """Start a program.

        Args:
            command: what is run.
            policy: how it is confined.
            start_timeout: seconds until it must run, confined; what it then needs to be ready is not counted.
            inherited: the environment of whoever wants it, of which it gets the few variables that every program gets;
                ours when not given.

        Raises:
            ClientClosedError: the client is closed.
            DependencyError: it cannot be run.
            InvalidQueryError: its working directory is not there, or what it is told cannot be passed on.
            ProviderInitError: too many agents run below one another.
            SandboxError: it cannot be confined as the policy requires.
            TimeoutError: it takes too long.
        """
        if self._closed:
            raise ClientClosedError("The client is closed.")
        check(command)
        if not command.leaf:
            check_depth(os.environ)
        with trio.move_on_after(start_timeout):
            await _fetch_secrets(command)
            opening = self._prepared(command, policy, os.environ if inherited is None else inherited)
            if self._broker is not None:
                opening = _elsewhere(partial(self._broker.start, command, policy, timeout=start_timeout))
            process: Process = await self._nursery.start(self._own, command.program.name, opening)
            return process
        raise TimeoutError(
            f"The program {command.program.name} could not be started within {start_timeout:g} s.",
            hint="Give it more time with the setting start_timeout (seconds) of its provider.",
        )

    async def take(self, key: PoolKey) -> Adopted | None:
        """A process that another client has left to the broker, if one fits."""
        if self._broker is None or self._closed:
            return None
        try:
            found = await self._broker.take(key)
        except ClaifError as error:
            logger.warning("the broker has no process for us: {}", error)
            return None
        if found is not None:

            async def it() -> Process:
                return found.process

            await self._nursery.start(self._own, found.process.name, _elsewhere(it))
        return found

    async def _own(
        self,
        name: str,
        opening: AbstractAsyncContextManager[Process],
        *,
        task_status: trio.TaskStatus[Process] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Own a child from before it is there until nothing of it is left."""
        started = False
        with trio.CancelScope() as scope:
            self._owners.add(scope)
            if self._closed:
                scope.cancel()
            try:
                async with opening as process:
                    started = True
                    task_status.started(process)
                    if trio.current_effective_deadline() == -inf:
                        # Whoever wanted it has given up, and so nobody has spoken with it.
                        self._nursery.start_soon(process.kill)
                    await process.live()
            except Exception:
                if not started:
                    raise
                logger.exception("the end of {} was not clean", name)
            finally:
                self._owners.discard(scope)
                if not self._owners:
                    self._nobody.set()
        if not started:
            raise ClientClosedError("The client was closed while a program was started.")

    @asynccontextmanager
    async def _prepared(self, command: Command, policy: Policy, environ: Mapping[str, str]) -> AsyncIterator[Process]:
        """A running program, confined, with its private folder; what it leaves behind is removed."""
        run_id = uuid.uuid4().hex
        async with _private_folder() as tmp:
            environment = child_environment(environ, command.environment, run_id=run_id, tmp=tmp)
            async with prepared(command, policy, environment, self._nursery, home=self._home) as ready:
                try:
                    child = await _spawn(ready, command, run_id, tmp)
                except OSError as error:
                    raise spawn_failure(error.errno, command) from None
                finally:
                    ready.close_fds()
                yield self._made(
                    child, command.program.name, level=ready.level, notes=ready.notes, folder=self._spool_folder()
                )

    def _spool_folder(self) -> Path | None:
        return self._home if os.access(self._home, os.W_OK) else None

    async def leave(self) -> None:
        """Leave what waits in the pool to the broker, if there is one; also when cancelled."""
        if self._broker is not None and not self._closed:
            with trio.move_on_after(LEAVE_TIMEOUT, shield=True):
                await self.pool.leave()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()  # noqa: ASYNC102 - shielded and bounded itself

    async def aclose(self) -> None:
        """End all, at the same time; it takes 16 s at most, also when cancelled, and can be called again."""
        self._closed = True
        self.pool.close()
        self._nobody = trio.Event()
        for owner in self._owners:
            owner.cancel()
        with trio.move_on_after(CLOSE_TIMEOUT, shield=True):
            if self._owners:
                await self._nobody.wait()


@asynccontextmanager
async def _elsewhere(get: Callable[[], Awaitable[Process]]) -> AsyncIterator[Process]:
    """A process whose folder and confinement are somebody else's care."""
    yield await get()


async def _spawn(ready: Prepared, command: Command, run_id: str, tmp: str) -> Child:
    if ready.level == "bubblewrap":
        return DirectChild(ready.argv, ready.environment, command.directory, fds=ready.fds, namespaced=True)
    if LINUX and sys.executable:
        return await start_supervised(
            ready.argv, ready.environment, command.directory, ready.confine, run_id=run_id, tmp=tmp
        )
    if WINDOWS:
        return await start_plain(ready.argv, ready.environment, command.directory)
    return DirectChild(ready.argv, ready.environment, command.directory, fds=ready.fds)


@asynccontextmanager
async def _private_folder() -> AsyncIterator[str]:
    """A folder for temporary files, for this user alone; a large one is removed in a thread that nobody waits for."""
    folder = TemporaryDirectory(prefix="claif-", ignore_cleanup_errors=True)
    try:
        yield folder.name
    finally:
        with trio.move_on_after(CLEANUP_TIMEOUT, shield=True):
            await trio.to_thread.run_sync(folder.cleanup, abandon_on_cancel=True)


async def _fetch_secrets(command: Command) -> None:
    for value in command.environment.values():
        if isinstance(value, Secret) and value.pending:
            await trio.to_thread.run_sync(value.fetch, trio.from_thread.check_cancelled)
