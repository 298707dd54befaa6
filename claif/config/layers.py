"""Layers: laid over each other in the order of their priority, and checked as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from .check import Problems, make
from .config import Config
from .dotted import Path, join
from .environment import lay_variables
from .keysource import key_source, source_text
from .limits import find_excess
from .merge import Merged, Origin, SourceTable, look
from .processor_tables import processor_tables
from .references import Unresolved
from .schema import COSTS, FIXED, ROUTING, SECTIONS, ProviderSettings, is_name
from .secret import Secret, seal
from .types import field_types

if TYPE_CHECKING:
    from pathlib import Path as FilePath

    from .costs import Costs
    from .loader import ConfigLoader
    from .routing import Routing

_SOURCES_MAY_SET = frozenset({"general", "processors", "providers"})
_USERS = frozenset({"user", "environment", "cli"})


class Layers(NamedTuple):
    """The layers laid over each other, the texts of variables by the path they set, and what went wrong."""

    merged: Merged
    texts: Mapping[Path, Secret]
    problems: list[str]
    notices: tuple[str, ...] = ()


def lay(loader: ConfigLoader, tables: Iterable[SourceTable], provider_names: Iterable[str]) -> Layers:
    """Lay over each other: plugins' sources, the user's file, the project's file, the environment, the command line."""
    merged, problems = Merged(), []
    tables = list(tables)
    for source in sorted(tables, key=lambda source: (source.priority, source.name)):
        wrong = find_excess(source.table) or _beyond_sources(source.table)
        if wrong:
            problems.append(f"{wrong} [plugin ({source.name})]")
        else:
            merged.lay(seal(source.table), Origin("plugin", source.name))
    merged.lay(loader.user.table, loader.user_origin)
    merged.lay(loader.project, loader.project_origin)
    names = [*provider_names, *_provider_tables(merged.table), *_provider_tables(loader.cli)]
    texts, wrong_variables = lay_variables(merged, loader.variables, names)
    merged.lay(loader.cli, Origin("cli"))
    notices = tuple([source.notice for source in tables if source.notice])
    return Layers(merged, texts, problems + wrong_variables, notices)


def _beyond_sources(table: Mapping[str, Any]) -> str | None:
    beyond: list[Path] = [(str(key),) for key in sorted(table.keys() - _SOURCES_MAY_SET)]
    if "log_file" in (table.get("general") or ()):
        beyond.append(("general", "log_file"))
    keys = [("providers", name, "api_key") for name in _provider_tables(table)]
    beyond += [path for path in keys if isinstance(look(table, path), Mapping)]
    return f"{join(beyond[0])}: a plugin's source of configuration may not set this" if beyond else None


def _provider_tables(table: Mapping[str, Any]) -> Iterable[str]:
    providers = table.get("providers")
    return providers if isinstance(providers, Mapping) else ()


def check(loader: ConfigLoader, layers: Layers) -> Config:
    """Make the configuration of the layers.

    Raises:
        InvalidConfigError: settings are unknown or wrong; all are named.
    """
    merged = layers.merged
    problems = Problems(merged.origin)
    problems.found += layers.problems
    for key in merged.table.keys() - SECTIONS.keys() - {"providers", *ROUTING, *COSTS}:
        problems.unknown((key,), [*SECTIONS, *ROUTING, *COSTS, "providers"])
    own, processors = processor_tables(merged.table.get("processors", {}), problems, merged.origin)
    given = {**merged.table, "processors": own}
    sections: dict[str, Any] = {
        name: make(kind, _resolved(given.get(name, {}), (name,), problems), (name,), problems)
        for name, kind in SECTIONS.items()
    }
    if merged.origin(("general", "log_file")).kind == "environment":
        problems.add(("general", "log_file"), "only your own file may say where the log is written")
    written = dict(loader.user.written)
    tables = _with_key_sources(merged.table.get("providers", {}), loader.home, problems, merged, written)
    providers = _check_providers(tables, problems)
    routing_tables = {
        name: _sealed(name, _resolved(merged.table[name], (name,), problems))
        for name in ROUTING
        if name in merged.table
    }
    cost_tables = {name: _resolved(merged.table[name], (name,), problems) for name in COSTS if name in merged.table}
    routing = _routing(routing_tables, providers, problems)
    costs = _costs(cost_tables, problems)
    problems.raise_if_any()
    return Config(
        home=loader.home,
        **sections,
        providers=providers,
        processor_tables=processors,
        routing_tables=routing_tables,
        cost_tables=cost_tables,
        notices=(*loader.user.notices, *layers.notices, *_announcements(merged, providers)),
        merged=merged,
        texts=layers.texts,
        written=written,
        stores_keys=loader.stores_keys,
        routing=routing,
        costs=costs,
    )


