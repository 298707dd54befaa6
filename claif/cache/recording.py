"""Recording: hands events on, and makes a row of them if they are worth keeping."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

import trio

from ..config.redact import redact_known
from ..errors import ClaifError
from ..logs import logger
from ..models import TextDelta, ThinkingDelta
from .policy import lasting, worth_keeping
from .row import Row, seal
from .store import Labels

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from ..models import Event
    from ..pipeline.types import Emit


class Recording:
    """One answer as it comes.

    Args:
        emit: takes its events.
    """

    __slots__ = ("_began", "_emit", "_events")

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._events: list[tuple[float, Event]] = []
        self._began: float | None = None

    def emit(self, event: Event) -> Awaitable[None]:
        """Take an event."""
        now = trio.current_time()
        if self._began is None:
            self._began = now
        self._events.append((now - self._began, event))
        return self._emit(event)

    def sealed(
        self, key: str, names: tuple[str, str, str], salt: bytes, *, seconds: float, most: int
    ) -> tuple[bytes, Labels] | None:
        """The row of the answer, which has ended well, and its labels; `None` if it is not worth keeping.

        Args:
            key: its key.
            names: provider, model and tag.
            salt: what rows are made with.
            seconds: how long it may be used.
            most: bytes that it may have.
        """
        events = lasting(self._events)
        why = worth_keeping([event for _, event in events]) or _secret([event for _, event in events])
        if why is None:
            now = time()
            labels = Labels(*names, now, now + seconds)
            try:
                row = seal(Row(key, labels, tuple(events)), salt)
            except (ClaifError, TypeError, ValueError):
                why = "it has something that is no JSON"
            else:
                if len(row) <= most:
                    return row, labels
                why = f"it has {len(row)} bytes"
        logger.info("the answer is not kept: {}", why)
        return None


def _secret(events: list[Event]) -> str | None:
    """Why an answer is not kept in which a key stands, be it in pieces."""
    texts = ["".join([one.text for one in events if one.__class__ is kind]) for kind in (TextDelta, ThinkingDelta)]
    others = [one for one in events if one.__class__ not in {TextDelta, ThinkingDelta}]
    known = [*texts, *others]
    return "a secret is in it" if any(redact_known(one) is not one for one in known) else None
