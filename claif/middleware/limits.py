"""The layer that keeps to the limits of an endpoint: requests and tokens per minute, and how many are asked at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from math import inf
from typing import TYPE_CHECKING, Any

import trio

from ..errors import RateLimitError
from ..models import Event, Notice, Query, TextBlock, ToolResultBlock, UsageReport
from ..pipeline.run import current_run
from ..pipeline.types import Emit, Handler, Layer, Slot
from ..routing.limiter import Limiter, Queue

if TYPE_CHECKING:
    from ..config.keep_going import LimitSettings
    from ..routing.limiter import Entry, Ticket
    from .shared_limits import SharedTurnstile

BYTES_OF_A_TOKEN = 4
"""On the average, in English; the difference is settled when the provider has told what was used."""
ANSWER = 1000
"""Tokens that an answer is thought to take when a query sets no `max_tokens`."""
TEXTS = (TextBlock, ToolResultBlock)
"""Kinds of blocks whose tokens can be estimated."""
TurnstileOf = Callable[[str], Awaitable["Turnstile | SharedTurnstile | None"]]
"""Gives what lets queries in to a provider; `None` where nothing is limited."""
TOLD = 0.5
"""Seconds of waiting from which on the user is told."""


class Turnstile:
    """Lets queries in to one endpoint, in the order in which they come.

    Args:
        name: the provider's name.
        settings: its limits.
    """

    def __init__(self, name: str, settings: LimitSettings) -> None:
        self.name = name
        self.limiter = Limiter(settings)
        self._max_wait = settings.max_wait
        self._queue = Queue(self.limiter)
        self._moved: dict[Ticket, trio.Event] = {}

    async def enter(self, tokens: int, until: float, emit: Emit) -> Entry:
        """Wait until a query may be asked.

        Args:
            tokens: how many it will take, as far as can be told.
            until: the time at which the query is given up.
            emit: is told if the wait is long.

        Raises:
            RateLimitError: the wait would be longer than the limits' `max_wait`, or than the query may take.
        """
        now = trio.current_time()
        if not self._queue and (entry := self.limiter.enter(now, tokens)) is not None:
            return entry
        ticket = self._queue.join(tokens)
        waited = min(self._max_wait, until - now)
        give_up = now + waited
        try:
            await self._tell(emit, self._queue.wait(now))
            while (now := trio.current_time()) < give_up:
                if self._queue.next_ready(now) is ticket and (entry := self.limiter.enter(now, tokens)) is not None:
                    return entry
                moved = self._moved[ticket] = trio.Event()
                wait = self._queue.wait(now) if self._queue.first is ticket else inf
                with trio.move_on_at(min(now + wait, give_up)):
                    await moved.wait()
        finally:
            self._queue.leave(ticket)
            self._moved.pop(ticket, None)
            self._wake_first()
        raise too_long(self.name, waited)

    def leave(self, entry: Entry, used: int | None) -> None:
        """A query has ended, which used so many tokens; `None` if nobody told."""
        self.limiter.leave(entry, trio.current_time(), used)
        self._wake_first()

    def _wake_first(self) -> None:
        if (first := self._queue.first) in self._moved:
            self._moved[first].set()

    async def _tell(self, emit: Emit, seconds: float) -> None:
        if seconds >= TOLD:
            when = (
                f"in {seconds:.1f} s at the earliest" if seconds < self._max_wait else "when another answer has ended"
            )
            await emit(Notice("limit", f"{self.name} is asked {when}, to keep to its limits.", {"provider": self.name}))


def too_long(name: str, seconds: float) -> RateLimitError:
    """The error of a query that has waited for so long."""
    return RateLimitError(
        f"{name} could not be asked within its limits in {seconds:g} s.",
        hint=f"Raise limits.{name}, or its max_wait, or ask another provider.",
        provider=name,
        code="limit",
        retryable=False,
    )


def own_turnstiles(limits: Mapping[str, LimitSettings]) -> TurnstileOf:
    """The limits of each provider, which this client keeps by itself."""
    turnstiles = {name: Turnstile(name, settings) for name, settings in limits.items()}

    async def of(name: str) -> Turnstile | None:
        return turnstiles.get(name)

    return of


def limits_layer(turnstile_of: TurnstileOf) -> Layer:
    """Have queries wait until the limits of their provider, `[limits.NAME]`, allow them."""

    def wrap(handler: Handler) -> Handler:
        async def limited(query: Query, emit: Emit) -> None:
            run = current_run.get()
            turnstile = await turnstile_of(run.provider or "")
            if turnstile is None:
                return await handler(query, emit)
            used: int | None = None

            def counting(event: Event) -> Awaitable[None]:
                nonlocal used
                if event.__class__ is UsageReport:
                    used = event.usage.total_tokens
                return emit(event)

            entry: Any = await turnstile.enter(estimate(query), run.deadline, emit)
            try:
                return await handler(query, counting)
            finally:
                turnstile.leave(entry, used)

        return limited

    return Layer(slot=Slot.RATE_LIMIT, wrap=wrap, name="limits", distribution="claif")


def estimate(query: Query) -> int:
    """The tokens that a query and its answer will take, as far as can be told before it is asked."""
    texts = [
        block.text if isinstance(block, TextBlock) else str(block.content)
        for message in query.messages
        for block in message.content
        if isinstance(block, TEXTS)
    ]
    asked = sum([len(text) if text.isascii() else len(text.encode(errors="replace")) for text in texts])
    asked //= BYTES_OF_A_TOKEN
    return asked + (query.options.max_tokens or ANSWER)
