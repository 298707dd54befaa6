"""A provider's own options, which hold where a query says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve

from ..errors import InvalidConfigError

if TYPE_CHECKING:
    from ..models import Options

_TYPES: dict[str, tuple[type, ...]] = {
    "temperature": (float, int),
    "top_p": (float, int),
    "max_tokens": (int,),
    "seed": (int,),
    "stop": (list, tuple, str),
}


def with_defaults(options: Options, defaults: Mapping[str, Any], provider: str) -> Options:
    """The options, with `defaults` (the table `[providers.NAME.options]`) for those that are not given.

    Raises:
        InvalidConfigError: a default has the wrong type.
    """
    changes: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in defaults.items():
        kinds = _TYPES.get(name)
        if kinds is None:
            extra[name] = value
        elif isinstance(value, bool) or not isinstance(value, kinds):
            problems.append(f"providers.{provider}.options.{name}: {kinds[0].__name__} is expected")
        elif getattr(options, name) in (None, ()):
            changes[name] = (value,) if isinstance(value, str) else value
    if problems:
        raise InvalidConfigError(f"The options of the provider {provider} are not valid.", problems=tuple(problems))
    return evolve(options, **changes, extra={**extra, **options.extra})
