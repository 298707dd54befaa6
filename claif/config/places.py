"""Places: which settings say where data goes or what runs, and which hold a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .dotted import Path

# A setting is known by the last word of its name: `base_url`, `proxy_url` and `url` are all addresses.
_ADDRESSES = frozenset(
    {"args", "argv", "base", "bundle", "cmd", "command", "cwd", "dir", "directory", "endpoint", "env", "environment"}
    | {"exec", "executable", "file", "folder", "headers", "home", "host", "path", "paths", "port", "program", "proxy"}
    | {"script", "server", "shell", "socket", "uds", "url", "urls"}
)
_SECRETS = frozenset({"authorization", "credentials", "key", "password", "secret", "token"})
_TRUST = frozenset({"http", "permission", "plugin", "plugins", "preset", "sandbox", "servers", "tools", "type"})

_KEY_DEPTH = len(("providers", "NAME", "api_key"))
_PROJECT_GENERAL = frozenset({"default_provider", "log_level", "output", "timeout"})
_PROJECT_PROVIDER = frozenset({"connect_timeout", "first_event_timeout", "idle_timeout", "model", "options"})


def is_address(path: Path) -> bool:
    """Whether a setting says where data goes or what runs: an address, a path, a command, its environment, headers."""
    return not _ADDRESSES.isdisjoint(map(_last_word, path))


def is_secret(path: Path) -> bool:
    """Whether a setting, by its name, holds a secret."""
    return bool(path) and _last_word(path[-1]) in _SECRETS


def is_key(path: Path) -> bool:
    """Whether a setting is the key of a provider, or a table that says where it is."""
    return len(path) == _KEY_DEPTH and path[0] == "providers" and path[-1] == "api_key"


def is_beyond_projects(path: Path) -> bool:
    """Whether a setting is never a project's to make, whatever the user allows."""
    section, *keys = path
    if section == "general":
        return len(keys) != 1 or keys[0] not in _PROJECT_GENERAL
    name, *setting = keys or [""]
    if section != "providers" or not name or not setting or setting[0] not in _PROJECT_PROVIDER:
        return True
    return not (_ADDRESSES | _SECRETS | _TRUST).isdisjoint(map(_last_word, setting))


def _last_word(part: str) -> str:
    return part.lower().replace("-", "_").rpartition("_")[2]
