"""The base of agent providers: from a query to a process, one turn in it, and the process kept warm or ended."""

from __future__ import annotations

import os
from abc import abstractmethod
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import trio
from attrs import evolve, frozen

from ..config.loader import claif_home
from ..errors import DependencyError, InvalidQueryError, TimeoutError
from ..models import Notice, PermissionDecided, PermissionMode, Started
from ..pipeline.watchdog import current_watch, unwatched
from ..provider import Context, Provider, ProviderStatus
from ..transport.base_url import parse_base_url
from .confinement import limits_of
from .programs import agent_program
from .scripts import script_interpreter
from .settings import AgentSettings

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping
    from contextlib import AbstractAsyncContextManager

    from ..config.secret import Secret
    from ..finding import Finding
    from ..models import Decision, PermissionRequest, Query
    from ..pipeline.types import Emit
    from ..transport.base_url import BaseURL
    from ..transport.process.command import Command
    from ..transport.process.lease import Lease
    from ..transport.process.pool_key import PoolKey
    from ..transport.process.process import Process
    from ..transport.sandbox.policy import Policy


@frozen(kw_only=True)
class Job:
    """A query as an agent gets it.

    Args:
        query: what is asked.
        mode: what the agent may do.
        command: the program and its arguments.
        policy: how it is confined.
        open: what else the process is bound to, so that it serves only queries with the same.
    """

    query: Query
    mode: PermissionMode
    command: Command
    policy: Policy
    open: Hashable = None

    @property
    def directory(self) -> Path:
        """Where it works, absolute."""
        return self.policy.directory


