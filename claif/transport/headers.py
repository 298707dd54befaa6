"""Headers: checked before they are sent, and masked wherever their values might be shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Self

from ..config.secret import Secret
from ..errors import InvalidConfigError

Headers = Mapping[str, "str | Secret"] | Sequence[tuple[str, "str | Secret"]]
RawHeaders = list[tuple[bytes, bytes]]

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\x20-\x7e\xa0-\xff]*")


class SecretBytes(bytes):
    """Bytes that show nothing of themselves when a log or a traceback prints them.

    As long as they live, the redactor knows them.
    """

    def __new__(cls, data: bytes) -> Self:
        """Take the bytes."""
        made = super().__new__(cls, data)
        made.known = Secret(data.decode("latin-1"))
        return made

    known: Secret

    def __repr__(self) -> str:
        return "b'********'"

    __str__ = __repr__


def raw_headers(headers: Headers) -> RawHeaders:
    """The headers as they are sent.

    Args:
        headers: names and values; a `Secret` stays masked.

    Raises:
        InvalidConfigError: a name or value that HTTP does not allow; the value is not shown.
    """
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return [_raw(name, value) for name, value in pairs]


def _raw(name: str, value: str | Secret) -> tuple[bytes, bytes]:
    text = value if isinstance(value, str) else value.reveal()
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(text):
        raise InvalidConfigError(
            f"The header {name[:100]!r} has a character that HTTP does not allow.",
            hint="If it carries the API key: was the key copied with a line break or a quotation mark?",
        )
    data = text.strip().encode("latin-1")
    return name.encode(), data if isinstance(value, str) else SecretBytes(data)


def header(headers: Iterable[tuple[bytes, bytes]], name: str) -> str | None:
    """The value of the first header of this name, in any case.

    Args:
        headers: names and values as they came.
        name: the name.
    """
    wanted = name.lower().encode()
    for key, value in headers:
        if len(key) == len(wanted) and key.lower() == wanted:
            return value.decode("latin-1")
    return None
