"""Preparing: from a command and a policy to what is really started, at the best level there is."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio
from attrs import define, evolve, frozen

from ...errors import InvalidQueryError
from .calls import INET, INET6, NETLINK, UNIX, call_filter, processor
from .choose import choose
from .levels import available

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..process.command import Command
    from .layout import Layout
    from .mounts import Mount
    from .policy import Level, Policy

FIRST_WITH_PORTS = 4
"""The version of Landlock that knows ports."""


@define
class Prepared:
    """What is started.

    Args:
        argv: the program with its arguments.
        environment: all variables of the process.
        level: what confines it.
        notes: what is weaker than wished and why; sentences.
        fds: descriptors that the process must inherit, under the same numbers.
        confine: what the child does to itself between fork and exec, for `confine.confine`; `None` is nothing.
    """

    argv: list[str]
    environment: dict[str, str]
    level: Level
    notes: tuple[str, ...] = ()
    fds: tuple[int, ...] = ()
    confine: dict[str, Any] | None = None

    def close_fds(self) -> None:
        """Close our copies of `fds`; call it as soon as the process has been started, or could not be."""
        numbers, self.fds = self.fds, ()
        for number in numbers:
            os.close(number)


@asynccontextmanager
async def prepared(
    command: Command, policy: Policy, environment: Mapping[str, str], nursery: trio.Nursery, *, home: Path
) -> AsyncIterator[Prepared]:
    """What to start for a command; leave the block when all of the child's processes have ended.

    Args:
        command: the program and its arguments.
        policy: how it is confined.
        environment: all its variables, those of the command among them.
        nursery: where the proxy runs, if there is one; it lives no longer than this block.
        home: Claif's own folder, which is hidden from the child.

    Raises:
        SandboxError: the policy requires confinement that cannot be had.
        InvalidQueryError: an argument or variable has a NUL character.
    """
    argv = [*map(str, command.files), *command.arguments]
    if any("\0" in word for word in (*argv, *environment, *environment.values())):
        raise InvalidQueryError("An argument or variable of the command has a NUL character.")
    choice = await trio.to_thread.run_sync(choose, policy, available())
    plain = Prepared(argv, dict(environment), choice.level, choice.notes)
    async with AsyncExitStack() as stack:
        preparation = _Preparation(command=command, policy=policy, home=home, nursery=nursery, stack=stack)
        if choice.level == "bubblewrap":
            found = await preparation.under_bubblewrap(plain)
        elif choice.level == "environment":
            found = plain
        else:
            found = await preparation.confining_itself(plain)
        stack.callback(found.close_fds)
        yield found


@frozen(kw_only=True)
class _Preparation:
    """What is known of a child; `stack` gets what has to be undone after its end."""

    command: Command
    policy: Policy
    home: Path
    nursery: trio.Nursery
    stack: AsyncExitStack

    async def under_bubblewrap(self, plain: Prepared) -> Prepared:
        """The command under bubblewrap."""
        from .bubblewrap import limiting, wrapped
        from .programs import visible_path

        policy, machine, environment = self.policy, available(), plain.environment
        before, kept = limiting(policy.limits, machine.prlimit.path)
        notes = [*plain.notes, *self._forks()]
        if not kept:
            notes.append(f"Its limits are not applied: {machine.prlimit.problem}.")
        inside = [*before, *[str(visible_path(file)) for file in self.command.files], *self.command.arguments]
        programs, mounts = list(self.command.files), []
        if policy.network == "proxy":
            from . import ways

            python = await trio.to_thread.run_sync(ways.interpreter)
            programs.append(python)
            mounts.append(await ways.open_socket(policy.hosts, self.nursery, self.stack))
            environment = ways.pointing_to(ways.PORT, environment, policy.hosts)
            inside = ways.through_relay(python, inside)
        laid = await self._lay_out(programs, environment)
        mounts += laid.mounts
        notes += laid.notes
        for folder in laid.folders if policy.writable else ():
            mounts += await self._guard(folder, notes)
        calls = processor()
        argv, fds = wrapped(
            machine.bubblewrap.path or Path("bwrap"),
            mounts=mounts,
            command=inside,
            directory=self.command.directory,
            environment=environment,
            network=policy.network == "open",
            calls=None
            if calls is None
            else call_filter(calls, families=(UNIX, INET, INET6, NETLINK), namespaces=not machine.root),
            scratch=policy.limits.memory,
        )
        return Prepared(argv, {}, plain.level, tuple(notes), fds=fds)

    async def confining_itself(self, plain: Prepared) -> Prepared:
        """The command as it is, and what the child does to itself before it becomes it."""
        from .order import order_for

        policy, machine, environment = self.policy, available(), plain.environment
        notes, ports = [*plain.notes, *self._forks()], None
        mounts: tuple[Mount, ...] = ()
        if policy.network == "proxy":
            from . import ways

            port = await ways.open_port(policy.hosts, self.nursery, self.stack)
            environment = ways.pointing_to(port, environment, policy.hosts)
            ports = [port] if machine.landlock >= FIRST_WITH_PORTS else None
        if plain.level == "landlock":
            laid = await self._lay_out(list(self.command.files), environment)
            mounts = laid.mounts
            notes += laid.notes
        order = await trio.to_thread.run_sync(
            partial(order_for, plain.level, policy, mounts, root=machine.root, ports=ports)
        )
        return evolve(plain, environment=environment, notes=tuple(notes), confine=order)

    async def _lay_out(self, programs: list[Path], environment: Mapping[str, str]) -> Layout:
        from .layout import Wanted, lay_out

        wanted = Wanted(policy=self.policy, programs=tuple(programs), environment=environment, home=self.home)
        return await trio.to_thread.run_sync(lay_out, wanted)

    async def _guard(self, folder: Path, notes: list[str]) -> list[Mount]:
        from .guards import Guards

        guards = Guards(folder, self.home)
        self.stack.push_async_callback(_in_thread, guards.close)
        mounts = await trio.to_thread.run_sync(guards.mounts)
        notes += guards.notes
        return mounts

    def _forks(self) -> list[str]:
        if self.policy.limits.processes is None or not available().root:
            return []
        return ["The number of its processes is not limited, for the system does not limit those of root."]


async def _in_thread(undo: Callable[[], None]) -> None:
    """Undo something that may block for a moment, also when cancelled."""
    with trio.CancelScope(shield=True):
        await trio.to_thread.run_sync(undo)
