"""What `claif plugins list` tells about a plugin."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple

from .entry_points import COMMANDS, PROVIDERS

if TYPE_CHECKING:
    from ..provider import State
    from .entries import CommandEntry, ProviderEntry
    from .state import Plugin


class PluginReport(NamedTuple):
    """One plugin: what it is, what it brings, and whether it works.

    Args:
        name: the distribution's name.
        version: its version.
        state: `ready`, `disabled`, `incompatible`, `broken` or `conflict`.
        detail: why it is not ready, or what is worth knowing although it is.
        hint: what to do about it.
        hooks: the hooks that it implements; empty until they are loaded.
        providers: names of the providers that it offers.
        commands: names of the commands that it adds.
        load_seconds: how long its imports took so far.
    """

    name: str
    version: str
    state: State
    detail: str
    hint: str
    hooks: tuple[str, ...]
    providers: tuple[str, ...]
    commands: tuple[str, ...]
    load_seconds: float

    @property
    def brings(self) -> str:
        """What it adds, in one line."""
        kinds = (("provider", self.providers), ("command", self.commands), ("hook", self.hooks))
        return "; ".join([f"{kind}{'s' * (len(names) > 1)} {', '.join(names)}" for kind, names in kinds if names])

    def to_dict(self) -> dict[str, object]:
        """The report as JSON data."""
        return self._asdict()


def report(
    plugin: Plugin,
    providers: Mapping[str, ProviderEntry],
    commands: Mapping[str, CommandEntry],
    taken: Collection[str] = (),
) -> PluginReport:
    """Tell what is known about a plugin, loading nothing; `taken` are names of commands that plugins cannot have."""
    offered = _named(plugin, PROVIDERS)
    added = _named(plugin, COMMANDS)
    for name in added:
        if name in taken:
            plugin.note(f"Its command {name} is hidden by Claif's own.")
    claims: list[ProviderEntry | CommandEntry] = [providers[name] for name in offered if name in providers]
    for claim in claims:
        if plugin.name not in claim.claimants and not plugin.disabled:
            plugin.note(f"The provider {claim.name} is served by {claim.distribution}.")
    status = plugin.status
    for claim in (*claims, *[commands[name] for name in added if name in commands]):
        if status.state == "ready" and plugin.name in claim.claimants:
            status = claim.status
    detail = " ".join([text for text in (status.detail, *plugin.notes) if text])
    return PluginReport(
        plugin.name,
        plugin.version,
        status.state,
        detail,
        status.hint,
        tuple(sorted(set(plugin.hooks))),
        offered,
        added,
        plugin.seconds,
    )


def _named(plugin: Plugin, group: str) -> tuple[str, ...]:
    return tuple(sorted({point.name for point in plugin.distribution.entry_points if point.group == group}))
