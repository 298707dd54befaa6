"""Drivers of programs that serve one query and end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class OneTurn:
    """What the driver of a program says whose process is never used again."""

    async def healthy(self) -> bool:
        """It serves one query."""
        return False

    async def renew(self) -> bool:
        """Likewise."""
        return False

    async def interrupt(self) -> bool:
        """It knows no interruption, and is ended."""
        return False

    def state(self) -> Mapping[str, Any]:
        """Nobody goes on with it."""
        return {}

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Likewise."""
        raise ValueError(state)
