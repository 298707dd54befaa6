"""What `-o KEY=VALUE` and its relatives mean: typed fields of `Options`, and everything else for the provider."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..errors import InvalidQueryError

if TYPE_CHECKING:
    from ..models import Options

_NAME = re.compile(r"[A-Za-z0-9][\w.:/@+-]{0,199}", re.ASCII)
_KEY = re.compile(r"[A-Za-z_][\w.-]{0,99}", re.ASCII)


def check_name(value: str | None, what: str) -> str | None:
    """The name of a provider or model, if it is one and not an option in disguise.

    Raises:
        InvalidQueryError: it cannot be a name.
    """
    if value is not None and not _NAME.fullmatch(value):
        raise InvalidQueryError(
            f"{value[:80]!r} cannot be the name of a {what}.",
            hint=f"It begins with a letter or digit. List what there is with `claif {what}s list`.",
        )
    return value


def check_providers(value: str | None) -> str | None:
    """The name of a provider, or several of them, separated by commas; spaces around them do not matter.

    Raises:
        InvalidQueryError: one cannot be a name.
    """
    if value is None:
        return None
    return ",".join([check_name(name.strip(), "provider") or "" for name in value.split(",")])


def parse_options(pairs: Iterable[str], *, temperature: float | None = None, timeout: float | None = None) -> Options:
    """The options that were given; of a key given twice the last counts, and `-t` and `--timeout` over `-o`.

    Args:
        pairs: `KEY=VALUE`; the value is JSON where it can be read as JSON, else text.
        temperature: the value of `-t`.
        timeout: the value of `--timeout`, in seconds.

    Raises:
        InvalidQueryError: a pair is no pair, or a value is not of its field's type.
    """
    from ..models import Options

    known: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not _KEY.fullmatch(key):
            raise InvalidQueryError(f"{pair[:80]!r} is not KEY=VALUE.", hint="Write it as in: -o top_p=0.9")
        if key in _FIELDS:
            known[key] = _FIELDS[key](key, _value(text))
        else:
            extra[key] = _value(text)
    if temperature is not None:
        known["temperature"] = _not_negative("temperature", temperature)
    if timeout is not None:
        known["timeout"] = _seconds("timeout", timeout)
    return Options(**known, extra=extra)


def _value(text: str) -> Any:
    """The JSON value of the text, or the text."""
    from .._json import loads
    from ..errors import ProtocolError

    try:
        return loads(text)
    except ProtocolError:
        return text


def _wrong(key: str, wanted: str, value: Any) -> InvalidQueryError:
    return InvalidQueryError(f"The option {key} takes {wanted}, not {str(value)[:80]!r}.")


def _is_number(value: Any) -> bool:
    return value.__class__ in {int, float} and math.isfinite(value)


def _not_negative(key: str, value: Any) -> float:
    if not _is_number(value) or value < 0:
        raise _wrong(key, "a number from 0 on", value)
    return float(value)


def _share(key: str, value: Any) -> float:
    if not _is_number(value) or not 0 <= value <= 1:
        raise _wrong(key, "a number from 0 to 1", value)
    return float(value)


def _seconds(key: str, value: Any) -> float:
    if not _is_number(value) or value <= 0:
        raise _wrong(key, "a number of seconds above 0", value)
    return float(value)


def _count(key: str, value: Any) -> int:
    if value.__class__ is not int or value < 1:
        raise _wrong(key, "a whole number from 1 on", value)
    return int(value)


def _integer(key: str, value: Any) -> int:
    if value.__class__ is not int:
        raise _wrong(key, "a whole number", value)
    return int(value)


def _texts(key: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, list) and value and all(isinstance(text, str) and text for text in value):
        return tuple(value)
    if isinstance(value, list | dict) or value in {"", None}:
        raise _wrong(key, "a text or a JSON list of texts", value)
    return (str(value),)


_FIELDS = {
    "temperature": _not_negative,
    "top_p": _share,
    "max_tokens": _count,
    "stop": _texts,
    "seed": _integer,
    "timeout": _seconds,
}
