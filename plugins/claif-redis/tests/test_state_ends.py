"""What becomes of claims and settlements in a real Redis or Valkey when their client closes or a call is cancelled."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest
import trio
from patience import until
from servers import RedisServer, opened
from trio.testing import wait_all_tasks_blocked

from claif.api import Claim, Settlement

from .sharing import nothing_is_in_it, place, rate, server, sharing, spending, spent, told

__all__ = ("nothing_is_in_it", "server")


async def test_closing_sends_what_is_left(server: RedisServer) -> None:
    """Also what was settled in the last moment."""
    claim = Claim("e", place=place("me"))
    async with trio.open_nursery() as nursery:
        shared = sharing(server)
        await nursery.start(shared.run)
        shared.settle(Settlement(claim, await shared.take(claim)))
        await shared.aclose()
        assert server.command(b"ZCARD", "claif:place:calls") == 0
        nursery.cancel_scope.cancel()


async def test_closing_waits_for_what_is_just_being_sent(server: RedisServer) -> None:
    """Nothing waits to be sent any more, and yet it has not arrived."""
    claim = Claim("e", place=place("me"))
    async with trio.open_nursery() as nursery:
        shared = sharing(server)
        await nursery.start(shared.run)
        verdict = await shared.take(claim)
        async with trio.open_nursery() as closing:
            with server.frozen():
                shared.settle(Settlement(claim, verdict))
                await until(lambda: shared._sending.locked() and not shared._queue)
                closing.start_soon(shared.aclose)
                await wait_all_tasks_blocked()
                assert closing.child_tasks
        assert server.command(b"ZCARD", "claif:place:calls") == 0
        nursery.cancel_scope.cancel()


async def test_closing_waits_for_what_a_cancelled_call_gives_back(server: RedisServer) -> None:
    """Nobody knows yet whether it has taken something."""
    claim = Claim("e", (rate(10, per_second=0.01),), place("me"), (spending(0.9),))
    async with trio.open_nursery() as nursery:
        shared = sharing(server)
        await nursery.start(shared.run)
        await shared.take(Claim("e"))
        async with trio.open_nursery() as closing:
            with server.frozen():
                async with trio.open_nursery() as taking:
                    taking.start_soon(shared.take, claim)
                    await wait_all_tasks_blocked()
                    taking.cancel_scope.cancel()
                closing.start_soon(shared.aclose)
                await wait_all_tasks_blocked()
                assert closing.child_tasks
        assert server.command(b"ZCARD", "claif:place:calls") == 0
        assert spent(server) == 0
        nursery.cancel_scope.cancel()


async def test_a_call_that_is_cancelled_while_it_takes_keeps_nothing(server: RedisServer) -> None:
    """At whatever moment: nothing was taken, or it is given back."""
    claim = Claim("e", (rate(10, per_second=0.01),), place("me"), (spending(0.9),))
    async with opened(sharing(server)) as shared:
        cancelled = taken = 0
        for number in range(61):
            with trio.move_on_after(0.00002 * number if number < 60 else inf):
                verdict = await shared.take(claim)
                taken += 1
                shared.settle(Settlement(claim, verdict, used=(0.0,), spent=0.0))
            cancelled = number + 1 - taken
            await told(shared)
            assert spent(server) in {None, 0}, number
            assert server.command(b"ZCARD", "claif:place:calls") == 0
        assert cancelled
        assert taken
        assert (await shared.take(claim)).wait == 0


async def test_a_call_that_is_cancelled_while_the_server_learns_the_script_keeps_nothing(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it sent first took nothing, and what it sent then is given back."""
    claim = Claim("e", (rate(10, per_second=0.01),), place("me"), (spending(0.9),))
    async with opened(sharing(server)) as shared:
        server.ask(b"SCRIPT FLUSH")
        send, scope = shared._link.send, trio.CancelScope()

        async def sending(*commands: Any) -> Any:
            sent = await send(*commands)
            if commands[0][0] == b"EVAL":
                scope.cancel()
            return sent

        monkeypatch.setattr(shared._link, "send", sending)
        with scope:
            await shared.take(claim)
        assert scope.cancelled_caught
        await shared.aclose()
        assert spent(server) == 0
        assert (await shared.take(claim)).wait == 0
