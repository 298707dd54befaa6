"""Choosing a level: the strongest that the machine has and the policy allows, and what is weaker than wished."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...errors import SandboxError
from .levels import OLDEST_LANDLOCK
from .policy import Limits

if TYPE_CHECKING:
    from .levels import Available
    from .policy import Level, Policy


class Choice(NamedTuple):
    """The level that is used.

    Args:
        level: the level.
        notes: why it is no stronger one, and what of the policy it cannot keep; sentences.
    """

    level: Level
    notes: tuple[str, ...] = ()


def choose(policy: Policy, machine: Available) -> Choice:
    """The level for a policy on a machine.

    Raises:
        SandboxError: the policy requires confinement that the machine does not have.
    """
    if policy.wish == "off":
        return Choice("environment", tuple(_unconfined(policy)))
    notes: list[str] = []
    problem = _no_bubblewrap(policy, machine)
    if not problem:
        return Choice("bubblewrap")
    notes.append(f"bubblewrap is not used: {problem}.")
    problem = _no_landlock(policy, machine)
    if not problem and not (policy.wish == "require" and policy.network == "proxy"):
        return Choice("landlock", (*notes, *_weaker_than_bubblewrap(policy, machine)))
    notes.append(f"Landlock is not used: {problem or 'it knows ports and no hosts, so it cannot keep to the proxy'}.")
    if policy.wish == "require":
        raise SandboxError(
            f"The confinement that is required cannot be had here. {' '.join(notes)}",
            hint=machine.bubblewrap.remedy or SandboxError.default_hint,
        )
    notes.append("Files are not confined.")
    notes += _network(policy, machine) if machine.confines else _unconfined(policy)
    return Choice("group" if machine.groups else "environment", tuple(notes))


def inner_bubblewrap_works(machine: Available) -> bool:
    """Whether an agent's own bubblewrap works within ours, so that both can be on.

    As root it does not, for root without capabilities can map no users: then either ours or the agent's.
    """
    return not machine.root


def _no_bubblewrap(policy: Policy, machine: Available) -> str:
    if policy.nested and not inner_bubblewrap_works(machine):
        return "the agent confines its own tools with it, and as root one does not work within the other"
    return machine.bubblewrap.problem or (machine.empty_network.problem if policy.network != "open" else "")


def _no_landlock(policy: Policy, machine: Available) -> str:
    if policy.nested:
        return "the agent confines its own tools with namespaces, which Landlock forbids"
    if not machine.landlock:
        return "this system has none"
    if machine.landlock < OLDEST_LANDLOCK:
        return f"version {machine.landlock} lets files be emptied, it needs {OLDEST_LANDLOCK} (Linux 6.2)"
    if not machine.filters:
        return "system calls cannot be filtered on this processor"
    return ""


def _weaker_than_bubblewrap(policy: Policy, machine: Available) -> list[str]:
    notes = ["Other processes can be seen, and modes and times of the user's files be changed."]
    if policy.writable:
        notes.append("Governance files of the working directory (.git, .claude, …) can be changed, .env files be read.")
    if policy.governing:
        notes.append("The agent's own settings can be changed.")
    if machine.landlock < 6:  # noqa: PLR2004 - the version that brought scopes
        notes.append("Other processes of the user can be signalled.")
    return notes + _network(policy, machine)


def _network(policy: Policy, machine: Available) -> list[str]:
    if policy.network == "open":
        return []
    if not machine.filters:
        return ["The network is not confined: system calls cannot be filtered on this processor."]
    if policy.network == "proxy":
        return ["The network is confined to the proxy by its port at most, not by its host."]
    return []


def _unconfined(policy: Policy) -> list[str]:
    notes = [] if policy.network == "open" else ["The network is not confined."]
    if policy.limits != Limits():
        notes.append("Its limits are not applied.")
    return notes
