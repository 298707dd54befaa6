"""Cancels a piece of work at its n-th step, for every n: the moments at which cancellation can hit it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import trio

MOST_STEPS = 2000
"""Steps after which a piece of work counts as endless."""


class CancelAt(trio.abc.Instrument):
    """Cancels `scope` once the task `root` and the tasks below it have taken so many steps together."""

    def __init__(self, step: int) -> None:
        self.left = step
        self.scope = trio.CancelScope()
        self.root: trio.lowlevel.Task | None = None

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """Count a step; the task waits now, or has ended."""
        if self.left and self._is_below(task):
            self.left -= 1
            if not self.left:
                self.scope.cancel()

    def _is_below(self, task: trio.lowlevel.Task) -> bool:
        above: trio.lowlevel.Task | None = task
        while above is not None and above is not self.root:
            above = above.parent_nursery.parent_task if above.parent_nursery else None
        return above is not None


async def cancel_at_step(step: int, work: Callable[[], Awaitable[object]]) -> bool:
    """Run a piece of work and cancel it at its n-th step.

    Args:
        step: n, counted from 1.
        work: is awaited in a task of its own. What it raises, except that it was cancelled, is raised.

    Returns:
        Whether it took so many steps; if not, it was not cancelled.
    """
    instrument = CancelAt(step)

    async def run() -> None:
        instrument.root = trio.lowlevel.current_task()
        with instrument.scope:
            await work()

    trio.lowlevel.add_instrument(instrument)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run)
    finally:
        trio.lowlevel.remove_instrument(instrument)
    return not instrument.left


async def cancelled_at_every_step(work: Callable[[], Awaitable[object]], most: int = MOST_STEPS) -> AsyncIterator[int]:  # noqa: ASYNC900 - it yields where nothing is open
    """Run a piece of work again and again, cancelled at its first step, at its second and so on, until it ends.

    Iterate over this to look after each cancellation whether anything is left.

    Args:
        work: see `cancel_at_step`.
        most: steps after which it counts as endless.
    """
    for step in range(1, most + 1):
        if not await cancel_at_step(step, work):
            return
        yield step
    raise AssertionError(f"the work takes more than {most} steps")
