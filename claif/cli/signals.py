"""Ctrl-C and its relatives: the first cancels what runs, so that it can clean up; the second ends the process."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import trio

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))

last_acts: list[Callable[[], object]] = []
"""What is done before a second signal ends the process at once: quick, and never failing."""


class Interruption:
    """The signal that came, if one came."""

    __slots__ = ("signal",)

    def __init__(self) -> None:
        self.signal: int | None = None

    @property
    def exit_code(self) -> int | None:
        """What a shell expects of a program that this signal has ended."""
        return None if self.signal is None else 128 + self.signal


@contextmanager
def interruptible(scope: trio.CancelScope) -> Iterator[Interruption]:
    """Cancel the scope at the first signal; signals that the parent process has told us to ignore stay ignored."""
    interruption = Interruption()
    token = trio.lowlevel.current_trio_token()

    def handle(number: int, _frame: FrameType | None) -> None:
        if interruption.signal is not None:
            for act in last_acts:
                act()
            os._exit(128 + number)
        interruption.signal = number
        token.run_sync_soon(scope.cancel)

    previous: dict[int, Any] = {}
    try:
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                previous[number] = signal.signal(number, handle)
        yield interruption
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
