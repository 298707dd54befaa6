"""The names that can be completed, from the configuration file, from what is installed, and from what was listed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...config.files import make_private_folder, read_text, write_private
from ...config.toml import parse_toml
from ...errors import ClaifError
from ...plugin.entry_points import PROVIDERS, is_plain_name
from ...plugin.scan import scan

OPTIONS = ("temperature", "top_p", "max_tokens", "stop", "seed", "timeout")
"""The fields of `Options`."""

SETTINGS: Mapping[str, Sequence[str]] = {
    "general": ("default_provider", "timeout", "log_level", "output", "log_file", "keep_warm"),
    "plugins": ("disable", "critical"),
    "processors": ("enable", "disable", "order"),
    "project": ("allow",),
    "sandbox": ("level", "network", "memory", "cpu", "processes", "file_size"),
}
PROVIDER_SETTINGS = (
    *("type", "model", "embedding_model", "base_url", "api_key", "preset", "allow_http", "connect_timeout"),
    *("first_event_timeout", "idle_timeout", "ca_bundle"),
)
"""What the schema declares. Reading it there would cost the import of attrs at each press of a key; a test compares."""

INSTALLABLE = ("claude", "codex", "gemini", "qwen", "opencode", "node")
"""What `claif install` knows."""
CHOICES: Mapping[str, Sequence[str]] = {
    "log_level": ("trace", "debug", "info", "success", "warning", "error", "critical"),
    "output": ("auto", "plain", "markdown"),
    "allow_http": ("true", "false"),
    "level": ("auto", "require", "off"),
    "network": ("open", "proxy", "none"),
    "permission": ("ask", "plan", "edit", "full"),
}
"""The last part of a setting's name -> what it can be."""

_LISTED = "listed-models.json"
_MOST_MODELS = 1000
_MOST_TEXT = 60 * 1024
_LEVELS = 3
"""Parts of the name of a provider's setting."""


def home() -> Path:
    """Claif's own folder, as `claif.config` finds it."""
    given = os.environ.get("CLAIF_HOME")
    return Path(given).expanduser().absolute() if given else Path.home() / ".claif"


def user_table() -> Mapping[str, Any]:
    """The user's file; empty if it cannot be read."""
    try:
        file = read_text(home() / "config.toml", private=True)
        return parse_toml(file.text, "") if file else {}
    except (ClaifError, RuntimeError):
        return {}


def provider_tables(table: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The tables of providers by their names."""
    providers = table.get("providers")
    if not isinstance(providers, Mapping):
        return {}
    return {name: value for name, value in providers.items() if isinstance(value, Mapping) and is_plain_name(name)}


def configured_providers() -> list[str]:
    """Names of the providers that the user's file has tables for."""
    return sorted(provider_tables(user_table()))


def installed_providers() -> dict[str, str]:
    """Names of the providers of plugins, each with its plugin."""
    found: dict[str, str] = {}
    for distribution in scan():
        for point in distribution.entry_points:
            if point.group == PROVIDERS and is_plain_name(point.name):
                found.setdefault(point.name, distribution.name)
    return dict(sorted(found.items()))


def plugins() -> list[str]:
    """Names of the distributions that extend Claif."""
    return [distribution.name for distribution in scan() if distribution.name != "claif"]


def stored_keys() -> list[str]:
    """Names of the keys in the keys file."""
    import json

    try:
        file = read_text(home() / "keys.json", secret=True)
        data = json.loads(file.text) if file else {}
    except (ClaifError, RuntimeError, ValueError, RecursionError):
        return []
    return sorted(data) if isinstance(data, dict) else []


def conversations(provider: str | None) -> list[str]:
    """Ids of the conversations with a provider, or with all, the latest first."""
    import json

    try:
        file = read_text(home() / "conversations.json", secret=True)
        data = json.loads(file.text) if file else []
        found = [item["conversation"] for item in reversed(data) if provider in {None, item["provider"]}]
    except (ClaifError, RuntimeError, ValueError, TypeError, KeyError, RecursionError):
        return []
    return list(filter(_is_text, found))


def models(provider: str | None) -> list[str]:
    """Names of the models of a provider, or of all: configured ones first."""
    tables = provider_tables(user_table())
    listed = listed_models()
    wanted = [provider] if provider else sorted({*tables, *listed})
    configured = [str(tables[name]["model"]) for name in wanted if "model" in tables.get(name, {})]
    return configured + [model for name in wanted for model in listed.get(name, ())]


def listed_models() -> dict[str, list[str]]:
    """What `remember_models` has kept: provider -> names of models."""
    import json

    try:
        file = read_text(home() / _LISTED, private=True)
        data = json.loads(file.text) if file else {}
    except (ClaifError, RuntimeError, ValueError, RecursionError):
        return {}
    if not isinstance(data, dict):
        return {}
    return {name: list(filter(_is_text, names)) for name, names in data.items() if isinstance(names, list)}


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def remember_models(names: Iterable[tuple[str, str]]) -> None:
    """Keep the models that providers have listed for shells to complete; where nothing can be kept, nothing is.

    Args:
        names: pairs of a provider and a model; what was known of other providers stays.
    """
    import json

    found: dict[str, list[str]] = {}
    for provider, model in names:
        if len(found.setdefault(provider, [])) < _MOST_MODELS:
            found[provider].append(model)
    old = listed_models()
    new = {**old, **found}
    text = json.dumps(new, indent=1, sort_keys=True)
    if new == old or len(text) > _MOST_TEXT:
        return
    try:
        make_private_folder(home())
        write_private(home() / _LISTED, text + "\n")
    except ClaifError:
        return


def settings(table: Mapping[str, Any]) -> Iterator[str]:
    """Dotted names of all settings that are declared, for the providers that the user has configured or installed."""
    for section, keys in SETTINGS.items():
        yield from [f"{section}.{key}" for key in keys]
    for name in sorted({*provider_tables(table), *installed_providers()}):
        if "." not in name:
            yield from [f"providers.{name}.{key}" for key in PROVIDER_SETTINGS]
    yield from present(table)


def present(table: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Dotted names of what has a value."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from present(value, f"{above}{key}.")
        else:
            yield f"{above}{key}"


def tables(table: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Dotted names of tables."""
    for key, value in table.items():
        if isinstance(value, Mapping) and above.count(".") < _LEVELS:
            yield f"{above}{key}"
            yield from tables(value, f"{above}{key}.")
