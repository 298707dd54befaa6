"""Secrets: texts that can be used but not printed, copied, stored or logged by accident.

Every living secret is known here, so that the redactor can find it in texts that come from elsewhere. A library knows
them weakly: what nobody holds any more is forgotten. A program, which prints errors when all else is gone, remembers.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, final
from weakref import ref

MASK = "********"
"""What is shown in place of a secret; it tells nothing about the secret's length."""

Fetch = Callable[[Callable[[], None]], str]
"""Gets a secret's text from where it is kept; calls its argument now and then, which raises when nobody waits."""

_living: dict[int, ref[Secret]] = {}
_remembered: list[Secret] | None = None
derived: dict[str, Any] = {}
"""What others made of the known secrets; emptied whenever these change, so that it outlives none of them."""


def _nothing() -> None:
    pass


class _Later:
    """A text that is fetched when it is first asked for; once, also if several threads ask."""

    __slots__ = ("_fetch", "_lock", "_text")

    def __init__(self, fetch: Fetch) -> None:
        self._fetch: Fetch | None = fetch
        self._lock = allocate_lock()
        self._text: Callable[[], str] | None = None

    @property
    def pending(self) -> bool:
        return self._text is None

    def __call__(self, alive: Callable[[], None] = _nothing) -> str:
        with self._lock:
            if self._text is not None:
                return self._text()
            assert self._fetch is not None  # noqa: S101 - it goes when the text comes
            text = self._fetch(alive)
            self._text, self._fetch = lambda: text, None
        derived.clear()
        return text


@final
class Secret:
    """A text, such as an API key, that only `reveal()` gives back.

    It masks itself wherever Python turns objects into text, and refuses to be copied, pickled or written as JSON.
    An empty secret is false. Two secrets are compared in constant time.

    Args:
        value: the text, or another secret.
        known: whether the redactor looks for it; not for a text that only may be a secret.
        fallback: whether it is used only where nothing else is said, see `find_key`.

    Raises:
        TypeError: the value is neither.
    """

    __slots__ = ("__weakref__", "_reveal", "fallback")

    def __init__(self, value: str | Secret, *, known: bool = True, fallback: bool = False) -> None:
        self.fallback = fallback
        if isinstance(value, Secret):
            self._reveal: Callable[[], str] = value._reveal  # noqa: SLF001 - of its own kind
        elif isinstance(value, str):
            # A closure: what walks over attributes (debuggers, serializers, loggers) finds a function, not the text.
            self._reveal = lambda: value
        else:
            raise TypeError("a secret must be a string")
        if known:
            _know(self)

    @classmethod
    def later(cls, fetch: Fetch) -> Secret:
        """A secret whose text is fetched when it is first needed.

        Args:
            fetch: gets the text; may take its time, and is called once.
        """
        made = cls("", known=False)
        made._reveal = _Later(fetch)
        _know(made)
        return made

    def reveal(self) -> str:
        """The text itself.

        Raises:
            ClaifError: it has to be fetched first, and cannot be.
        """
        return self._reveal()

    @property
    def pending(self) -> bool:
        """Whether the text has to be fetched first, which may take long."""
        return isinstance(self._reveal, _Later) and self._reveal.pending

    def fetch(self, alive: Callable[[], None] = _nothing) -> None:
        """Fetch the text, unless that was done; it blocks, so async code calls it in a thread.

        Args:
            alive: called now and then; whatever it raises ends the fetching.

        Raises:
            ClaifError: it cannot be fetched.
        """
        if isinstance(self._reveal, _Later):
            self._reveal(alive)

    def __bool__(self) -> bool:
        return self.pending or bool(self._reveal())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        if isinstance(self._reveal, _Later) or isinstance(other._reveal, _Later):
            # To compare must not run a command, and what two secrets are to each other must not change later.
            return self._reveal is other._reveal
        from hmac import compare_digest

        return compare_digest(self._bytes(), other._bytes())

    def __hash__(self) -> int:
        return hash(self._reveal if isinstance(self._reveal, _Later) else (Secret, self._reveal()))

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


def _know(secret: Secret) -> None:
    key = id(secret)

    def forget(_: object) -> None:
        _living.pop(key, None)
        derived.clear()

    _living[key] = ref(secret, forget)
    if _remembered is not None:
        _remembered.append(secret)
    derived.clear()


def known_texts() -> set[str]:
    """The texts of all known secrets that are there, or were fetched."""
    secrets = [living() for living in list(_living.values())]
    return {secret.reveal() for secret in secrets if secret is not None and not secret.pending}


def remember_secrets() -> None:
    """Forget no secret from now on, as befits a program that ends soon and must be able to redact until then."""
    global _remembered  # noqa: PLW0603 - a process has one memory
    if _remembered is None:
        _remembered = [secret for living in list(_living.values()) if (secret := living()) is not None]


def seal(value: Any) -> Any:
    """The same tables and lists with each `api_key` a secret, wherever it stands."""
    if isinstance(value, Mapping):
        return {
            key: Secret(item) if key == "api_key" and isinstance(item, str) else seal(item)
            for key, item in value.items()
        }
    return [seal(item) for item in value] if isinstance(value, list | tuple) else value
