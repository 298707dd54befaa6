"""What `claif plugins list` tells about a plugin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from .entry_points import COMMANDS, PROVIDERS
from .state import Plugin, Status

if TYPE_CHECKING:
    from ..provider import State
    from .entries import CommandEntry, ProviderEntry


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

    def to_dict(self) -> dict[str, object]:
        """The report as JSON data."""
        return self._asdict()


def report(
    plugin: Plugin, providers: Mapping[str, ProviderEntry], commands: Mapping[str, CommandEntry]
) -> PluginReport:
    """Tell about a plugin what is known without loading anything."""
    offered = _named(plugin, PROVIDERS)
    added = _named(plugin, COMMANDS)
    status = plugin.status
    if status.state == "ready":
        status = _trouble(plugin, [providers[name] for name in offered if name in providers], status)
    if status.state == "ready":
        for name in added:
            if name in commands and len(commands[name].claimants) > 1:
                detail = f"The command {name} is claimed by {' and '.join(commands[name].claimants)}."
                status = Status("conflict", detail, "Switch one of them off: [plugins] disable")
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


def _trouble(plugin: Plugin, entries: list[ProviderEntry], status: Status) -> Status:
    for entry in entries:
        if plugin.name in entry.claimants and entry.state != "ready":
            return entry.status
        if plugin.name not in entry.claimants:
            plugin.note(f"The provider {entry.name} is served by {entry.distribution}.")
    return status
