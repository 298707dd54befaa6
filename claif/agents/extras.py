"""Options of a query that only one agent has (`-o NAME=VALUE`): read strictly, what it lacks is refused."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from ..config.types import field_types
from ..errors import InvalidQueryError

if TYPE_CHECKING:
    from ..models import Options

T = TypeVar("T")

SAMPLING = ("temperature", "top_p", "max_tokens", "stop", "seed")
_WANTED: Mapping[Any, str] = {
    bool: "true or false",
    int: "a whole number from 1 on",
    float: "a number above 0",
    str: "a text",
    tuple[str, ...]: "a text, or a JSON list of texts, none of which begins with a dash",
}


def read_extras(options: Options, cls: type[T], agent: str) -> T:
    """The options that were given, as an instance of `cls`.

    Args:
        options: of the query.
        cls: an attrs class whose fields are what the agent takes: bool, int (from 1), float (above 0), str, or
            `tuple[str, ...]`, each of them perhaps `None`; its validators say more.
        agent: how the agent is called in messages.

    Raises:
        InvalidQueryError: it has no such option, or the value is not of its kind.
    """
    for name in SAMPLING:
        if getattr(options, name) not in (None, ()):
            raise InvalidQueryError(f"{agent} has no option {name}.", hint="Leave it out, or ask an HTTP API.")
    kinds = field_types(cls)  # type: ignore[arg-type] # classes are hashable
    for name in options.extra:
        if name not in kinds:
            near = get_close_matches(name, kinds, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(kinds)}."
            raise InvalidQueryError(f"{agent} has no option {name}.", hint=hint)
    given = {name: _read(name, value, kinds[name]) for name, value in options.extra.items()}
    try:
        return cls(**given)
    except ValueError as error:
        raise InvalidQueryError(f"An option of {agent} is wrong: {error.args[0]}") from None


def _read(name: str, value: Any, kind: Any) -> Any:
    for member in get_args(kind) if kind not in _WANTED else (kind,):
        if member in _WANTED and _fits(value, member):
            if member is float:
                return float(value)
            return ((value,) if isinstance(value, str) else tuple(value)) if member == tuple[str, ...] else value
    wanted = " or ".join([_WANTED[member] for member in (kind, *get_args(kind)) if member in _WANTED])
    raise InvalidQueryError(f"The option {name} takes {wanted}.")


def _fits(value: Any, kind: Any) -> bool:
    if kind is int:
        return value.__class__ is int and value >= 1
    if kind is float:
        return value.__class__ in {int, float} and isfinite(value) and value > 0
    if kind == tuple[str, ...]:
        texts = [value] if isinstance(value, str) else value
        return isinstance(texts, list) and all(isinstance(text, str) and text and text[0] != "-" for text in texts)
    return value.__class__ is kind
