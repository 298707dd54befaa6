"""What completes the values of options and arguments: one function for each kind of value.

A shell asks at each press of a key, so that nothing here imports a plugin, attrs, trio or pluggy, or connects anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from . import known

if TYPE_CHECKING:
    import click

Values = Iterable[CompletionItem | str]

_SAFE = re.compile(r"[A-Za-z0-9][\w.:/@+=-]{0,199}", re.ASCII)
"""What a shell takes as it is: names may come from a server, and must not become commands."""


def matching(values: Values, incomplete: str) -> list[CompletionItem]:
    """Those of the values that begin with what was typed, are harmless, and are not there twice."""
    found: dict[str, CompletionItem] = {}
    for value in values:
        item = CompletionItem(value) if isinstance(value, str) else value
        if item.type != "plain" or (item.value.startswith(incomplete) and _SAFE.fullmatch(item.value)):
            found.setdefault(item.value, item)
    return list(found.values())


def providers(_context: click.Context) -> Values:
    """Names of providers: those of the configuration, then those of plugins."""
    yield from known.configured_providers()
    for name, plugin in known.installed_providers().items():
        yield CompletionItem(name, help=f"(plugin {plugin})")


def models(context: click.Context) -> Values:
    """Names of models: those of the configuration, and those that `claif models list` has shown."""
    return known.models(context.params.get("provider"))


def options(_context: click.Context) -> Values:
    """What `-o` takes."""
    return [f"{name}=" for name in known.OPTIONS]


def attachments(_context: click.Context) -> Values:
    """Files."""
    return [CompletionItem("", type="file")]


def directories(_context: click.Context) -> Values:
    """Folders."""
    return [CompletionItem("", type="dir")]


def conversations(context: click.Context) -> Values:
    """Ids of conversations, the latest first."""
    return known.conversations(context.params.get("provider"))


def settings(_context: click.Context) -> Values:
    """Dotted names of settings, and the tables that there are."""
    table = known.user_table()
    return [*known.settings(table), *known.tables(table)]


def new_settings(_context: click.Context) -> Values:
    """Dotted names of settings that can be set."""
    return known.settings(known.user_table())


def present_settings(_context: click.Context) -> Values:
    """Dotted names of what is in the user's file."""
    table = known.user_table()
    return [*known.present(table), *known.tables(table)]


def setting_values(context: click.Context) -> Values:
    """What a setting can be set to, where that is known."""
    name = str(context.params.get("key") or "")
    if name == "general.default_provider":
        return providers(context)
    parts = name.split(".")
    if parts[0] == "providers" and parts[2:] == ["model"]:
        return known.models(parts[1])
    return known.CHOICES.get(parts[-1], ())


def installable(_context: click.Context) -> Values:
    """Names of what `claif install` can install."""
    return known.INSTALLABLE


def plugins(_context: click.Context) -> Values:
    """Names of plugins."""
    return known.plugins()


def stored_keys(_context: click.Context) -> Values:
    """Names of the keys that are stored; the keys themselves stay in their file."""
    return known.stored_keys()
