"""Limits, budgets and closed endpoints that many processes share, in a Redis."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import trio

from claif.api import ClaifError, Claim, Secret, Settlement, SharedState, Verdict

from .claims import Call, Closing, closing, leaving_place, let_in, settling, taking, verdict_of
from .failures import late
from .link import Link, Sent
from .store import PREFIX, TIMEOUT

if TYPE_CHECKING:
    from .scripts import Script

TOGETHER = 0.01
"""Seconds for which settlements are gathered, to be sent together."""
PAUSE = 0.5
"""Seconds after which a server is asked again that could not be reached."""
BATCH = 200
"""Settlements that are sent in one round trip."""
QUEUE = 10_000
"""Settlements that wait for a server at most; of more, the oldest are given up: for them the worst case stands."""


class RedisState(SharedState):
    """Shares limits, budgets and closed endpoints in a Redis or Valkey, whose clock is the only one.

    A settlement is sent at most once, since what is given back twice would let too much through. If nobody knows
    whether it arrived, the claim stands, and only the place is given back once more.

    Args:
        url: where the server is, see `redis_address`.
        password: the server's, if it is not in the URL.
        prefix: what all keys begin with, without the colon that follows; who uses the same one shares.
        timeout: seconds that each exchange may take.

    Raises:
        InvalidConfigError: the URL is none.
    """

    name: ClassVar[str] = "redis"

    def __init__(
        self,
        url: str | Secret | None = None,
        *,
        password: Secret | None = None,
        prefix: str = PREFIX,
        timeout: float = TIMEOUT,
    ) -> None:
        self._link = Link(url, password, timeout)
        self._prefix = f"{prefix}:"
        self._queue: deque[Call | Closing] = deque(maxlen=QUEUE)
        self._queued = trio.Event()
        self._sending = trio.Lock()
        self._taking_back: set[trio.Event] = set()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Send settlements soon, until cancelled."""
        async with trio.open_nursery() as nursery:
            await nursery.start(self._link.run)
            task_status.started()
            await self._send_for_ever()

    async def aclose(self) -> None:
        """Send what is left, and wait for what is under way, if the server can be reached."""
        for done in list(self._taking_back):
            await done.wait()
        try:
            while self._queue or self._sending.locked():
                await self._send_some()
        except ClaifError:
            # The claims stand, and leases end: that is what becomes of a process that dies, too.
            self._queue.clear()

    async def take(self, claim: Claim) -> Verdict:
        """Let a call in if all permits: one round trip, or two if the server does not know the script yet."""
        call = taking(claim, self._prefix)
        sent: list[Any] = []
        try:
            with trio.move_on_after(self._link.timeout):
                return verdict_of(claim, await self._link.answer(call.script, call.keys, call.arguments, sent))
        except trio.Cancelled:
            if sent:
                done = trio.Event()
                if self._link.start_soon(partial(self._take_back, claim, sent, done)):
                    self._taking_back.add(done)
            raise
        except ClaifError:
            if sent:
                self._add(leaving_place(claim, self._prefix))
            raise
        self._link.drop()
        self._add(leaving_place(claim, self._prefix))
        raise late(self._link.server, self._link.timeout)

    def settle(self, settlement: Settlement) -> None:
        """Tell it to the others, soon."""
        self._add(settling(settlement, self._prefix))

    def close_endpoint(self, endpoint: str, seconds: float) -> None:
        """Tell the others to leave an endpoint alone, soon."""
        self._add(closing(endpoint, seconds, trio.current_time(), self._prefix))

    def _add(self, work: Call | Closing | None) -> None:
        if work is not None:
            self._queue.append(work)
            self._queued.set()

    async def _take_back(self, claim: Claim, sent: Sent, done: trio.Event) -> None:
        """Give back what a call took that was cancelled before it knew; then set the event."""
        try:
            with trio.move_on_after(self._link.timeout):
                try:
                    (answer,) = await self._link.answers(sent)
                except ClaifError:
                    pass
                else:
                    verdict = verdict_of(claim, answer)
                    if let_in(verdict):
                        self.settle(Settlement(claim, verdict, used=(0.0,) * len(claim.rates), spent=0.0))
                    return
            self._add(leaving_place(claim, self._prefix))
        finally:
            self._taking_back.discard(done)
            done.set()

    async def _send_for_ever(self) -> None:
        while True:
            await self._queued.wait()
            await trio.sleep(TOGETHER)
            try:
                while self._queue:
                    await self._send_some()
            except ClaifError:
                await trio.sleep(PAUSE)
            else:
                self._queued = trio.Event()

    async def _send_some(self) -> None:
        async with self._sending:
            if not self._queue:
                return
            works = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
            now = trio.current_time()
            calls = [call for work in works if (call := work.due(now)) is not None]
            reached = False
            try:
                with trio.move_on_after(self._link.timeout):
                    # A server that has forgotten the scripts learns them in the same round trip.
                    known: dict[str, Script] = {call.script.sha: call.script for call in calls}
                    commands = [call.script.command(call.keys, call.arguments) for call in calls]
                    sent = await self._link.send(*[script.load() for script in known.values()], *commands)
                    reached = True
                    await self._link.answers(sent)
                    works.clear()
                if works:
                    self._link.drop()
                    raise late(self._link.server, self._link.timeout)
            finally:
                left = [work.again for work in works] if reached else works
                self._queue.extendleft([work for work in reversed(left) if work is not None])