def _sealed(name: str, table: Any) -> Any:
    """The table with what its class takes for a secret as one, so that it is shown nowhere."""
    if name not in FIXED or not isinstance(table, Mapping):
        return table
    from .route_schema import class_of

    cls = class_of(name)
    secret = {key for key, kind in field_types(cls).items() if Secret in get_args(kind)} if cls else set()
    return {key: Secret(value) if key in secret and isinstance(value, str) else value for key, value in table.items()}


def _routing(tables: Mapping[str, Any], providers: Mapping[str, Any], problems: Problems) -> Routing | None:
    if not tables:
        return None
    from .routing import read_routing

    return read_routing({**tables, "providers": providers}, problems)


def _costs(tables: Mapping[str, Any], problems: Problems) -> Costs | None:
    if not tables:
        return None
    from .costs import read_costs

    return read_costs(tables, problems)


def _resolved(table: Any, path: Path, problems: Problems) -> Any:
    """The table without values that refer to missing variables; outside of providers these are problems at once."""
    if not isinstance(table, Mapping):
        return table
    for key, value in table.items():
        if isinstance(value, Unresolved):
            problems.add((*path, key), f"the environment variable {', '.join(value.missing)} is not set")
    return _without_unresolved(table)


def _without_unresolved(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if not isinstance(value, Unresolved)}


def _with_key_sources(table: Any, home: FilePath, problems: Problems, merged: Merged, written: dict[Path, str]) -> Any:
    """The providers' tables with a secret in place of each table that says where a key is; notes what was written."""
    if not isinstance(table, Mapping):
        return table
    tables = dict(table)
    for name, settings in table.items():
        source = look(table, (name, "api_key"))
        if not isinstance(source, Mapping):
            continue
        path = ("providers", name, "api_key")
        tables[name] = {key: value for key, value in settings.items() if key != "api_key"}
        try:
            tables[name]["api_key"] = key_source(source, path, home, merged.origin)
            written[path] = source_text(source)
        except ValueError as error:
            problems.add(path, str(error))
    return tables


def _check_providers(table: Any, problems: Problems) -> Mapping[str, Mapping[str, Any]]:
    """Check what is known of every provider; what a provider's own class declares is checked when it is used."""
    if not isinstance(table, Mapping):
        problems.add(("providers",), "must be a table")
        return {}
    for name, settings in table.items():
        path = ("providers", name)
        if not is_name(name):
            problems.add(path, "is no name of a provider: letters, digits, '_', '.', '-', at most 64 characters")
        elif not isinstance(settings, Mapping):
            problems.add(path, "must be a table")
        else:
            make(ProviderSettings, _without_unresolved(settings), path, problems, lenient=True)
    return MappingProxyType({name: MappingProxyType(value) for name, value in table.items() if isinstance(value, dict)})


def _announcements(merged: Merged, providers: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    """What others than the user decided about where a query, or a key, goes."""
    chosen = [("general", "default_provider"), *(("providers", name, "model") for name in providers)]
    for path in chosen:
        origin = merged.origin(path)
        if origin.kind == "project":
            yield f"{origin.where} sets {join(path)} to {look(merged.table, path)}."
    for name, table in providers.items():
        address, key = (merged.origin(("providers", name, field)) for field in ("base_url", "api_key"))
        if table.get("api_key") and address.kind == "plugin" and key.kind in _USERS:
            yield f"Your key for {name} goes to {table['base_url']}, as the plugin source {address.where} says."
