"""Chooses the board: side by side where a person looks and there is room, else one below the other."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...errors import InvalidConfigError
from ..style import is_dumb, is_terminal
from .choose import OUTPUTS
from .stack import Stack

if TYPE_CHECKING:
    from .board import Board
    from .remarks import Remarks
    from .status import Status

NARROWEST = 40
"""Columns that each answer needs, with the bar between, to stand beside others."""


def choose_board(
    names: Sequence[str], output: str, remarks: Remarks, status: Status, *, silent: bool, columns: bool
) -> Board:
    """The board for the answers of so many.

    Args:
        names: who is asked.
        output: what is configured for text, see `choose_renderer`.
        remarks: what is said beside the answers.
        status: the status line.
        silent: show no answers.
        columns: side by side, where there is room.

    Raises:
        InvalidConfigError: the configured output is none.
    """
    if output not in OUTPUTS:
        raise InvalidConfigError(
            f"The output format {output!r} is not known.", hint=f"general.output is one of: {', '.join(OUTPUTS)}."
        )
    live = is_terminal(sys.stdout) and not is_dumb()
    rendered = output == "markdown" or (live and output == "auto")
    room = shutil.get_terminal_size().columns // max(1, len(names)) >= NARROWEST
    if columns and live and rendered and room and not silent and len(names) > 1:
        from .columns import Columns

        return Columns(names, remarks, status)
    return Stack(names, remarks, status, rendered=rendered, silent=silent)
