"""The names of a new plugin: one word of the user's, and what it becomes in metadata, imports and classes."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection
from importlib.util import find_spec
from typing import NamedTuple

from ..errors import PluginError
from ..plugin.scan import normalize

PREFIX = "claif-"
LONGEST = 40
"""Characters of a name."""

OURS = frozenset(
    {
        *("acp", "anthropic", "claude", "codex", "gemini", "google", "local", "openai"),
        *("batch", "dask", "memcached", "otel", "redis"),
        *("api", "claif", "core", "mcp", "plugin", "plugins", "server", "test", "testing", "tests"),
    }
)
"""Names that belong to Claif's own distributions, or that would read as if they did."""

_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", re.ASCII)


class Names(NamedTuple):
    """The names of one plugin.

    Args:
        name: what users type: the provider or the command, `acme-chat`.
        distribution: what is installed: `claif-acme-chat`.
        package: what is imported: `claif_acme_chat`.
        stem: the beginning of classes: `AcmeChat`.
        constant: the beginning of environment variables: `ACME_CHAT`.
    """

    name: str
    distribution: str
    package: str
    stem: str
    constant: str


def names_of(text: str, taken: Collection[str] = ()) -> Names:
    """The names of a plugin that the user calls so, with or without `claif-` before it.

    Args:
        text: the user's word; case and the kind of separators do not matter.
        taken: names of commands, providers and distributions that exist already.

    Raises:
        PluginError: it is no name, or it belongs to something else.
    """
    name = normalize(text).removeprefix(PREFIX) if _PLAIN.fullmatch(text) else ""
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        raise PluginError(
            f"{text[:80]!r} cannot be the name of a plugin.",
            hint=f"It begins with a letter, has letters, digits and dashes, and {LONGEST} characters at most.",
        )
    words = name.split("-")
    names = Names(
        name, f"{PREFIX}{name}", "_".join(["claif", *words]), "".join(map(str.title, words)), "_".join(words).upper()
    )
    if owner := _owner(names, taken):
        raise PluginError(f"The name {name} is taken: it is that of {owner}.", hint="Choose another name.")
    return names


def _owner(names: Names, taken: Collection[str]) -> str:
    """What has the name already; empty if nothing has."""
    if names.name.replace("-", "_") in {module.lower() for module in sys.stdlib_module_names}:
        return "a module of Python's standard library"
    if names.name in OURS:
        return "Claif itself"
    if names.name in taken or names.distribution in taken:
        return "a command, a provider or a plugin that is installed"
    if find_spec(names.package) is not None:
        return f"the package {names.package}, which can be imported here already"
    return ""
