"""The configuration: frozen, typed, and able to say where each value came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import AttrsInstance, evolve, field, frozen

from ..errors import InvalidConfigError
from .check import Problems, invalid, make
from .dotted import Path, join, nearest, split
from .keyfile import stored_keys
from .merge import Merged, Origin, leaves, look
from .references import Unresolved
from .schema import (
    COSTS,
    FIXED,
    ROUTING,
    SECTIONS,
    General,
    Plugins,
    Processors,
    Project,
    ProviderSettings,
    Sandbox,
)
from .secret import Secret
from .types import field_types, from_text

if TYPE_CHECKING:
    from pathlib import Path as FilePath

    from .cache_schema import CacheSettings, SharedSettings
    from .costs import Costs
    from .routing import Routing

T = TypeVar("T", bound=AttrsInstance)

_PROVIDER_SETTING = 3
"""Parts of the name of a provider's setting."""


@frozen(kw_only=True, eq=False)
class Config:
    """The configuration of a client or a command.

    Args:
        home: Claif's own folder.
        general: the table `[general]`.
        plugins: the table `[plugins]`.
        processors: the table `[processors]`.
        project: the table `[project]`.
        sandbox: the table `[sandbox]`.
        providers: the tables `[providers.NAME]` as they were written; each `api_key` is a `Secret`.
        processor_tables: the tables `[processors.NAME]` as they were written.
        routing_tables: the tables of routing as they were written; see `routing`.
        cost_tables: the tables of what queries cost as they were written; see `costs`.
        notices: what the user should be told about where the configuration came from.
    """

    home: FilePath
    general: General = field(factory=General)
    plugins: Plugins = field(factory=Plugins)
    processors: Processors = field(factory=Processors)
    project: Project = field(factory=Project)
    sandbox: Sandbox = field(factory=Sandbox)
    providers: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    processor_tables: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    routing_tables: Mapping[str, Any] = field(factory=dict)
    cost_tables: Mapping[str, Any] = field(factory=dict)
    notices: tuple[str, ...] = ()
    _stores_keys: bool = False
    _merged: Merged = field(factory=Merged, repr=False)
    _texts: Mapping[Path, Secret] = field(factory=dict, repr=False)
    _written: Mapping[Path, str] = field(factory=dict, repr=False)
    _routing: Routing | None = field(default=None, repr=False)
    _costs: Costs | None = field(default=None, repr=False)

    @property
    def routing(self) -> Routing:
        """The tables of routing: aliases, routes, retries, breakers, limits, the cache and what is shared."""
        if self._routing is None:
            from .routing import Routing

            return Routing()
        return self._routing

    @property
    def cache(self) -> CacheSettings:
        """The table `[cache]`."""
        return self.routing.cache

    @property
    def shared(self) -> SharedSettings:
        """The table `[shared]`."""
        return self.routing.shared

    @property
    def costs(self) -> Costs:
        """The tables of what queries cost: prices, the ledger and budgets."""
        if self._costs is None:
            from .costs import Costs

            return Costs()
        return self._costs

    @property
    def keeps_ledger(self) -> bool:
        """Whether each call is written down: as `[ledger] enabled` says, or else unless this was given in code."""
        enabled = self.cost_tables.get("ledger", {}).get("enabled")
        return self._stores_keys if enabled is None else bool(enabled)

    def settings(self, name: str, cls: type[T]) -> T:
        """The settings of a provider, strictly checked; the class's defaults if nothing is configured.

        Args:
            name: the provider's name.
            cls: the attrs class that declares what the provider can be told.

        Raises:
            MissingAPIKeyError: the key refers to an environment variable that is not set.
            InvalidConfigError: settings are unknown or wrong; all are named.
        """
        table = self._provider_table(name)
        for _, value in leaves(table):
            if isinstance(value, Unresolved):
                raise value.error()
        problems = Problems(self._merged.origin)
        settings = make(cls, self._retyped(name, table, cls, problems), ("providers", name), problems)
        if settings is None or problems.found:
            raise invalid(problems.found)
        if isinstance(settings, ProviderSettings) and settings.api_key is None and (key := self._stored_key(name)):
            return evolve(settings, api_key=key)
        return settings

    def stored_keys(self) -> Mapping[str, Secret]:
        """The keys in Claif's keys file by name; none where the configuration came from code.

        Raises:
            InvalidConfigError: the file is not the user's alone, or broken.
        """
        return stored_keys(self.home) if self._stores_keys else {}

    def _stored_key(self, name: str) -> Secret | None:
        """The stored key that is named like the provider, unless somebody else than the user says where it would go."""
        places = [self._merged.origin(("providers", name, key)).kind for key in ("base_url", "preset", "type")]
        if "plugin" in places:
            return None
        found = self.stored_keys().get(name)
        return None if found is None else Secret(found, fallback=True)

    def processor(self, name: str, cls: type[T]) -> T:
        """The settings of a message processor, strictly checked; the class's defaults if nothing is configured.

        Args:
            name: its table is `[processors.NAME]`; a plugin's is that of its distribution.
            cls: the attrs class that declares what it can be told.

        Raises:
            InvalidConfigError: settings are unknown or wrong; all are named.
        """
        table = self.processor_tables.get(name, {})
        for _, value in leaves(table):
            if isinstance(value, Unresolved):
                raise value.error()
        problems = Problems(self._merged.origin)
        values = self._retyped(name, table, cls, problems, section="processors")
        settings = make(cls, values, ("processors", name), problems)
        if settings is None or problems.found:
            raise invalid(problems.found)
        return settings

    def _retyped(
        self, name: str, table: Mapping[str, Any], cls: type, problems: Problems, *, section: str = "providers"
    ) -> dict[str, Any]:
        """The table with what came from variables converted to what the class that it is for declares."""
        kinds = field_types(cls)
        values = dict(table)
        for key in kinds.keys() & table.keys():
            path = (section, name, key)
            if path in self._texts and self._merged.origin(path).kind == "environment":
                try:
                    values[key] = from_text(self._texts[path].reveal(), kinds[key])
                except ValueError as error:
                    del values[key]
                    problems.add(path, str(error))
        return values

    def provider_type(self, name: str) -> str:
        """The provider plugin that serves a provider's name: its `type`, or the name itself."""
        kind = self._provider_table(name).get("type")
        return kind if isinstance(kind, str) else name

    def _provider_table(self, name: str) -> Mapping[str, Any]:
        """The table of a provider; a name `TYPE:PRESET`, which no table can have, stands for one with just these."""
        kind, colon, preset = name.partition(":")
        return {"type": kind, "preset": preset} if colon else self.providers.get(name, {})

    def get(self, name: str) -> Any:
        """The value of a setting by its dotted name, a default if nothing else is configured; a mapping for a table.

        Raises:
            InvalidConfigError: there is no such setting, or it is not set and has no default.
            MissingAPIKeyError: the value refers to an environment variable that is not set.
        """
        value = self.look(split(name))
        if isinstance(value, Unresolved):
            raise value.error()
        return value

    def look(self, path: Path) -> Any:
        """As `get`, by a path, and with an `Unresolved` where a variable is missing."""
        if path[0] in SECTIONS:
            value = look(self._section(path[0]), path[1:])
        elif path[0] == "providers":
            value = look(self.providers, path[1:])
            if value is None and len(path) == _PROVIDER_SETTING and path[2] in field_types(ProviderSettings):
                return getattr(ProviderSettings(), path[2])
        elif path[0] in ROUTING:
            value = look(self._routing_table(path[0]), path[1:])
        elif path[0] in COSTS:
            value = look(self._cost_table(path[0]), path[1:])
        else:
            raise self._unknown(path, path[0], self._tables())
        table = look(self._tables(), path[:-1])
        if value is None and not (isinstance(table, Mapping) and path[-1] in table):
            raise self._unknown(path, path[-1], table)
        return value

    def _unknown(self, path: Path, word: str, near: Any) -> InvalidConfigError:
        known = near if isinstance(near, Mapping) else ()
        return InvalidConfigError(
            f"{join(path)} is not set{nearest(word, known)}.",
            problems=(f"{join(path)}: is not set",),
            hint="See all settings with `claif config show`.",
        )

    def _section(self, name: str) -> dict[str, Any]:
        section = getattr(self, name)
        keys = {key: getattr(section, key) for key in field_types(SECTIONS[name])}
        return {**keys, **self.processor_tables} if name == "processors" else keys

    def _routing_table(self, name: str) -> Mapping[str, Any]:
        """A table of routing as it was written, with the defaults of those that have a fixed set of keys."""
        table: Mapping[str, Any] = self.routing_tables.get(name, {})
        if name not in FIXED:
            return table
        settings = getattr(self.routing, name)
        kind: type = type(settings)
        return {key: getattr(settings, key) for key in field_types(kind)}

    def _cost_table(self, name: str) -> Mapping[str, Any]:
        """A table of costs as it was written, with the defaults of those that have a fixed set of keys."""
        table: Mapping[str, Any] = self.cost_tables.get(name, {})
        if name == "prices":
            return table
        settings = getattr(self.costs, name)
        kind: type = type(settings)
        return {**{key: getattr(settings, key) for key in field_types(kind)}, **table}

    def _tables(self) -> dict[str, Any]:
        routing = {name: self._routing_table(name) for name in ROUTING if name in self.routing_tables}
        costs = {name: self._cost_table(name) for name in COSTS if name in self.cost_tables}
        return {**{name: self._section(name) for name in SECTIONS}, **routing, **costs, "providers": self.providers}

    def origin(self, name: str) -> Origin:
        """Where the value of a setting, by its dotted name, came from; of a table, where its first value did."""
        return self._merged.origin(split(name))

    def written(self, path: Path) -> str | None:
        """What the user's file has where the value came out of an environment variable: the text with `${NAME}`."""
        return self._written.get(path) if self._merged.origin(path).kind == "user" else None

    def flat(self) -> list[tuple[str, Any, Origin]]:
        """Every setting: its dotted name, its value, and where that came from.

        Secrets are `Secret`; a value that refers to a variable that is not set is an `Unresolved`.
        """
        return [(join(path), value, self._merged.origin(path)) for path, value in leaves(self._tables())]
