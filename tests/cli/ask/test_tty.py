"""Keys are read from a terminal without waiting for them, whatever its modes have become."""

from __future__ import annotations

import io
import os
import pty
from contextlib import closing

import pytest

from claif.cli.ask import tty


def test_a_terminal_that_waits_for_lines_again_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shell gave it those modes just after Claif had set its own."""
    monkeypatch.setattr(tty, "_take_keys", lambda descriptor: None)
    own, its = pty.openpty()
    os.set_blocking(its, False)  # who reads where nothing is fails, where it would wait for ever
    try:
        with closing(io.StringIO()) as screen:
            keys = tty.Tty(its, screen)
            os.write(own, b"y")
            assert keys._typed() == ""
            os.write(own, b"\n")
            assert keys._typed() == "y\n"
    finally:
        os.close(own)
        os.close(its)
