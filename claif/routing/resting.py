"""Resting: what stands beside a query is waited for so long and no longer, and left alone for a while if it fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import trio

from ..config.redact import redact
from ..errors import ClaifError, TimeoutError
from ..logs import logger

T = TypeVar("T")

PAUSE = 5.0
"""Seconds for which a server that failed is left alone; then one call tries it, and the others go on without it."""


class Resting:
    """Calls a server; a call that fails or takes too long has the result that the caller can do with.

    Args:
        what: what is called, for the log.
        timeout: seconds that a call may take.
    """

    def __init__(self, what: str, timeout: float) -> None:
        self.timeout = timeout
        self._what = what
        self._rests_until = float("-inf")
        self._down = False

    @property
    def down(self) -> bool:
        """Whether the last call failed."""
        return self._down

    async def call(self, act: Callable[[], Awaitable[T]], otherwise: T, *, patience: float = 1) -> T:
        """Call the server.

        Args:
            act: does it.
            otherwise: the result if it cannot be done now.
            patience: how many times longer than usual it may take.
        """
        now = trio.current_time()
        if now < self._rests_until:
            return otherwise
        if self._down:
            self._rests_until = now + PAUSE  # this call tries it, and no other one meanwhile
        try:
            with trio.move_on_after(self.timeout * patience) as limit:
                result = await act()
                self._works()
                return result
            failure: ClaifError = TimeoutError(f"it did not answer within {self.timeout * patience:g} s")
            if not limit.cancelled_caught:
                return otherwise
        except ClaifError as error:
            failure = error
        self._failed(failure)
        return otherwise

    def _works(self) -> None:
        if self._down:
            logger.info("{} works again", self._what)
        self._down, self._rests_until = False, float("-inf")

    def _failed(self, error: ClaifError) -> None:
        if not self._down:
            logger.warning("{} is left alone for {:g} s: {}", self._what, PAUSE, redact(error.message))
        self._down, self._rests_until = True, trio.current_time() + PAUSE
