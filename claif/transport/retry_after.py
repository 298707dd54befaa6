"""When a provider wants to be asked again: Retry-After in all its forms, hostile ones included."""

from __future__ import annotations

import re
from time import time
from typing import TYPE_CHECKING

from .headers import header

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 86_400.0
"""Seconds; whatever asks for more is taken as this. Who waits for so long is the caller's decision."""

_LONGEST_DATE = 64
_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{0,15})?", re.ASCII)


def retry_after(headers: Iterable[tuple[bytes, bytes]], now: float | None = None) -> float | None:
    """The seconds to wait.

    Args:
        headers: of the answer; `retry-after-ms` (milliseconds) comes before `retry-after` (seconds or an HTTP date).
        now: seconds since the epoch, for dates; the present time if left out.

    Returns:
        From 0 to `LONGEST`; `None` if nothing usable is said.
    """
    headers = list(headers)
    text = (header(headers, "retry-after-ms") or "").strip()
    if _NUMBER.fullmatch(text):
        return min(float(text) / 1000, LONGEST)
    text = (header(headers, "retry-after") or "").strip()
    if _NUMBER.fullmatch(text):
        return min(float(text), LONGEST)
    return _until(text, time() if now is None else now)


def _until(date: str, now: float) -> float | None:
    if len(date) > _LONGEST_DATE or "," not in date:
        return None
    # Only here: dates are rare and the import is slow.
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
    return min(max(moment - now, 0.0), LONGEST)
