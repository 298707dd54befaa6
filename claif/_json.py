"""Strict JSON: what is not JSON is an error of ours, never a crash and never NaN."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from .errors import InvalidQueryError, ProtocolError


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decode = json.JSONDecoder(parse_constant=_constant).decode
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def loads(data: bytes | str) -> Any:
    """Parse JSON text.

    Raises:
        ProtocolError: it is not JSON, not UTF-8, has NaN, infinite or absurdly long numbers, or is nested too deep.
    """
    try:
        return _decode(data if isinstance(data, str) else data.decode())
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"The data is not valid JSON ({_reason(error)}).") from None


def dumps(value: Any) -> bytes:
    """Write JSON text as UTF-8.

    Raises:
        InvalidQueryError: the value has something that JSON cannot say (NaN, a lone surrogate, an object).
    """
    try:
        return _encode(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidQueryError(f"The value cannot be written as JSON ({_reason(error)}).") from None


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deep"
    if isinstance(error, UnicodeDecodeError):
        return f"invalid UTF-8 at byte {error.start}"
    if isinstance(error, UnicodeEncodeError):
        return f"a lone surrogate at position {error.start}"
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.pos}"
    return str(error).split("\n", 1)[0][:100]
