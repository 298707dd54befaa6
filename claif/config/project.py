"""The project's file: what `.claif.toml` in the working directory may set. It is a stranger's: it may only choose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import InvalidConfigError
from .dotted import Path, join, printable, split
from .merge import look, walk
from .places import is_beyond_projects

FILE_NAME = ".claif.toml"
NEVER = "a project's file may never set this"
NOT_ALLOWED = "your [project] allow does not list it"


def check_project(table: Mapping[str, Any], where: str, *, allow: Iterable[str], user: Mapping[str, Any]) -> None:
    """Refuse a project's file that sets what it may not.

    Args:
        table: what the file sets.
        where: the path of the file.
        allow: dotted names that the user allows, as `[project] allow`.
        user: what the user has configured; providers and models are chosen among these.

    Raises:
        InvalidConfigError: it sets something else; names each key.
    """
    allow = list(allow)
    patterns = [split(name) for name in allow]
    problems = {}
    for path, value in walk(table):
        if is_beyond_projects(path):
            problems[join(path)] = NEVER
        elif not any(_matches(path, pattern) for pattern in patterns):
            problems[join(path)] = NOT_ALLOWED
        elif wrong := _not_a_choice(path, value, user):
            problems[join(path)] = wrong
    if problems:
        listed = "; ".join([f"{name}: {what}" for name, what in list(problems.items())[:12]])
        raise InvalidConfigError(
            f"The project's file {where} is refused: {listed}.",
            problems=tuple(f"{name}: {what} [project ({where})]" for name, what in problems.items()),
            hint=_hint(problems, allow),
        )


def _hint(problems: Mapping[str, str], allow: list[str]) -> str:
    if all(what == NOT_ALLOWED for what in problems.values()):
        names = ",".join([*allow, *problems])
        return f"If you trust it so far, allow it: claif config set project.allow '{names}'"
    return "Remove these lines, or the file."


def _matches(path: Path, pattern: Path) -> bool:
    """Whether a pattern names the path or a table that it is in."""
    return len(pattern) <= len(path) and all(part in {"*", key} for key, part in zip(path, pattern, strict=False))


def _not_a_choice(path: Path, value: Any, user: Mapping[str, Any]) -> str | None:
    """What is wrong with a provider or a model that is not one the user has defined."""
    providers = look(user, ("providers",))
    providers = providers if isinstance(providers, Mapping) else {}
    if path == ("general", "default_provider") and str(value) not in providers:
        return f'"{printable(str(value))[:64]}" is no provider that you have configured'
    if path[0] == "providers" and path[1] not in providers:
        return "it is no provider that you have configured"
    if path[0] == "providers" and path[2] == "model" and str(value) not in _models(path[1], providers):
        return f'"{printable(str(value))[:64]}" is no model that you have configured for this type of provider'
    return None


def _models(name: str, providers: Mapping[str, Any]) -> list[str]:
    kind = look(providers, (name, "type")) or name
    same = [key for key in providers if (look(providers, (key, "type")) or key) == kind]
    models = [look(providers, (key, "model")) for key in same]
    return [model for model in models if isinstance(model, str)]
