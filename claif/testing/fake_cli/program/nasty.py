"""What a bad program does: it floods, ends in no newline, ignores signals, and leaves children behind."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from .wire import Wire

LIFETIME = 600
"""Seconds after which whatever a test has forgotten ends by itself."""
STUBBORN = ("SIGTERM", "SIGHUP", "SIGINT")


def limit_lifetime() -> None:
    """End by an alarm, however stubborn."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(LIFETIME)


def ignore_signals() -> None:
    """Be deaf to what asks a program to end."""
    for name in STUBBORN:
        signal.signal(getattr(signal, name), signal.SIG_IGN)


def beget(kinds: list[str]) -> None:
    """Start children that are stubborn too and keep standard output open; when this returns, they are ready.

    Args:
        kinds: `plain` stays in the process group, `session` has a session of its own as the tools of agents do,
            `daemon` has lost its parent besides.
    """
    ready, say_ready = os.pipe()
    for kind in kinds:
        child = os.fork()
        if child == 0:
            _live(kind, say_ready)
        if kind == "daemon":
            os.waitpid(child, 0)
    for _ in kinds:
        os.read(ready, 1)
    os.close(ready)
    os.close(say_ready)


def _live(kind: str, say_ready: int) -> NoReturn:
    if kind != "plain":
        os.setsid()
    if kind == "daemon" and os.fork():
        os._exit(0)
    ignore_signals()
    limit_lifetime()
    os.write(say_ready, b".")
    os.closerange(3, say_ready + 1)
    while True:
        time.sleep(LIFETIME)


def flood(wire: Wire, data: bytes, count: int | None, descriptor: int) -> None:
    """Write the same so many times, or for ever."""
    block = max(1, 65_536 // max(1, len(data)))
    while count is None or count > 0:
        now = block if count is None else min(block, count)
        wire.write(data * now, descriptor)
        count = None if count is None else count - now


def die(code: int, number: int) -> NoReturn:
    """End at once, by a signal if there is one."""
    if number:
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        time.sleep(LIFETIME)
    os._exit(code)
