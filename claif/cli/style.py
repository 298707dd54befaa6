"""Colour for people: on a terminal, unless NO_COLOR or TERM=dumb says otherwise."""

from __future__ import annotations

import os
import sys
from typing import Any, TextIO

import click

from ..system import WINDOWS


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person looks at the stream."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def is_dumb() -> bool:
    """Whether the terminal understands no control sequences."""
    kind = os.environ.get("TERM")
    if WINDOWS and kind is None:
        return not os.environ.get("WT_SESSION")  # Windows Terminal understands them and has no TERM.
    return (kind or "").lower() in {"", "dumb", "unknown"}


def has_color(stream: TextIO | None) -> bool:
    """Whether text on the stream may be coloured."""
    return is_terminal(stream) and not is_dumb() and not os.environ.get("NO_COLOR")


def err_style(text: str, **style: Any) -> str:
    """The text, styled for standard error as `click.style` does it."""
    return click.style(text, **style) if has_color(sys.stderr) else text


def out_style(text: str, **style: Any) -> str:
    """The text, styled for standard output as `click.style` does it."""
    return click.style(text, **style) if has_color(sys.stdout) else text
