"""Secrets: texts that can be used but not printed, copied, stored or logged by accident."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn, final

MASK = "********"
"""What is shown in place of a secret; it tells nothing about the secret's length."""


@final
class Secret:
    """A text, such as an API key, that only `reveal()` gives back.

    It masks itself wherever Python turns objects into text, and refuses to be copied, pickled or written as JSON.
    An empty secret is false. Two secrets are compared in constant time.

    Args:
        value: the text, or another secret.

    Raises:
        TypeError: the value is neither.
    """

    __slots__ = ("_reveal",)

    def __init__(self, value: str | Secret) -> None:
        text = value.reveal() if isinstance(value, Secret) else value
        if not isinstance(text, str):
            raise TypeError("a secret must be a string")
        # A closure: tools that walk over attributes (debuggers, serializers, loggers) find a function, not the text.
        self._reveal: Callable[[], str] = lambda: text

    def reveal(self) -> str:
        """The text itself."""
        return self._reveal()

    def __bool__(self) -> bool:
        return bool(self._reveal())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        from hmac import compare_digest

        return compare_digest(self._bytes(), other._bytes())

    def __hash__(self) -> int:
        return hash((Secret, self._reveal()))

    def _bytes(self) -> bytes:
        return self._reveal().encode("utf-8", "surrogatepass")

    def __repr__(self) -> str:
        return f"<Secret {MASK}>"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("a secret cannot be copied, pickled or serialized")

    def __copy__(self) -> NoReturn:
        self.__reduce_ex__(0)

    def __deepcopy__(self, _memo: object) -> NoReturn:
        self.__reduce_ex__(0)


def seal(value: Any) -> Any:
    """The same tables and lists with each `api_key` a secret, wherever it stands."""
    if isinstance(value, Mapping):
        return {
            key: Secret(item) if key == "api_key" and isinstance(item, str) else seal(item)
            for key, item in value.items()
        }
    return [seal(item) for item in value] if isinstance(value, list | tuple) else value
