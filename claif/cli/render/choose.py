"""Chooses the renderer: what the user asked for, what is configured, and whether a person looks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal

from ...errors import InvalidConfigError
from ..style import is_dumb, is_terminal

if TYPE_CHECKING:
    from .base import Renderer
    from .remarks import Remarks
    from .status import Status

OUTPUTS = ("auto", "plain", "markdown")
"""The values of `general.output`."""


def choose_renderer(
    form: Literal["text", "code", "json", "events"], output: str, remarks: Remarks, status: Status, *, raw: bool
) -> Renderer:
    """The renderer for an answer.

    Args:
        form: what the user asked for.
        output: what is configured for text: `markdown` is rendered, `plain` is not, `auto` only on a terminal is.
        remarks: what is said beside the answer.
        status: the status line.
        raw: pass the model's control characters on; a terminal is protected all the same.

    Raises:
        InvalidConfigError: the configured output is none.
    """
    if output not in OUTPUTS:
        raise InvalidConfigError(
            f"The output format {output!r} is not known.", hint=f"general.output is one of: {', '.join(OUTPUTS)}."
        )
    terminal = is_terminal(sys.stdout)
    raw = raw and not terminal
    if form == "text":
        live = terminal and not is_dumb()
        if output == "markdown" or (live and output == "auto"):
            from .terminal import TerminalRenderer

            return TerminalRenderer(remarks, status, live=live)
        from .plain import PlainRenderer

        return PlainRenderer(remarks, status, raw=raw)
    from .programs import CodeRenderer, EventsRenderer, ReplyRenderer

    if form == "events":
        return EventsRenderer()
    return CodeRenderer(remarks, status, raw=raw) if form == "code" else ReplyRenderer(remarks, status)
