"""Records of the standard library's `logging`, which plugins and packages write: taken to where all others go."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def forward(take: Callable[[str, int, str, Any], None]) -> None:
    """Hand what reaches the root logger to `take`; again is the same as once.

    Without a handler Python would print it as it is, with keys and control characters.

    Args:
        take: called with the logger's name, the level, the text, and the exception or `None`.
    """
    root = logging.getLogger()
    for handler in [found for found in root.handlers if isinstance(found, _Forward)]:
        root.removeHandler(handler)
    root.addHandler(_Forward(take))


class _Forward(logging.Handler):
    """Forwards records."""

    def __init__(self, take: Callable[[str, int, str, Any], None]) -> None:
        super().__init__()
        self._take = take

    def emit(self, record: logging.LogRecord) -> None:
        """Forward a record."""
        try:
            text = record.getMessage()
        except Exception:  # its values do not fit its text; Python would print a traceback with them
            text = str(record.msg)
        self._take(record.name, record.levelno, text, record.exc_info[1] if record.exc_info else None)
