"""The controlling terminal, for a question whose answer no pipe can give: keys are read from it one by one.

Standard input may be a file, a pipe or an agent's; who asks for a permission asks the person at the terminal.
"""

from __future__ import annotations

import os
import sys
from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import inf
from typing import TextIO

import trio

from ..pipes import speaks
from ..render.output import Output
from ..signals import last_acts
from ..style import is_terminal

_PATH = "/dev/tty"
_LOOK = 0.03
"""Seconds between two looks for a key: kqueue, and with it trio, cannot wait for this device on macOS."""
_MOST = 4096
"""Bytes that are read at once."""


class Tty:
    """The terminal while a question is open: keys come at once and are not echoed; Ctrl-C stays a signal.

    Args:
        descriptor: the opened terminal.
        screen: the same for writing.
    """

    def __init__(self, descriptor: int, screen: TextIO) -> None:
        self.screen = screen
        self._descriptor = descriptor
        self._output = Output(screen)
        self._decoder = getincrementaldecoder("utf-8")("replace")

    @property
    def columns(self) -> int:
        """The width of the screen."""
        with suppress(OSError):
            return os.get_terminal_size(self._descriptor).columns or 80
        return 80

    async def write(self, text: str) -> None:
        """Write text."""
        await self._output.write(text)

    def write_now(self, text: str) -> None:
        """Write a last piece while the question is being cancelled."""
        self._output.write_now(text)

    async def read(self, patience: float = inf) -> str:
        """What was typed since the last time; nothing if no key was pressed within `patience` seconds.

        Raises:
            OSError: the terminal is gone.
        """
        with trio.move_on_after(patience):
            while not (typed := self._typed()):  # noqa: ASYNC110 - no key wakes anybody, see _LOOK
                await trio.sleep(_LOOK)
            return typed
        return ""

    def _typed(self) -> str:
        # Whoever was stopped (Ctrl-Z) and goes on finds the terminal as the shell left it.
        _take_keys(self._descriptor)
        # Whoever is stopped right here finds it waiting for whole lines, and would wait with it.
        if not speaks(self._descriptor, 0):
            return ""
        return self._decoder.decode(os.read(self._descriptor, _MOST))


@contextmanager
def terminal() -> Iterator[Tty | None]:
    """The controlling terminal, its modes given back at the end; `None` if nobody can be asked there.

    That is so where there is none (cron, services), where nothing that Claif writes is seen on a terminal (another
    program runs it), and in the background of a shell, where reading would stop the process.
    """
    descriptor = _opened()
    if descriptor is None:
        yield None
        return
    import termios

    with open(descriptor, "w", encoding=sys.stderr.encoding or "utf-8", errors="replace") as screen:
        before = termios.tcgetattr(descriptor)

        def give_back() -> None:
            if _in_foreground(descriptor):  # else it would stop us, and the shell has its own modes there
                with suppress(termios.error):
                    termios.tcsetattr(descriptor, termios.TCSANOW, before)

        last_acts.append(give_back)
        try:
            _take_keys(descriptor)
            # What was typed before the question could be read is no answer to it.
            termios.tcflush(descriptor, termios.TCIFLUSH)
            yield Tty(descriptor, screen)
        finally:
            last_acts.remove(give_back)
            give_back()


def _opened() -> int | None:
    """The terminal, if a person sees what is written to it and this process may read from it."""
    if not (is_terminal(sys.stdout) or is_terminal(sys.stderr)):
        return None
    try:
        import termios

        descriptor = os.open(_PATH, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except (ImportError, OSError):  # Windows has terminals of another kind
        return None
    with suppress(termios.error):
        if _in_foreground(descriptor):
            termios.tcgetattr(descriptor)
            return descriptor
    os.close(descriptor)
    return None


def _in_foreground(descriptor: int) -> bool:
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False


def _take_keys(descriptor: int) -> None:
    """Have keys come one by one, and reading not wait for them.

    Raises:
        OSError: the terminal is gone.
    """
    import termios

    try:
        modes = termios.tcgetattr(descriptor)
        if modes[3] & (termios.ICANON | termios.ECHO):
            modes[3] &= ~(termios.ICANON | termios.ECHO)
            modes[6][termios.VMIN] = modes[6][termios.VTIME] = 0
            termios.tcsetattr(descriptor, termios.TCSANOW, modes)
    except termios.error as error:
        raise OSError(*error.args) from error
