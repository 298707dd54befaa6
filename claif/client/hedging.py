"""Hedging: a second member is asked when the first takes long; the first to begin its answer wins."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import trio

from ..errors import ClaifError
from ..models import Event, Notice
from ..pipeline.edge import Edge
from ..pipeline.run import Run, current_run

if TYPE_CHECKING:
    from ..pipeline.types import Emit
    from ..routing.course import Ask

Attempt = Callable[["Ask", "Emit", "Callable[[], None]"], Awaitable[bool]]
"""Asks a member; is called when its answer begins, and says whether it answered."""


class _Runner:
    """One of those that were asked."""

    def __init__(self, step: Ask, run: Run) -> None:
        self.step = step
        self.scope = trio.CancelScope()
        # What is known of the attempt, such as its provider, is its own; the winner's becomes the query's.
        self.run = run.branch()


class Hedged:
    """One query, asked of a second member if the first does not begin its answer in time.

    Args:
        attempt: asks a member.
        second: whom to ask then; `None` if there is nobody.
        emit: takes the events of the winner, in the task that called `run`.
    """

    def __init__(self, attempt: Attempt, second: Callable[[], Ask | None], emit: Emit) -> None:
        self._attempt, self._second, self._emit = attempt, second, emit
        self._edge: Edge[Event] = Edge()
        self._runners: list[_Runner] = []
        self._running = 0
        self._winner: _Runner | None = None
        self._failure: ClaifError | None = None
        self._answered = False

    async def run(self, first: Ask, seconds: float) -> bool:
        """Ask the first, and after so many seconds the second; whether one answered.

        Raises:
            ClaifError: the winner failed after its answer had begun, or one failed as everybody would.
        """
        async with trio.open_nursery() as nursery:
            self._start(nursery, first)
            with trio.move_on_after(seconds) as timer:
                await self._edge.wait()
            if timer.cancelled_caught:
                await self._hedge(nursery, seconds)
            async for event in self._edge:
                await self._emit(event)
            nursery.cancel_scope.cancel()
        attempts = current_run.get().attempts
        for runner in sorted(self._runners, key=lambda runner: runner is self._winner):
            attempts += runner.run.attempts
        if self._failure is not None:
            raise self._failure
        return self._answered

    async def _hedge(self, nursery: trio.Nursery, seconds: float) -> None:
        """Ask another member too, if there is one."""
        if (step := self._second()) is not None:
            slow = self._runners[0].step.candidate
            text = f"{slow} has not begun to answer after {seconds:.2f} s; {step.candidate} is asked too."
            await self._emit(Notice("hedge", text, {"provider": step.candidate.provider, "seconds": seconds}))
            self._start(nursery, step)

    def _start(self, nursery: trio.Nursery, step: Ask) -> None:
        runner = _Runner(step, current_run.get())
        self._runners.append(runner)
        self._running += 1
        nursery.start_soon(self._one, runner, current_run.get())

    async def _one(self, runner: _Runner, run: Run) -> None:
        current_run.set(runner.run)

        def opened() -> None:
            self._winner = runner
            run.provider, run.model, run.limits = runner.run.provider, runner.run.model, runner.run.limits
            run.member = runner.run.member
            for other in self._runners:
                if other is not runner:
                    other.scope.cancel()

        async def emit(event: Event) -> None:
            if self._winner not in {None, runner}:
                await trio.sleep_forever()  # it has lost and is cancelled
            await self._edge.send(event)

        try:
            with runner.scope:
                self._answered = await self._attempt(runner.step, emit, opened) or self._answered
        except ClaifError as error:
            if self._winner in {None, runner}:
                self._failure = error
        finally:
            self._running -= 1
            if not self._running or self._winner is runner:
                self._edge.end()
