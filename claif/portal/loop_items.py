"""What comes out of the portal one by one, for an asyncio task that iterates."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .loop_waiter import LoopWaiter, settle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from .feed import Feed

T = TypeVar("T")
S = TypeVar("S")


class Items(Generic[T]):
    """What a feed gives, as it comes."""

    def __init__(self, feed: Feed[T, Any], waiter: LoopWaiter) -> None:
        self._feed = feed
        self._waiter = waiter

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        feed = self._feed
        if not feed.ready():
            feed.call.check()
            await self._waiter.wait(feed.ready)
        if feed.ended():
            raise StopAsyncIteration
        return feed.take()


@asynccontextmanager
async def block(
    make: Callable[[Callable[[], bool]], Feed[Any, Any]], view: Callable[[Feed[Any, Any], LoopWaiter], S]
) -> AsyncIterator[S]:
    """Begin a feed on entry and end it on exit.

    Args:
        make: makes the feed, given how to wake its consumer.
        view: what the block gives: an iterator over the feed.
    """
    waiter = LoopWaiter()
    feed = make(waiter.wake)
    try:
        feed.call.start()
        yield view(feed, waiter)
    finally:
        await settle(feed.call, waiter)  # noqa: ASYNC102 - bounded itself
