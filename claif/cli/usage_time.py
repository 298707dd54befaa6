"""Times as they are given to `claif usage`: a day, or how long ago."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ..config.duration import seconds_of
from ..errors import InvalidQueryError

DAY = timedelta(days=1)


def time_of(text: str, now: float, *, end: bool = False) -> float:
    """The time that is meant, in seconds since the epoch.

    Args:
        text: a day, `2026-11-01`, or how long ago, `7d`; days are those of UTC.
        now: seconds since the epoch.
        end: whether the end of the day is meant, not its beginning.

    Raises:
        InvalidQueryError: it is neither.
    """
    try:
        return now - seconds_of(text)
    except ValueError:
        pass
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        return (day + DAY if end else day).timestamp()
    except (ValueError, OverflowError):
        raise InvalidQueryError(
            f"{text[:40]!r} is no time.", hint="Give a day, 2026-11-01, or how long ago: 12h, 7d, 4w."
        ) from None
