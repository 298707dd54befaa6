"""Checks of the sandbox: which confinement of agents works here, which does not and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..transport.sandbox.levels import Available
    from .machine import Machine

_ELSEWHERE = "Run agents that you do not trust in a container or a virtual machine."


def confinement(machine: Machine) -> Iterator[Finding]:
    """The levels of confinement, and the one that agents get by the configuration."""
    from ..transport.sandbox.levels import available

    here = available()
    if here.confines:
        yield from _bubblewrap(here)
        yield from _landlock(here)
    yield _configured(machine, here)


def _bubblewrap(here: Available) -> Iterator[Finding]:
    found, networks, limits = here.bubblewrap, here.empty_network, here.prlimit
    if found.path is None:
        yield Finding("bubblewrap", "warn", f"{found.problem}: agents are confined less.", found.remedy or _ELSEWHERE)
        return
    yield Finding("bubblewrap", "ok", str(found.path))
    if networks.path is None:
        what = f"It cannot close the network: {networks.problem}"
        yield Finding("network", "warn", what, networks.remedy or 'Leave sandbox.network at "open".')
    if limits.path is None:
        yield Finding("limits", "warn", f"Agents cannot be limited: {limits.problem}.", limits.remedy)
    if here.root:
        what = "as root, agents that insist on a bubblewrap of their own (codex exec) do not get Claif's too"
        yield Finding("root", "ok", what)


def _landlock(here: Available) -> Iterator[Finding]:
    from ..transport.sandbox.levels import OLDEST_LANDLOCK

    if here.landlock >= OLDEST_LANDLOCK and here.filters:
        yield Finding("Landlock", "ok", f"version {here.landlock}, for where bubblewrap does not work")
        return
    what = "this system has none" if not here.landlock else f"version {here.landlock} is too old"
    if here.landlock >= OLDEST_LANDLOCK:
        what = "system calls cannot be filtered on this processor"
    # Whoever has bubblewrap does not need it.
    needed = here.bubblewrap.path is None
    remedy = f"Upgrade to Linux 6.2 or later. {_ELSEWHERE}" if needed else ""
    yield Finding("Landlock", "warn" if needed else "ok", f"not used: {what}", remedy)


def _configured(machine: Machine, here: Available) -> Finding:
    """What an agent that brings no sandbox of its own gets in the current directory."""
    from ..agents.confinement import usual_confinement
    from ..errors import SandboxError

    table = machine.config().sandbox
    try:
        choice = usual_confinement(table)
    except SandboxError as error:
        return Finding("confinement", "fail", error.message, f"{error.hint}; or set sandbox.level to auto")
    wish = f"sandbox.level is {table.level}"
    if choice.level == "bubblewrap":
        return Finding("confinement", "ok", f"bubblewrap ({wish})")
    if table.level == "off":
        remedy = "Unless it is meant so: claif config set sandbox.level auto"
        return Finding("confinement", "warn", f"none, for {wish}: agents may do what you may", remedy)
    remedy = here.bubblewrap.remedy or _ELSEWHERE
    return Finding("confinement", "warn", f"{choice.level} ({wish}). {' '.join(choice.notes)}", remedy)
