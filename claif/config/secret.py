"""Secrets: texts that can be used but not printed, copied, stored or logged by accident."""

from __future__ import annotations

from typing import NoReturn, final

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
        if isinstance(value, Secret):
            self._reveal = value._reveal
            return
        if not isinstance(value, str):
            raise TypeError("a secret must be a string")
        # A closure: tools that walk over attributes (debuggers, serializers, loggers) find a function, not the text.
        self._reveal = lambda: value

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
