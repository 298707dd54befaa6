"""Single flight: of equal queries that are asked at the same time one is sent, and its answer is for all.

The answer comes in a task of its own, which belongs to none of them: whoever leaves leaves the others what comes. The
first of those who wait is the leader, who is said to have asked; when it leaves, the next one is. When the last one has
left, nobody wants the answer any more, and it is cancelled.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

import trio

from ..errors import ClaifError

if TYPE_CHECKING:
    from ..models import Event
    from ..pipeline.run import Run
    from ..pipeline.types import Emit


class Flight:
    """One answer that is on its way to several.

    Args:
        run: what is known of the query that is sent; it is nobody's own.

    Attributes:
        events: what has come so far.
        scope: cancelled when nobody waits any more.
        ended: whether nothing will follow.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.events: list[Event] = []
        self.scope = trio.CancelScope()
        self.ended = False
        self._failure: BaseException | None = None
        self._riders: list[object] = []
        self._leader: object = None
        self._lot = trio.lowlevel.ParkingLot()

    def __len__(self) -> int:
        return len(self._riders)

    async def emit(self, event: Event) -> None:
        """An event has come."""
        self.events.append(event)
        if self._lot:
            self._lot.unpark_all()

    def end(self, failure: BaseException | None = None) -> None:
        """Nothing follows; `failure` is why, if the answer is not complete."""
        self._leader = next(iter(self._riders), None)
        self.ended, self._failure = True, failure
        self._lot.unpark_all()

    def leads(self, rider: object) -> bool:
        """Whether this is the one who asked: the first of those who wait, or did at the end."""
        return rider is (self._leader if self.ended else next(iter(self._riders), None))

    async def ride(self, run: Run, emit: Emit) -> bool:
        """Hand on all events, from the first on, until the end.

        Args:
            run: the query that wants them; it is told who answers.
            emit: takes the events, in this very task.

        Returns:
            Whether this one was the leader at the end.

        Raises:
            ClaifError: the answer is not complete; each one gets an error of its own.
        """
        self._riders.append(run)
        try:
            at = 0
            while True:
                if at < len(self.events):
                    run.provider, run.model, run.limits = self.run.provider, self.run.model, self.run.limits
                    while at < len(self.events):
                        await emit(self.events[at])
                        at += 1
                elif self.ended:
                    break
                else:
                    await self._lot.park()
            if self._failure is not None:
                raise _own(self._failure) from self._failure.__cause__
            return self.leads(run)
        finally:
            run.provider, run.model, run.limits = self.run.provider, self.run.model, self.run.limits
            run.attempts += self.run.attempts
            run.cached = self.run.cached
            self._riders.remove(run)
            if not self._riders and not self.ended:
                self.scope.cancel()


def _own(error: BaseException) -> BaseException:
    """An error for one of several who get it; each adds to it what is its own."""
    return copy(error) if isinstance(error, ClaifError) else error
