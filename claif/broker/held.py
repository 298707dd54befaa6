"""A process that the broker holds: its pipes are used by whoever it is lent to, its end is ours."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import trio

from ..transport.broker.child import is_silent
from ..transport.process.output import READ
from ..transport.process.process import Process


class Held(Process):
    """A process whose output somebody else reads.

    Attributes:
        owner: name of the provider that it serves.
        state: what the last client's driver knew of it.
        turns: how often it was used.
        renewing: whether it was left while it gets ready, so that it speaks to the next client before it is asked.
    """

    owner = ""
    state: Mapping[str, Any] = {}
    turns = 0
    renewing = False

    @property
    def silent(self) -> bool:
        """Whether it lives and has said nothing while it waited; one that gets ready may have, to the next client."""
        return self.returncode is None and (self.renewing or is_silent(self._child.stdout.fileno()))

    def fds(self) -> list[int]:
        """Its standard streams: input, output, errors."""
        child = self._child
        return [child.stdin.fileno(), child.stdout.fileno(), child.stderr.fileno()]

    async def rest(self) -> None:
        """Wait until it says something that nobody has asked for, or ends; what it complains of is thrown away."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._deaf)
            if self.renewing:
                await self.wait()
            elif not self._gone.is_set():
                with suppress(trio.ClosedResourceError):  # it has ended, and its descriptors were given back
                    await trio.lowlevel.wait_readable(self._child.stdout.fileno())
            nursery.cancel_scope.cancel()

    async def _deaf(self) -> None:
        with suppress(trio.ClosedResourceError):
            while await self._child.stderr.receive_some(READ):
                pass

    async def _listen(self) -> None:
        self._output.over.set()
        self._words.drained.set()
        await trio.lowlevel.checkpoint()
