"""The environment: variables such as `CLAIF_GENERAL__TIMEOUT` and `CLAIF_PROVIDERS__OPENAI__MODEL` as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .limits import MAX_DEPTH, MAX_TEXT
from .merge import Merged, Origin
from .places import is_secret
from .secret import Secret
from .types import declared_type, from_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .dotted import Path

_PREFIX = "CLAIF_"
_SEPARATOR = "__"
_SHORT: Mapping[str, Path] = {
    "CLAIF_DEFAULT_PROVIDER": ("general", "default_provider"),
    "CLAIF_LOG_LEVEL": ("general", "log_level"),
    "CLAIF_TIMEOUT": ("general", "timeout"),
}


class Variable(NamedTuple):
    """A variable that configures something: its name, the path that the name spells, and its text, perhaps a key."""

    name: str
    path: Path
    text: Secret


def find_variables(environ: Mapping[str, str]) -> tuple[Variable, ...]:
    """The variables that configure something; empty ones do not. Long names win over short ones, so they come last."""
    short, long = [], []
    for name in sorted(environ):
        text = environ[name]
        if not text or not name.startswith(_PREFIX):
            continue
        if name in _SHORT:
            short.append(Variable(name, _SHORT[name], Secret(text, known=False)))
        elif _SEPARATOR in name:
            parts = name[len(_PREFIX) :].lower().split(_SEPARATOR)
            long.append(Variable(name, tuple(parts), Secret(text, known=is_secret(tuple(parts)))))
    return (*short, *long)


def lay_variables(
    merged: Merged, variables: Iterable[Variable], provider_names: Iterable[str]
) -> tuple[dict[Path, Secret], list[str]]:
    """Lay the variables over what is there, each converted to its declared type.

    Args:
        merged: what is there.
        variables: the variables.
        provider_names: known names of providers; `MY_OPENAI` in a variable stands for `my-openai` if that is one.

    Returns:
        The text of each variable by the path that it sets, and what is wrong, as `path: what`.
    """
    texts: dict[Path, Secret] = {}
    problems: list[str] = []
    names = list(provider_names)
    for variable in variables:
        path = _with_provider_name(variable.path, names)
        try:
            value = _converted(path, variable.text.reveal())
        except ValueError as error:
            problems.append(f"{variable.name}: {error} [environment]")
            continue
        merged.put(path, value, Origin("environment", variable.name))
        if not isinstance(value, dict):
            texts[path] = variable.text
    return texts, problems


def _with_provider_name(path: Path, names: list[str]) -> Path:
    if path[0] == "processors" and len(path) > 2:  # noqa: PLR2004 - a table and a key in it
        return (path[0], path[1].replace("_", "-"), *path[2:])
    if path[0] != "providers" or len(path) == 1:
        return path
    name = path[1]
    matching = [known for known in names if known.lower().replace("-", "_") == name]
    return path if name in matching or not matching else ("providers", matching[0], *path[2:])


def _converted(path: Path, text: str) -> Any:
    if len(text) > MAX_TEXT:
        raise ValueError(f"is longer than {MAX_TEXT} characters")
    if len(path) > MAX_DEPTH:
        raise ValueError(f"names a setting deeper than {MAX_DEPTH} levels")
    return from_text(text, declared_type(path))
