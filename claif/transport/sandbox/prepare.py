"""Preparing: from a command and a policy to what is really started, at the best level there is."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio
from attrs import define

from ...errors import InvalidQueryError
from .calls import INET, INET6, NETLINK, UNIX, call_filter, processor
from .choose import choose
from .layout import lay_out
from .levels import available

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..process.command import Command
    from .bubblewrap import Wrapped
    from .choose import Choice
    from .levels import Available
    from .policy import Level, Policy


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
    _wrapped: Wrapped | None = None

    def close_fds(self) -> None:
        """Close our copies of `fds`; call it as soon as the process has been started, or could not be."""
        if self._wrapped is not None:
            self._wrapped.close()


@asynccontextmanager
async def prepared(
    command: Command,
    policy: Policy,
    environment: Mapping[str, str],
    nursery: trio.Nursery,
    *,
    home: Path,
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
    words = [str(command.program), *command.arguments, *environment, *environment.values()]
    if any("\0" in word for word in words):
        raise InvalidQueryError("An argument or variable of the command has a NUL character.")
    machine = available()
    choice = await trio.to_thread.run_sync(choose, policy, machine)
    with ExitStack() as stack:
        argv = [str(command.program), *command.arguments]
        found = Prepared(argv, dict(environment), choice.level, choice.notes)
        if choice.level == "bubblewrap":
            found = await trio.to_thread.run_sync(_under_bubblewrap, command, policy, found, machine, home, stack)
            stack.callback(found.close_fds)
        yield found


def _under_bubblewrap(
    command: Command, policy: Policy, plain: Prepared, machine: Available, home: Path, stack: ExitStack
) -> Prepared:
    from .bubblewrap import Wrapped, limiting
    from .programs import visible_path

    laid = lay_out(policy, [command.program], plain.environment, home, (), stack)
    notes = [*plain.notes, *laid.notes]
    before, kept = limiting(policy.limits, machine.prlimit.path)
    if not kept:
        notes.append(f"Its limits are not applied: {machine.prlimit.problem}.")
    if policy.limits.processes is not None and machine.root:
        notes.append("The number of its processes is not limited, for the system does not limit those of root.")
    calls = processor()
    wrapped = Wrapped(
        machine.bubblewrap.path or Path("bwrap"),
        mounts=laid.mounts,
        command=[*before, str(visible_path(command.program)), *command.arguments],
        directory=command.directory.resolve(),
        environment=plain.environment,
        network=policy.network == "open",
        calls=None if calls is None else call_filter(calls, families=(UNIX, INET, INET6, NETLINK)),
        scratch=policy.limits.memory,
    )
    return Prepared(
        wrapped.argv,
        {},
        plain.level,
        tuple(notes),
        fds=tuple(wrapped.descriptors),
        wrapped=wrapped,
    )
