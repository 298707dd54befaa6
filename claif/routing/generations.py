"""Generations: which value of a name is used from now on, and which older ones still are in use; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Generation(Generic[T]):
    """One value of a name, how many use it, and whether another one has taken its place."""

    __slots__ = ("name", "retired", "users", "value")

    def __init__(self, name: str, value: T) -> None:
        self.name = name
        self.value = value
        self.users = 0
        self.retired = False


class Generations(Generic[T]):
    """Counts who uses which value.

    What holds at any time:

    1. A name has at most one value that new users get.
    2. A value that was replaced or removed serves those who have it until the last of them gives it back.
    3. Exactly once for each such value, a call returns it: then nobody uses it, and nobody ever will.
    """

    def __init__(self) -> None:
        self._current: dict[str, Generation[T]] = {}
        self._retired: set[Generation[T]] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._current

    def __iter__(self) -> Iterator[T]:
        """Every value that is not done with, the newest of each name and older ones that are in use."""
        return iter([generation.value for generation in (*self._current.values(), *self._retired)])

    def look(self, name: str) -> T | None:
        """The value that new users of a name get; `None` if it has none."""
        generation = self._current.get(name)
        return None if generation is None else generation.value

    def put(self, name: str, value: T) -> T | None:
        """Give a name another value; returns the one before if nobody uses that."""
        done = self.remove(name)
        self._current[name] = Generation(name, value)
        return done

    def remove(self, name: str) -> T | None:
        """Take a name's value away from new users; returns it if nobody uses it."""
        generation = self._current.pop(name, None)
        if generation is None:
            return None
        generation.retired = True
        if generation.users:
            self._retired.add(generation)
            return None
        return generation.value

    def take(self, name: str) -> Generation[T]:
        """Use the value of a name, until it is given back.

        Raises:
            KeyError: it has none.
        """
        generation = self._current[name]
        generation.users += 1
        return generation

    def give_back(self, generation: Generation[T]) -> T | None:
        """Use a value no longer; returns it if it was replaced and this was its last user."""
        generation.users -= 1
        if generation.users or not generation.retired:
            return None
        self._retired.discard(generation)
        return generation.value
