"""Going on with the last conversation, and remembering this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio
from attrs import evolve

from ..errors import InvalidQueryError

if TYPE_CHECKING:
    from ..client import Client
    from ..models import Query, Reply
    from .render.remarks import Remarks


def go_on(client: Client, query: Query, remarks: Remarks) -> Query:
    """The query, as the next one in the last conversation with its provider in its directory.

    Raises:
        InvalidQueryError: there is none, or the provider keeps none.
    """
    from ..agents.conversations import last_conversation, place_of
    from ..routing.needs import check_keeps_conversations

    name = query.provider or client.default_provider().name
    provider = client.provider(name)
    check_keeps_conversations(provider, name)
    place = place_of(provider, query)
    found = last_conversation(client.config.home, place, lambda notice: remarks.line(notice.text))
    if found is None:
        raise InvalidQueryError(
            f"There is no conversation with {name} in {place.directory} to go on with.",
            hint="Begin one without --continue, or name one with --resume ID.",
        )
    return evolve(query, conversation=found)


async def remember(client: Client, query: Query, reply: Reply, remarks: Remarks) -> None:
    """Remember the conversation of an answer, if it has one, for `--continue`."""
    if not (reply.conversation and reply.provider):
        return
    from ..agents.conversations import place_of, remember_conversation

    place = place_of(client.provider(reply.provider), query)
    conversation = reply.conversation

    def keep() -> None:
        # It may wait for another process that writes into the same folder.
        remember_conversation(client.config.home, place, conversation, lambda notice: remarks.line(notice.text))

    await trio.to_thread.run_sync(keep)
