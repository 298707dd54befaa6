"""Queries in a worktree: an agent works in a checkout of its own, and what it has changed there is told."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from attrs import evolve

from ..errors import WorktreeError
from ..models import Diff, Notice, Started
from ..pipeline.watchdog import unwatched

if TYPE_CHECKING:
    from ..models import Event, Query
    from ..pipeline.types import Emit
    from .base import AgentProvider


async def in_worktree(provider: AgentProvider, query: Query, emit: Emit) -> None:
    """Answer a query in a checkout that is there for it alone.

    1. The checkout is made.
    2. The agent answers there, and ends. The id of its conversation is not told: it could not be gone on with.
    3. What it has changed is told, also if it failed; the checkout is removed, also if this is cancelled.

    Args:
        provider: whose agent it is.
        query: what is asked.
        emit: awaited for each event.

    Raises:
        InvalidQueryError: the directory is in no Git repository, or in one without a commit.
        DependencyError: git is not installed.
        WorktreeError: git failed; if the agent had failed before, it says why, and that is its cause.
        ClaifError: the agent failed.
    """
    from ..worktree.checkout import checkout

    async def tell(event: Event) -> None:
        await emit(evolve(event, conversation=None) if isinstance(event, Started) else event)

    directory = provider.workplace(query)
    failure: Exception | None = None
    async with AsyncExitStack() as stack:
        with unwatched():
            made = await stack.enter_async_context(checkout(directory, provider.context.home, os.environ))
        job = provider.job(evolve(query, directory=str(made.directory)))
        job = evolve(job, policy=evolve(job.policy, readable=made.readable))
        try:
            await provider.query_once(job, tell)
        except Exception as error:
            failure = error
        try:
            with unwatched():
                text = await made.diff()
        except WorktreeError as error:
            if failure is None:
                raise
            told = f"{str(failure) or type(failure).__name__} What it had changed cannot be told: {error.message}"
            raise WorktreeError(f"The agent failed: {told}", hint=error.hint) from failure
        for sentence in made.left_out:
            await emit(Notice("worktree", sentence))
        if text or failure is None:
            await emit(Diff(text))
    if failure is not None:
        raise failure
