"""The shelf: which idle things are kept for the next use, which is taken, and which go; it only decides."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

from attrs import frozen

from ..limits import MIB

T = TypeVar("T")


@frozen(kw_only=True)
class ShelfLimits:
    """How much is kept.

    Args:
        each: idle ones of one key.
        total: idle ones in all.
        turns: uses after which one is thrown away, for programs grow old.
        memory: bytes above which one is thrown away.
    """

    each: int = 2
    total: int = 8
    turns: int = 50
    memory: int = 1024 * MIB


@frozen(eq=False)
class Kept(Generic[T]):
    """Something on the shelf.

    Args:
        key: what it fits.
        item: it.
        turns: how often it was used.
        until: the time at which it is thrown away.
    """

    key: Hashable
    item: T
    turns: int
    until: float


class Shelf(Generic[T]):
    """Idle things in the order in which they were put there. Times are those of any one clock, in seconds.

    Args:
        limits: how much is kept.
    """

    def __init__(self, limits: ShelfLimits | None = None) -> None:
        self.limits = limits or ShelfLimits()
        self._kept: list[Kept[T]] = []

    def __len__(self) -> int:
        return len(self._kept)

    def has(self, key: Hashable) -> bool:
        """Whether something fits."""
        return any(kept.key == key for kept in self._kept)

    def take(self, key: Hashable, now: float) -> Kept[T] | None:
        """What fits and was put there last; it is gone from the shelf then."""
        for kept in reversed(self._kept):
            if kept.key == key and kept.until > now:
                self._kept.remove(kept)
                return kept
        return None

    def put(self, kept: Kept[T], now: float, *, memory: int = 0) -> list[Kept[T]]:
        """Put something there.

        Args:
            kept: it.
            now: the time.
            memory: bytes that it has.

        Returns:
            What is to be thrown away for it: it itself if it is too old or large, or what was there longest.
        """
        if kept.turns >= self.limits.turns or memory > self.limits.memory or kept.until <= now:
            return [kept]
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

    def expire(self, now: float) -> list[Kept[T]]:
        """Take away, and return, what was there too long."""
        late = [kept for kept in self._kept if kept.until <= now]
        self._kept = [kept for kept in self._kept if kept.until > now]
        return late

    def next_expiry(self) -> float | None:
        """The earliest time at which something is there too long; `None` if nothing is there."""
        return min((kept.until for kept in self._kept), default=None)
