"""The keeper: which processes there are, which of them wait, and how long."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import trio
from attrs import define

from ..transport.process.shelf import Kept, Shelf

if TYPE_CHECKING:
    from ..transport.process.pool_key import PoolKey
    from .held import Held


@define(eq=False)
class Resting:
    """A process that waits.

    Args:
        held: it.
        watch: watches it; cancelled when it is taken.
        left: set when nobody watches it any more.
    """

    held: Held
    watch: trio.CancelScope
    left: trio.Event


class Keeper:
    """Keeps processes for whoever needs one.

    Args:
        nursery: where those that wait are watched.
        changed: called when one has gone.
    """

    def __init__(self, nursery: trio.Nursery, changed: Callable[[], None]) -> None:
        self.all: set[Held] = set()
        self._shelf: Shelf[PoolKey, Resting] = Shelf()
        self._nursery, self._changed = nursery, changed

    @property
    def empty(self) -> bool:
        """Whether there is no process."""
        return not self.all

    def keep(self, key: PoolKey, held: Held, seconds: float) -> None:
        """Keep one for some time."""
        resting = Resting(held, trio.CancelScope(deadline=trio.current_time() + seconds), trio.Event())
        for kept in self._shelf.put(Kept(key=key, item=resting, until=resting.watch.deadline)):
            kept.item.watch.cancel()
            self._nursery.start_soon(self.end, kept.item.held)
        self._nursery.start_soon(self._watch, resting)

    async def take(self, key: PoolKey) -> Held | None:
        """One that fits; nobody here reads what it writes any more."""
        while (kept := self._shelf.take(key, trio.current_time())) is not None:
            held = kept.item.held
            kept.item.watch.cancel()
            with trio.CancelScope(shield=True):
                await kept.item.left.wait()
            if held.silent:
                return held
            # It has spoken, or died, and whoever watched it has had no time to see that.
            self._nursery.start_soon(self._kill, held)
        return None

    def waiting(self) -> dict[Held, float]:
        """Those that wait, and how many seconds each will do so."""
        now = trio.current_time()
        return {kept.item.held: max(0.0, kept.until - now) for kept in self._shelf.all()}

    async def end_waiting(self) -> None:
        """End all that wait, gently."""
        async with trio.open_nursery() as nursery:
            for held in self.waiting():
                nursery.start_soon(held.close)
        for kept in self._shelf.all():
            kept.item.watch.cancel()

    async def end(self, held: Held) -> None:
        """End one gently."""
        await held.close()
        self.gone(held)

    def gone(self, held: Held) -> None:
        """One has ended."""
        self.all.discard(held)
        self._changed()

    def table(self) -> list[dict[str, Any]]:
        """All processes, for people."""
        waiting = self.waiting()
        return [
            {
                "provider": held.owner or held.name,
                "name": held.name,
                "pid": held.pid,
                "state": "idle" if held in waiting else "busy",
                "turns": held.turns,
                "seconds": round(waiting[held]) if held in waiting else None,
                "memory": held.memory(),
                "sandbox": held.level,
            }
            for held in sorted(self.all, key=lambda held: (held.owner, held.pid))
        ]

    async def _watch(self, resting: Resting) -> None:
        disturbed = False
        try:
            with resting.watch:
                await resting.held.rest()
                disturbed = True
        finally:
            resting.left.set()
        if self._shelf.drop(resting):
            await (self._kill(resting.held) if disturbed else self.end(resting.held))

    async def _kill(self, held: Held) -> None:
        await held.kill()
        self.gone(held)
