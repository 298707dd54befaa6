"""Long work of a command: its progress is shown, and a signal ends it and the process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import click
import trio

from .render.status import Status
from .signals import interruptible

T = TypeVar("T")
Progress = Callable[[str, int, int | None], None]


def run_work(work: Callable[[Progress], Awaitable[T]]) -> T:
    """Run work that tells its progress.

    Raises:
        Exit: a signal came, and the work was cancelled.
    """

    async def main() -> T:
        status = Status()
        with trio.CancelScope() as scope, interruptible(scope) as interruption:
            try:
                return await work(status.progress)
            finally:
                status.clear()
        raise click.exceptions.Exit(interruption.exit_code or 1)

    return trio.run(main)
