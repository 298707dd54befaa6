"""Outcomes: what became of one of many questions, with a failure as a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio
from attrs import frozen

from ..errors import ClientClosedError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from ..models import Reply


@frozen
class Outcome:
    """What became of one of many questions: it has a `reply`, or else an `error`.

    Args:
        provider: who was asked, by the name it was asked by; `None` if that is not known.
        reply: the whole answer.
        error: why there is none.
        seconds: how long it took.
        index: which of the providers, or of the prompts, that were given; counted from 0.
    """

    provider: str | None
    reply: Reply | None
    error: Exception | None
    seconds: float
    index: int = 0


async def outcome_of(asking: Awaitable[Reply], provider: str | None, index: int) -> Outcome:
    """What becomes of a question.

    Args:
        asking: gives the reply.
        provider: who is asked, as far as the question says it.
        index: which of many questions it is.

    Raises:
        ClientClosedError: the client was closed, which is no failure of a provider.
    """
    reply: Reply | None = None
    failure: Exception | None = None
    began = trio.current_time()
    try:
        reply = await asking
    except ClientClosedError:
        raise
    except Exception as error:
        failure = error
    if provider is None:
        provider = getattr(failure, "provider", None) if reply is None else reply.provider
    return Outcome(provider, reply, failure, trio.current_time() - began, index)
