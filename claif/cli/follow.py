"""Going on with the last conversation, and remembering this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio
from attrs import evolve

from ..errors import InvalidQueryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..client import Client
    from ..models import Notice, Query, Reply


def go_on(client: Client, query: Query, tell: Callable[[str], None]) -> Query:
    """The query, as the next one in the last conversation with its provider in its directory.

    Args:
        client: whom to ask about its providers.
        query: the query.
        tell: tells the user what is wrong with the file of conversations.

    Raises:
        InvalidQueryError: there is none, or the provider keeps none.
    """
    from ..agents.conversations import last_conversation, place_of
    from ..routing.needs import check_keeps_conversations

    name = query.provider or client.default_provider().name
    provider = client.provider(name)
    check_keeps_conversations(provider, name)
    place = place_of(provider, query)
    found = last_conversation(client.config.home, place, lambda notice: tell(notice.text))
    if found is None:
        raise InvalidQueryError(
            f"There is no conversation with {name} in {place.directory} to go on with.",
            hint="Begin one without --continue, or name one with --resume ID.",
        )
    return evolve(query, conversation=found)


async def remember(client: Client, query: Query, reply: Reply, tell: Callable[[str], None]) -> None:
    """Remember the conversation of an answer, if it has one, for `--continue`.

    Args:
        client: whom to ask about its providers.
        query: the query.
        reply: its answer.
        tell: tells the user why it could not be remembered, or what else is wrong with the file of conversations.
    """
    if query.worktree or not (reply.conversation and reply.provider):
        return
    from ..agents.conversations import place_of, remember_conversation

    place = place_of(client.provider(reply.provider), query)
    notices: list[Notice] = []
    # It may wait for another process that writes into the same folder.
    await trio.to_thread.run_sync(remember_conversation, client.config.home, place, reply.conversation, notices.append)
    for notice in notices:
        tell(notice.text)
