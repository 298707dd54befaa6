"""Examining: all checks one after the other; one that fails itself is a finding like others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from ..finding import Finding
from . import configuration, folders, installation, interpreter, network, parts, sandbox, terminal
from .machine import Machine

Check = Callable[[Machine], Iterable[Finding]]

CHECKS: Sequence[tuple[str, Sequence[Check]]] = (
    ("Python", (interpreter.version, interpreter.path, interpreter.starters)),
    ("Claif", (installation.version, installation.dependencies, installation.program)),
    ("Files", (folders.permissions, folders.space)),
    ("Configuration", (configuration.problems, configuration.variables, configuration.keys, configuration.default)),
    ("Terminal", (terminal.encoding, terminal.terminal)),
    ("Network", (network.proxies, network.certificates)),
    ("Sandbox", (sandbox.confinement,)),
)
"""Heading -> what is checked under it, in this process; plugins and providers are looked at in another one."""

Tell = Callable[[str], None]


def examine(machine: Machine, wishes: parts.Wishes, tell: Tell = lambda _what: None) -> list[Finding]:
    """Check everything.

    Args:
        machine: what is examined.
        wishes: what is wanted beyond the usual.
        tell: called with what is looked at next.

    Returns:
        What was found, in groups.
    """
    found: list[Finding] = []
    for group, checks in CHECKS:
        tell(group)
        for check in checks:
            found += [finding._replace(group=group) for finding in _guarded(check, machine)]
    found += parts.ask_child(machine, wishes, tell)
    order = {group: number for number, group in enumerate(dict.fromkeys(finding.group for finding in found))}
    return [_clean(finding) for finding in sorted(found, key=lambda finding: order[finding.group])]


def _guarded(check: Check, machine: Machine) -> Iterator[Finding]:
    try:
        yield from check(machine)
    except Exception as error:
        # Whatever is so broken that a check cannot even look at it is what the user wants to know.
        yield Finding(
            check.__name__,
            "fail",
            f"This could not be checked: {type(error).__name__}: {error}",
            getattr(error, "hint", None) or "Correct what the message names; if it is Claif itself, install it anew.",
        )


def _clean(finding: Finding) -> Finding:
    """The finding on single lines and without secrets, should what it quotes have one."""
    return finding._replace(detail=_masked(finding.detail), remedy=_masked(finding.remedy))


def _masked(text: str) -> str:
    try:
        from ..config.redact import redact
    except ImportError:  # Without its dependencies Claif has read no secret either.
        return text
    return redact(text)
