"""What is known about routes, as data for `claif routes`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import trio

from ..errors import ClaifError
from ..models import Query
from .log import read_config
from .open_client import open_client
from .work import run_work

if TYPE_CHECKING:
    from ..client import Client
    from ..config.candidate import Candidate
    from .session import Session
    from .work import Progress

PROMPT = "Answer with the word ok."


def configured_routes(state: Session) -> list[dict[str, Any]]:
    """Each route and alias with its members, and how they are asked.

    Args:
        state: the switches of the command line.

    Raises:
        ConfigurationError: the configuration cannot be read.
    """
    routing = read_config(state).routing
    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "kind": "route",
            "members": [str(member) for member in route.members],
            "strategy": route.strategy,
            "deadline": route.deadline,
            "hedge after": route.hedge_after,
        }
        for name, route in sorted(routing.routes.items())
    ]
    empty = {"strategy": None, "deadline": None, "hedge after": None}
    return rows + [
        {"name": name, "kind": "alias", "members": [target], **empty}
        for name, target in sorted(routing.aliases.items())
    ]


def tested_members(state: Session, name: str, seconds: float) -> list[dict[str, Any]]:
    """How each member of a route answers a question of one word.

    Args:
        state: the switches of the command line.
        name: a route, an alias, a provider, or several.
        seconds: the most time that a member may take.

    Raises:
        ClaifError: no client can be opened, or the name means nobody.
    """
    return run_work(partial(_tested, state, name, seconds))


async def _tested(state: Session, name: str, seconds: float, progress: Progress) -> list[dict[str, Any]]:
    async with open_client(state, progress=progress) as client:
        plan = client.plan(Query(PROMPT, provider=name))
        others = [one for members in plan.fallbacks.values() for one in members]
        candidates = list(dict.fromkeys([*plan.candidates, *others]))
        rows: list[dict[str, Any]] = [{} for _ in candidates]
        async with trio.open_nursery() as nursery:
            for row, candidate in zip(rows, candidates, strict=True):
                nursery.start_soon(partial(_test, client, candidate, seconds, row))
        return rows


async def _test(client: Client, candidate: Candidate, seconds: float, row: dict[str, Any]) -> None:
    row.update({"member": str(candidate), "state": "ok", "first": None, "total": None, "detail": None})
    # With the slash the name is that of a provider, even if a route or an alias has it too.
    name = f"{candidate.provider}/"
    try:
        reply = await client.query(PROMPT, provider=name, model=candidate.model, timeout=seconds)
    except ClaifError as error:
        row.update({"state": "failed", "detail": f"{type(error).__name__}: {error.message}"})
    else:
        row.update({"first": reply.timings.first, "total": reply.timings.total, "detail": reply.model})
