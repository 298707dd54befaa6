"""The status line: a spinner or a progress bar, gone as soon as there is something to show."""

from __future__ import annotations

import shutil
import sys
from time import monotonic

from ..sanitize import one_line
from ..style import err_style, is_dumb, is_terminal

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_PLAIN_FRAMES = "|/-\\"
_PATIENCE = 0.15
"""Seconds after which a wait is worth a spinner."""
_REDRAW = 0.1
"""Seconds between two pictures of a progress bar."""
_BAR = 30
"""Columns of a progress bar where there is room."""
_MEBIBYTE = 2**20


class Status:
    """Draws on standard error if it is a terminal; says the beginning and the end of long work in lines if it is not.

    It spins only when the answer comes to a terminal too: a pager or another program may have the screen.

    Args:
        quiet: draw and say nothing.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._live = is_terminal(sys.stderr) and not is_dumb() and not quiet
        self.spins = self._live and is_terminal(sys.stdout)
        """Whether it needs ticks."""
        self._unicode = (sys.stderr.encoding or "").lower().replace("-", "") == "utf8"
        self._since: float | None = None
        self._label = ""
        self._frame = 0
        self._drawn = False
        self._working = ""
        self._next = 0.0

    def wait(self, label: str = "") -> None:
        """Spin from now on, after a moment's patience."""
        if self._since is None:
            self._since = monotonic()
        self._label = label

    def stop(self) -> None:
        """Spin no more."""
        self._since = None
        self.clear()

    def tick(self) -> None:
        """Draw the next picture of the spinner, if it spins."""
        if self.spins and self._since is not None and not self._working and monotonic() - self._since >= _PATIENCE:
            frames = _FRAMES if self._unicode else _PLAIN_FRAMES
            self._frame = (self._frame + 1) % len(frames)
            self._draw(f"{frames[self._frame]} {self._label}".rstrip())

    def clear(self) -> None:
        """Take the line away, before something else is written."""
        if self._drawn:
            self._drawn = False
            self._write("\r\x1b[K")

    def progress(self, what: str, done: int, total: int | None) -> None:
        """Show how far long work is.

        Args:
            what: the work.
            done: bytes that are done.
            total: bytes in all, if known.
        """
        if self._quiet:
            return
        finished = total is not None and done >= total
        if self._live:
            self._bar(what, done, total, finished=finished)
        elif what != self._working:
            self._say(f"{what} …" if total is None else f"{what} ({_size(total)}) …")
        if finished and self._working:
            self._say(f"{what}: done ({_size(done)})")
        self._working = "" if finished else what

    def count(self, what: str, done: int, total: int) -> None:
        """Show how many of several things are done, on a terminal; the line stays until `clear`."""
        if self._live:
            self._draw(self._picture(what, done / total if total else 1.0, f"{done} of {total}"))

    def _bar(self, what: str, done: int, total: int | None, *, finished: bool) -> None:
        now = monotonic()
        if finished or now < self._next:
            return
        self._next = now + _REDRAW
        if total is None:
            self._draw(f"{what} {_size(done)}" if done else what)
            return
        share = min(done / total, 1.0) if total else 1.0
        self._draw(self._picture(what, share, f"{share:4.0%} of {_size(total)}"))

    def _picture(self, what: str, share: float, text: str) -> str:
        length = max(0, min(_BAR, shutil.get_terminal_size().columns - len(what) - len(text) - 3))
        full, empty = ("━", "─") if self._unicode else ("#", "-")
        filled = round(share * length)
        return f"{what} {full * filled}{empty * (length - filled)} {text}"

    def _say(self, text: str) -> None:
        self.clear()
        self._write(err_style(f"claif: {one_line(text)}", dim=True) + "\n")

    def _draw(self, text: str) -> None:
        columns = shutil.get_terminal_size().columns
        self._drawn = True
        self._write("\r\x1b[K" + err_style(one_line(text)[: max(1, columns - 1)], dim=True))

    @staticmethod
    def _write(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


def _size(count: int) -> str:
    return f"{count / _MEBIBYTE:.1f} MiB" if count >= _MEBIBYTE else f"{count / 1024:.0f} KiB"
