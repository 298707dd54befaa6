"""Waiting for what nobody tells of."""

from __future__ import annotations

from collections.abc import Callable

import trio


async def until(true: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until something is true, at most so many seconds."""
    with trio.fail_after(seconds):
        while not true():  # noqa: ASYNC110 - nobody tells of it
            await trio.sleep(0.002)