class Driver(Protocol):
    """Speaks an agent's protocol with one process."""

    process: Process

    async def open(self) -> None:
        """Greet it; bounded by the settings' `start_timeout`."""

    async def healthy(self) -> bool:
        """Whether it can take another turn; quickly."""

    async def turn(self, job: Job, emit: Emit) -> bool:
        """One query, in a conversation of its own unless the query names one; returns whether the process can go on.

        Raises:
            ClaifError: the agent failed; the process is ended.
        """

    async def renew(self) -> bool:
        """After a turn: begin anew, so that the next one knows nothing of it; whether that worked.

        With `resumable` and `begin_renewal` too, see `Resumable`, another driver can finish it after `go_on`.
        """

    async def interrupt(self) -> bool:
        """Have it stop what it does; bounded by the caller. Whether it can take another turn."""

    def state(self) -> Mapping[str, Any]:
        """What another driver must know, as JSON, to go on with the process after `renew`."""

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Go on where another driver was, instead of `open`.

        Raises:
            KeyError, TypeError, ValueError: its state is not to be understood.
        """


_UNCONFINED = frozenset({"group", "environment"})
"""Levels that have no rules for files."""


class AgentProvider(Provider):
    """Answers by an agent's command line; subclasses say which command and bring the driver."""

    Settings = AgentSettings
    settings: AgentSettings
    agent: ClassVar[str] = ""
    """The agent, as `claif install` knows it."""
    login: ClassVar[str] = ""
    """What to do for a login."""
    hosts: ClassVar[frozenset[str]] = frozenset()
    """What the agent must reach where the network leads through the sandbox's proxy."""
    governing: ClassVar[tuple[str, ...]] = ()
    """What in its home decides what it does for anybody later, so that its tools may not change it."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.settings = context.settings
        self._keys: set[PoolKey] = set()

    async def disconnect(self) -> None:
        """End the processes that are kept for the next query."""
        for key in self._keys:
            self.context.processes.pool.forget(key)

    @classmethod
    def status(cls, name: str, settings: AgentSettings) -> ProviderStatus:
        """Whether the program is here, and whether it seems to be logged in; nothing is run."""
        try:
            script_interpreter(cls.find_program(name, settings, claif_home()), claif_home(), os.environ)
        except DependencyError as error:
            return ProviderStatus("not installed", error.message, error.hint or "")
        if settings.api_key is None and (login := cls.missing_login(name, settings)):
            return ProviderStatus("no key", "it is not logged in", f"{login}, or set providers.{name}.api_key.")
        return ProviderStatus()

    @classmethod
    def diagnose(cls, name: str, settings: AgentSettings, home: Path, *, deep: bool = False) -> Iterable[Finding]:  # noqa: ARG003 - there is nothing deep
        """Which program it is, and of which version."""
        from .diagnosis import check_program

        try:
            program = cls.find_program(name, settings, home)
            interpreter = script_interpreter(program, home, os.environ)
        except DependencyError:
            return ()  # its state tells
        return (check_program(program, interpreter, os.environ),)

    @classmethod
    def find_program(cls, name: str, settings: AgentSettings, home: Path) -> Path:  # noqa: ARG003 - subclasses use it
        """The agent's program: the configured one, Claif's own installation, or the first on PATH.

        Args:
            name: the name under which the user configured it.
            settings: its settings.
            home: Claif's own folder.

        Raises:
            DependencyError: it is not installed.
        """
        return agent_program(cls.agent, configured=settings.path, home=home, environ=os.environ)

    @classmethod
    def missing_login(cls, name: str, settings: AgentSettings) -> str:  # noqa: ARG003 - subclasses use them
        """What to do for a login; empty if the user's own seems to be there."""
        return "" if cls.logged_in(os.environ) else cls.login

    @classmethod
    def logged_in(cls, environ: Mapping[str, str]) -> bool:  # noqa: ARG003 - subclasses use it
        """Whether the user's own login seems to be there, as far as files and variables tell."""
        return True

    @abstractmethod
    def job(self, query: Query) -> Job:
        """What is run for a query; `base_policy` has the policy that the configuration asks for.

        Raises:
            ClaifError: the program is not installed, or the query cannot be asked of it.
        """

    @abstractmethod
    def driver(self, process: Process, job: Job) -> Driver:
        """What speaks with a process that has been started for `job`."""

    async def query(self, query: Query, emit: Emit) -> None:
        """Answer by a warm process if there is one that fits, else by a new one."""
        if query.worktree:
            from .in_worktree import in_worktree

            await in_worktree(self, query, emit)
            return
        job = self.job(query)
        async with self._lease(job) as lease:
            process = lease.value.process
            with process.watched():
                if await lease.value.turn(job, _with_sandbox(emit, process, job.policy)):
                    lease.keep(self.settings.warm)

    async def query_once(self, job: Job, emit: Emit) -> None:
        """Answer by a process that has ended, with all that it has started, when this returns or raises."""
        async with self._lease(job) as lease:
            process = lease.value.process
            try:
                with process.watched():
                    await lease.value.turn(job, _with_sandbox(emit, process, job.policy))
            finally:
                await process.kill()  # noqa: ASYNC102 - shielded and bounded itself

    def prewarm(self, query: Query) -> None:
        """Start a process for such a query ahead, in the background, unless one waits already.

        Raises:
            ClaifError: such a query cannot be asked here.
        """
        job = self.job(query)
        if self.settings.warm > 0 and not query.worktree:  # the checkout of that comes with the query
            self.context.processes.pool.prewarm(self._key(job), partial(self._start, job), self.settings.warm)

    def _lease(self, job: Job) -> AbstractAsyncContextManager[Lease[Driver]]:
        return self.context.processes.pool.lease(self._key(job), partial(self._start, job), partial(self._adopt, job))

    def _key(self, job: Job) -> PoolKey:
        from ..transport.process.pool_key import command_key

        key = command_key(self.context.name, job.command, job.policy, job.open, self.settings.mcp_servers)
        self._keys.add(key)
        return key

    def agent_command(
        self, arguments: Iterable[str], environment: Mapping[str, str | Secret], directory: Path
    ) -> Command:
        """How the agent's program is run, by what runs it if it is a script.

        Raises:
            DependencyError: it is not installed, or there is no Node.js for it.
        """
        from ..transport.process.command import Command

        home = self.context.home
        program = self.find_program(self.context.name, self.settings, home)
        return Command(
            program=program,
            interpreter=script_interpreter(program, home, os.environ),
            arguments=arguments,
            environment=environment,
            directory=directory,
        )

    def agent_home(self, users: Path | None) -> Path:
        """The agent's home, made if need be: the user's, where its login is, or else one of its own in Claif's."""
        # No folder can have the colon of a name such as `acp:goose` everywhere.
        home = users or self.context.home / "agents" / self.context.name.replace(":", "-")
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        return home

    async def decide(self, job: Job, request: PermissionRequest, emit: Emit) -> Decision:
        """Have a request decided, and tell so in the answer."""
        folders = tuple([str(folder) for folder in job.policy.more])
        request = evolve(request, provider=self.context.name, directory=str(job.directory), add_dirs=folders)
        decision = await self.context.approve(request, job.query, job.mode)
        await emit(PermissionDecided(request, decision))
        return decision

    def base_policy(self, query: Query, *, home: Path | None = None, nested: bool = False) -> Policy:
        """The policy for a query.

        Args:
            query: it may say its own permission, directory, further folders and sandbox.
            home: the agent's own, which it writes, except for what governs there.
            nested: whether it confines its own tools with bubblewrap.

        Raises:
            InvalidQueryError: there is no such directory or folder, or no such sandbox level.
        """
        from ..transport.sandbox.policy import Policy

        table = self.context.sandbox
        directory = self.workplace(query)
        wish = query.sandbox or table.level
        if wish not in ("auto", "require", "off"):
            raise InvalidQueryError(f"There is no sandbox level {wish!r}.", hint="There are auto, require and off.")
        mode = self.settings.mode(query.permission)
        return Policy(
            wish=wish,  # type: ignore[arg-type] # checked above
            directory=directory,
            writable=mode is not PermissionMode.PLAN,
            state=() if home is None else (home,),
            more=[_add_dir(folder) for folder in query.add_dirs],
            governing=() if home is None else [home / name for name in self.governing],
            network=table.network,  # type: ignore[arg-type] # the configuration has checked it
            hosts=self.hosts | self._endpoint(),
            nested=nested,
            limits=limits_of(table),
        )

    def workplace(self, query: Query) -> Path:
        """The absolute directory in which a query works.

        Raises:
            InvalidQueryError: it does not exist.
        """
        directory = self.settings.workplace(query.directory)
        if not directory.is_dir():
            raise InvalidQueryError(
                f"The working directory {directory} does not exist.", hint="Name another one with --directory."
            )
        return directory

    def base_url(self) -> BaseURL | None:
        """The configured address of the agent's model; the agent's own when `None`.

        Raises:
            InvalidConfigError: it is not allowed; see `parse_base_url`.
        """
        if self.settings.base_url is None:
            return None
        return parse_base_url(self.settings.base_url, allow_http=self.settings.allow_http)

    def _endpoint(self) -> frozenset[str]:
        """The host of the configured endpoint, for where the network leads through the sandbox's proxy."""
        url = self.base_url()
        if url is None:
            return frozenset()
        return frozenset((f"[{url.host}]:{url.port}" if ":" in url.host else f"{url.host}:{url.port}",))

    def _adopt(self, job: Job, process: Process, state: Mapping[str, Any]) -> Driver:
        driver = self.driver(process, job)
        driver.go_on(state)
        return driver

    async def _start(self, job: Job) -> Driver:
        seconds = self.settings.start_timeout
        with unwatched():
            process = await self.context.processes.start(job.command, job.policy, start_timeout=seconds)
            try:
                driver = self.driver(process, job)
                with trio.move_on_after(seconds) as limit:
                    await driver.open()
            except BaseException:
                await process.kill()  # noqa: ASYNC102 - shielded and bounded itself
                raise
            if limit.cancelled_caught:
                await process.kill()
                raise TimeoutError(
                    f"{self.context.name} was not ready within {seconds:g} s.",
                    hint="Give it more time with the setting start_timeout (seconds) of its provider.",
                )
        return driver


def _add_dir(folder: str) -> Path:
    path = Path(folder).expanduser().absolute()
    if not path.is_dir():
        raise InvalidQueryError(f"The folder {path} does not exist.", hint="Name another one with --add-dir.")
    return path


def _with_sandbox(emit: Emit, process: Process, policy: Policy) -> Emit:
    """Tell what confines the agent; and if that is less than wished, why."""

    async def start(event: Started) -> None:
        await emit(evolve(event, sandbox=process.level))
        if policy.wish == "auto" and process.level in _UNCONFINED:
            why = " ".join(process.notes)
            await emit(Notice("sandbox", f"No sandbox confines {event.provider}, see `claif doctor`. {why}".rstrip()))
        if (watch := current_watch.get()) is not None:
            watch.await_answer()

    # No coroutine of its own for what passes as it is.
    return lambda event: start(event) if isinstance(event, Started) else emit(event)
