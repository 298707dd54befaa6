"""What comes out of the portal one by one, for a plain thread that iterates."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .thread_waiter import ThreadWaiter, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from .feed import Feed

T = TypeVar("T")
S = TypeVar("S")


class Items(Generic[T]):
    """What a feed gives, as it comes."""

    def __init__(self, feed: Feed[T, Any], waiter: ThreadWaiter) -> None:
        self._feed = feed
        self._waiter = waiter

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        feed = self._feed
        if not feed.ready():
            feed.call.check()
            self._waiter.wait(feed.ready)
        if feed.ended():
            raise StopIteration
        return feed.take()


class Block(AbstractContextManager[S]):
    """Begins a feed on entry and ends it on exit.

    It is no generator, because in the code that enters one, Ctrl-C could come between its beginning and the block.

    Args:
        make: makes the feed, given how to wake its consumer.
        view: what the block gives: an iterator over the feed.
    """

    def __init__(
        self, make: Callable[[Callable[[], bool]], Feed[Any, Any]], view: Callable[[Feed[Any, Any], ThreadWaiter], S]
    ) -> None:
        self._waiter = ThreadWaiter()
        self._feed = make(self._waiter.wake)
        self._view = view

    def __enter__(self) -> S:
        items = self._view(self._feed, self._waiter)
        try:
            self._feed.call.start()
        except BaseException:
            settle(self._feed.call, self._waiter)
            raise
        return items

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        settle(self._feed.call, self._waiter)
