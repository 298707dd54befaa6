"""What is done with the changes in a worktree: they are applied, or kept where the user finds them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from ..errors import ClaifError
from ..models import Diff
from ..worktree.apply import apply_command, apply_diff, keep_diff

if TYPE_CHECKING:
    from ..client import Client
    from ..models import Event, Query, Reply
    from ..pipeline.types import Emit


class Changes:
    """Sees to it that nothing is lost of what was changed in the worktree of a query.

    Args:
        client: whom to ask about its providers.
        query: the query.
        tell: tells the user what became of the changes.
        apply: apply them once the answer is complete.
        keep: keep them in a file if they are not applied: the user is not shown them otherwise.
    """

    def __init__(self, client: Client, query: Query, tell: Callable[[str], None], *, apply: bool, keep: bool) -> None:
        self._client = client
        self._query = query
        self._tell = tell
        self._apply = apply
        self._keep = keep
        self._diff = ""

    def watching(self, emit: Emit) -> Emit:
        """Hand on events, and remember the diff among them."""

        async def watch(event: Event) -> None:
            if isinstance(event, Diff):
                self._diff = event.text
            await emit(event)

        return watch

    async def settle(self, reply: Reply) -> None:
        """The answer is complete.

        Raises:
            WorktreeError: the changes cannot be applied.
            ClaifError: they can neither be applied nor kept.
        """
        if not self._diff:
            self._tell("Nothing was changed in the worktree.")
        elif self._apply:
            done = await apply_diff(self._diff, self._directory(reply.provider), home=self._client.config.home)
            self._tell(f"Applied: {count_files(len(done))}.")
        elif self._keep:
            await self._keep_it(reply.provider)

    async def rescue(self) -> None:
        """The query has failed: what was changed until then is kept, and not applied."""
        if self._diff:
            await self._keep_it(self._query.provider)

    async def _keep_it(self, provider: str | None) -> None:
        path = await trio.to_thread.run_sync(keep_diff, self._diff, self._client.config.home)
        try:
            command = await apply_command(path, Path(self._directory(provider)))
        except ClaifError:
            self._tell(f"The changes are kept in {path}.")
        else:
            self._tell(f"The changes are kept; apply them with: {command}")

    def _directory(self, provider: str | None) -> str:
        from ..agents.conversations import place_of

        name = provider or self._client.default_provider().name
        return place_of(self._client.provider(name), self._query).directory


def count_files(count: int) -> str:
    """How many files, in words."""
    return f"{count} file" if count == 1 else f"{count} files"
