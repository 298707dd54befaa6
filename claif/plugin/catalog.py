"""Decides, without importing anything, which plugins are on and who serves which name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from .entries import CommandEntry, ProviderEntry
from .entry_points import COMMANDS, HOOKS, PROVIDERS, is_plain_name
from .scan import Distribution, normalize
from .state import Plugin, Status

OWN = "claif"
"""Claif's own distribution: always on, and its names are never contested."""

AT_RUN_TIME = "(made at run time)"
"""Stands for the value of an entry point where there is none."""


class Selection(NamedTuple):
    """Which plugins the user wants.

    Args:
        load: only these, if not `None`.
        disable: not these.
        off: none at all.
    """

    load: frozenset[str] | None = None
    disable: frozenset[str] = frozenset()
    off: bool = False

    def verdict(self, name: str) -> tuple[str, str]:
        """Why the plugin is off and how to switch it on; empty texts if it is on."""
        if name == OWN:
            return "", ""
        if self.off:
            return "All plugins are switched off.", "Leave out --no-plugins."
        if self.load is not None and name not in self.load:
            return "CLAIF_PLUGINS does not name it.", f"Add {name} to CLAIF_PLUGINS, or unset it."
        if name in self.disable:
            return "It is switched off.", f"Take {name} out of [plugins] disable or CLAIF_DISABLE_PLUGINS."
        return "", ""


def names(values: Iterable[str]) -> frozenset[str]:
    """The normalized names among these values."""
    return frozenset([name for name in map(normalize, values) if name])


class Catalog:
    """The installed plugins and the names that they claim.

    Args:
        distributions: what the scan found.
        selection: which of them the user wants.
        provider_choice: provider name -> the distribution that serves it.
    """

    def __init__(
        self, distributions: Sequence[Distribution], selection: Selection, provider_choice: Mapping[str, str]
    ) -> None:
        self.plugins = [Plugin(found, *selection.verdict(found.name)) for found in distributions]
        self.choice = {name: normalize(distribution) for name, distribution in provider_choice.items()}
        self._providers: dict[str, ProviderEntry] | None = None

    def hook_modules(self) -> list[tuple[Plugin, str, str]]:
        """Plugin, entry name and module of each hook module that is on."""
        return [(plugin, name, value) for plugin, name, value in self._entries(HOOKS) if not plugin.disabled]

    def hook_names(self) -> list[str]:
        """`distribution` and `distribution:entry` of each hook module, whether it is on or off."""
        entries = [(plugin.name, entry) for plugin, entry, _ in self._entries(HOOKS)]
        return [text for name, entry in entries for text in (name, f"{name}:{entry}")]

    def commands(self) -> dict[str, CommandEntry]:
        """The commands that are on, by name."""
        claims: dict[str, list[tuple[Plugin, str]]] = {}
        for plugin, name, value in self._entries(COMMANDS):
            if not plugin.disabled:
                claims.setdefault(name, []).append((plugin, value))
        return {name: _command(name, claims[name]) for name in sorted(claims)}

    def providers(self) -> dict[str, ProviderEntry]:
        """The providers by name; a disabled one only where no other claims its name."""
        if self._providers is None:
            claims: dict[str, list[ProviderEntry]] = {}
            for plugin, name, value in self._entries(PROVIDERS):
                claims.setdefault(name, []).append(ProviderEntry(name, value, plugin))
            self._providers = {name: self._decide(claims[name]) for name in sorted(claims)}
        return self._providers

    def admit(self, name: str, offering: Sequence[Plugin]) -> Plugin | None:
        """Decide who of those that offer a provider at run time may use its name.

        Returns:
            `None` if an installed provider of that name wins, or if the name is refused until the user decides.
        """
        providers = self.providers()
        entry = providers.get(name)
        installed = entry.claimants if entry is not None and not entry.plugin.disabled else ()
        everyone = sorted({*installed, *[plugin.name for plugin in offering]})
        chosen = self.choice.get(name)
        winner = OWN if OWN in everyone else chosen or (everyone[0] if len(everyone) == 1 else "")
        if winner in installed:
            return None
        for plugin in offering:
            if plugin.name == winner:
                providers.pop(name, None)
                return plugin
        if entry is None or not installed:
            entry = providers[name] = ProviderEntry(name, AT_RUN_TIME, offering[0])
        if chosen:
            entry.refuse(_not_installed(name, chosen))
        else:
            entry.contest(*everyone)
        return None

    def missing(self, critical: Iterable[str], registered: Iterable[Plugin]) -> Status | None:
        """Why queries must be refused: a critical plugin is absent, off, or could not be loaded."""
        working = {plugin.name for plugin in registered if plugin.status.state == "ready"}
        for name in sorted(critical):
            if name in working:
                continue
            hint = f"Mend it, or take {name} out of [plugins] critical."
            for plugin in self.plugins:
                if plugin.name == name:
                    detail = plugin.status.detail or "It has no hooks."
                    return Status("broken", f"The critical plugin {name} cannot be used: {detail}", hint)
            return Status("not installed", f"The critical plugin {name} is not installed.", hint)
        return None

    def _entries(self, group: str) -> list[tuple[Plugin, str, str]]:
        found: list[tuple[Plugin, str, str]] = []
        for plugin in self.plugins:
            taken: set[str] = set()
            for point in plugin.distribution.entry_points:
                if point.group != group or point.name in taken:
                    continue
                if is_plain_name(point.name):
                    taken.add(point.name)
                    found.append((plugin, point.name, point.value))
                else:
                    plugin.note(f"The entry point {point.name!r} of {group} is not a name.")
        return found

    def _decide(self, claims: list[ProviderEntry]) -> ProviderEntry:
        name = claims[0].name
        active = [claim for claim in claims if not claim.plugin.disabled]
        own = [claim for claim in active if claim.plugin.name == OWN]
        chosen = self.choice.get(name)
        if own or not active:
            return (own or claims)[0]
        if chosen is not None:
            for claim in active:
                if claim.plugin.name == chosen:
                    return claim
            active[0].refuse(_not_installed(name, chosen))
        elif len(active) > 1:
            active[0].contest(*[claim.plugin.name for claim in active])
        return active[0]


def _command(name: str, claims: list[tuple[Plugin, str]]) -> CommandEntry:
    own = [claim for claim in claims if claim[0].name == OWN]
    kept = own or claims
    return CommandEntry(name, kept[0][1], [plugin for plugin, _value in kept])


def _not_installed(name: str, chosen: str) -> Status:
    return Status(
        "not installed",
        f"The configuration gives the name {name} to {chosen}, which does not offer it here.",
        f"Install {chosen}, or give the name away: claif config unset plugins.providers.{name}",
    )
