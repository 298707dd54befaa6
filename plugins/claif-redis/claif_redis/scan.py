"""Which rows a Redis has, in steps that keep nobody waiting: their keys, labels and sizes, never the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from claif.api import RowInfo

from .rows import HEAD, LONGEST_HEAD, labels_of

if TYPE_CHECKING:
    from .link import Command, Link

STEP = 500
"""Keys that are looked at in one round trip."""
KEY = 64
"""Characters of a whole key."""
_GLOB = frozenset("*?[]\\^-")


class Scan:
    """Goes through all rows whose key begins in a way; what is stored meanwhile may be left out.

    Args:
        link: the connection.
        space: what the server's keys of rows begin with.
        prefix: how the row's own key begins. A whole key is not searched for.
    """

    def __init__(self, link: Link, space: str, prefix: str = "") -> None:
        self._link = link
        self._space = space
        self._prefix = prefix
        self._cursor = b"0"
        self._seen: set[str] = set()
        self.done = False
        """Whether there are no more."""

    async def step(self) -> list[str]:
        """The next keys, which may be none; a key comes once.

        Raises:
            ConnectionError: the server fails.
        """
        if len(self._prefix) >= KEY:
            self.done = True
            return [self._prefix]
        pattern = "".join([f"\\{char}" if char in _GLOB else char for char in self._space + self._prefix]) + "*"
        ((cursor, found),) = await self._link.ask((b"SCAN", self._cursor, "MATCH", pattern, "COUNT", STEP))
        self._cursor, self.done = cursor, int(cursor) == 0
        keys = [name.decode(errors="replace")[len(self._space) :] for name in found]
        fresh = [key for key in dict.fromkeys(keys) if key not in self._seen]
        self._seen.update(fresh)
        return fresh

    async def infos(self) -> list[RowInfo]:
        """What is known of the next rows.

        Raises:
            ConnectionError: the server fails.
        """
        keys = await self.step()
        infos = []
        for key, (head, size) in zip(keys, await self._heads(keys, HEAD), strict=True):
            labels = labels_of(head)
            if labels is None and size > HEAD:
                ((longer, _),) = await self._heads([key], LONGEST_HEAD)
                labels = labels_of(longer)
            if labels is not None:
                infos.append(RowInfo(key, labels[0], size - labels[1]))
        return infos

    async def _heads(self, keys: Sequence[str], most: int) -> list[tuple[bytes, int]]:
        commands: list[Command] = []
        for key in keys:
            commands += [(b"GETRANGE", self._space + key, 0, most - 1), (b"STRLEN", self._space + key)]
        answers = await self._link.ask(*commands) if commands else []
        return list(zip(answers[::2], answers[1::2], strict=True))
