"""The shelf: which idle things are kept for the next use, which is taken, and which go; it only decides."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

from attrs import frozen

from ..limits import MIB

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


@frozen(kw_only=True)
class ShelfLimits:
    """How much is kept.

    Args:
        each: idle ones of one key.
        total: idle ones in all.
    """

    each: int = 2
    total: int = 8


@frozen(kw_only=True)
class Wear:
    """When something is worn out, for programs grow old.

    Args:
        turns: uses after which it is thrown away.
        memory: bytes above which it is thrown away; `None` if it may have as much as it likes.
    """

    turns: int = 50
    memory: int | None = 1024 * MIB


@frozen(eq=False)
class Kept(Generic[K, T]):
    """Something on the shelf.

    Args:
        key: what it fits.
        item: it.
        until: the time at which it is thrown away.
    """

    key: K
    item: T
    until: float


class Shelf(Generic[K, T]):
    """Idle things in the order in which they were put there. Times are those of any one clock, in seconds.

    Args:
        limits: how much is kept.
    """

    def __init__(self, limits: ShelfLimits | None = None) -> None:
        self.limits = limits or ShelfLimits()
        self._kept: list[Kept[K, T]] = []

    def all(self) -> list[Kept[K, T]]:
        """All that is there."""
        return list(self._kept)

    def keys(self) -> list[K]:
        """The keys of all."""
        return [kept.key for kept in self._kept]

    def has(self, key: K) -> bool:
        """Whether something fits."""
        return key in self.keys()

    def take(self, key: K, now: float) -> Kept[K, T] | None:
        """What fits and was put there last; it is gone from the shelf then."""
        for kept in reversed(self._kept):
            if kept.key == key and kept.until > now:
                self._kept.remove(kept)
                return kept
        return None

    def put(self, kept: Kept[K, T]) -> list[Kept[K, T]]:
        """Put something there, and get what is to be thrown away for it: what was there longest."""
        self._kept.append(kept)
        same = [other for other in self._kept if other.key == kept.key]
        thrown = same[: max(0, len(same) - self.limits.each)]
        rest = [other for other in self._kept if other not in thrown]
        thrown += rest[: max(0, len(rest) - self.limits.total)]
        for other in thrown:
            self._kept.remove(other)
        return thrown

    def drop(self, item: T) -> bool:
        """Take something away for good; whether it was there."""
        before = len(self._kept)
        self._kept = [kept for kept in self._kept if kept.item is not item]
        return len(self._kept) < before

    def expire(self, now: float) -> list[Kept[K, T]]:
        """Take away, and return, what was there too long."""
        late = [kept for kept in self._kept if kept.until <= now]
        self._kept = [kept for kept in self._kept if kept.until > now]
        return late

    def next_expiry(self) -> float | None:
        """The earliest time at which something is there too long; `None` if nothing is there."""
        return min((kept.until for kept in self._kept), default=None)
