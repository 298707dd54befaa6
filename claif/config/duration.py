"""Durations as people write them: `90s`, `15m`, `12h`, `7d`, `2w`, or a number of seconds."""

from __future__ import annotations

import re
from typing import Any

_FORM = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?) ?([smhdw]?)")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def seconds_of(text: str) -> float:
    """The seconds that a duration means.

    Raises:
        ValueError: it is none, or none at all.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None or not float(found[1]):
        raise ValueError("must be a duration like 90s, 15m, 12h, 7d or 2w")
    return float(found[1]) * _UNITS[found[2]]


def duration(_instance: Any, _attribute: Any, value: str | None) -> None:
    """Validates a duration, or `None`."""
    if value is not None:
        seconds_of(value)
