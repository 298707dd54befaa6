"""What `claif keys` knows: the stored keys, who uses them, and how a key is given without being seen."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from ..config.keyfile import stored_keys
from ..config.keysource import written_source
from ..config.loader import claif_home
from ..config.secret import MASK
from ..errors import ClaifError
from .log import read_config

if TYPE_CHECKING:
    from ..config.config import Config
    from .session import Session


def key_rows(state: Session) -> list[dict[str, Any]]:
    """Name, mask and users of each stored key; the keys themselves are in none of them.

    Args:
        state: the switches of the command line.

    Raises:
        ConfigurationError: the configuration or the keys file cannot be used.
    """
    config = read_config(state)
    users = _users(config)
    return [{"name": name, "key": MASK, "providers": users(name)} for name in sorted(stored_keys(claif_home()))]


def _users(config: Config) -> Any:
    references: dict[str, list[str]] = {}
    for name, table in config.providers.items():
        if (used := _reference(config, name)) or table.get("api_key") is None:
            references.setdefault(used or name, []).append(name)
    installed = _installed(config)

    def users(name: str) -> list[str]:
        found = references.get(name, [])
        # A provider that is installed and has no table of its own uses the key of its name.
        return sorted({*found, *([name] if name in installed and name not in config.providers else [])})

    return users


def _reference(config: Config, provider: str) -> str | None:
    """The stored key that the provider's table names."""
    kind, name = written_source(config.written(("providers", provider, "api_key")) or "") or ("", None)
    return name if kind == "stored" else None


def _installed(config: Config) -> set[str]:
    """The names of installed providers; none if they cannot be found."""
    from ..plugin.manager import PluginManager

    try:
        return set(PluginManager.for_config(config).providers())
    except ClaifError:
        return set()


def read_key(name: str) -> str:
    """The key, typed unseen or piped in.

    Raises:
        InvalidQueryError: standard input is no text.
    """
    from .config_file import value_from_stdin
    from .stdin import is_terminal

    if is_terminal():
        typed: str = click.prompt(f"Key {name}", hide_input=True, err=True)
        return typed.strip()
    return value_from_stdin().strip()


def advice(name: str, state: Session, environ: Mapping[str, str] = os.environ) -> Iterator[str]:
    """What the user should know about a key that was just stored.

    Args:
        name: the name of the key.
        state: the switches of the command line.
        environ: environment variables.
    """
    from ..routing.default import KEY_VARIABLES

    config = read_config(state)
    if not _users(config)(name):
        yield f'No provider is called {name}. Let one use this key with: api_key = {{stored = "{name}"}}'
    if config.providers.get(name, {}).get("api_key") is not None and _reference(config, name) != name:
        yield f"It is not used: providers.{name}.api_key says something else."
    for variable in dict(KEY_VARIABLES).get(name, ()):
        if environ.get(variable):
            yield f"It is not used as long as {variable} is set."
