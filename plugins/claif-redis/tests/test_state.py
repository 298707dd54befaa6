"""What processes share in a real Redis or Valkey: limits, places, budgets, and which endpoints are left alone."""

from __future__ import annotations

import time
from math import inf

import pytest
import trio
from attrs import evolve
from claif_redis import claims, state
from servers import RedisServer, opened

from claif.api import Claim, Place, Rate, Settlement, Spending, Verdict

from .sharing import nothing_is_in_it, place, rate, server, sharing, spending, spent, told

__all__ = ("nothing_is_in_it", "server")


async def test_a_claim_is_one_round_trip(server: RedisServer) -> None:
    """Whatever is in it: one command when the server knows the script, and two the first time."""
    claim = Claim("e", (rate(1), rate(1, key="requests")), place("me", most=9), (spending(0.1), spending(0.1, key="m")))
    async with opened(sharing(server)) as shared:
        server.ask(b"SCRIPT FLUSH")
        server.ask(b"CONFIG RESETSTAT")
        await shared.take(claim)
        assert (server.calls("evalsha"), server.calls("eval")) == (1, 1)
        sent = shared._link.exchanges
        for number in range(5):
            await shared.take(evolve(claim, place=place(f"{number}", most=9)))
        assert (server.calls("evalsha"), server.calls("eval")) == (6, 1)
        assert shared._link.exchanges - sent == 5


async def test_a_rate_lets_through_what_it_says_and_tells_how_long_to_wait(server: RedisServer) -> None:
    """By the server's clock; after that time it lets through."""
    async with opened(sharing(server)) as shared:
        claim = Claim("e", (rate(5, per_second=5),))
        assert [(await shared.take(claim)).wait for _ in range(2)] == [0, 0]
        while not (verdict := await shared.take(claim)).wait:  # a slow machine takes the seconds that free some more
            pass
        assert verdict.wait <= 1
        assert verdict.grants == ()
        await trio.sleep(verdict.wait)
        assert (await shared.take(claim)).wait == 0


async def test_what_was_claimed_too_high_is_given_back(server: RedisServer) -> None:
    """And what was too low is owed."""
    async with opened(sharing(server)) as shared:
        claim = Claim("e", (rate(10, per_second=0.001),))
        verdict = await shared.take(claim)
        assert (await shared.take(claim)).wait == pytest.approx(10_000, abs=60)
        shared.settle(Settlement(claim, verdict, used=(2.0,)))
        await told(shared)
        assert (await shared.take(claim)).wait == pytest.approx(2_000, abs=60)
        small = Claim("e", (rate(8, per_second=0.001),))
        verdict = await shared.take(small)
        shared.settle(Settlement(small, verdict, used=(11.0,)))
        await told(shared)
        assert (await shared.take(claim)).wait == pytest.approx(13_000, abs=60)


async def test_where_nobody_knows_what_was_used_the_claim_stands(server: RedisServer) -> None:
    async with opened(sharing(server)) as shared:
        claim = Claim("e", (rate(10, per_second=0.001),), None, (spending(0.5),))
        verdict = await shared.take(claim)
        shared.settle(Settlement(claim, verdict, used=(None,)))
        shared.settle(Settlement(claim, verdict))
        await told(shared)
        assert (await shared.take(claim)).wait == pytest.approx(10_000, abs=60)
        assert spent(server) == 500_000


async def test_a_place_is_free_when_its_holder_leaves(server: RedisServer) -> None:
    """One must leave first: how long that takes nobody knows."""
    async with opened(sharing(server)) as shared, opened(sharing(server)) as other:
        mine, yours = Claim("e", place=place("me")), Claim("e", place=place("you"))
        verdict = await shared.take(mine)
        assert verdict.wait == 0
        assert (await other.take(yours)).wait == inf
        assert (await shared.take(mine)).wait == 0
        shared.settle(Settlement(mine, verdict))
        await told(shared)
        assert (await other.take(yours)).wait == 0
        assert (await shared.take(mine)).wait == inf


async def test_a_place_is_free_when_its_lease_has_ended(server: RedisServer) -> None:
    """So a process that was killed keeps none."""
    async with opened(sharing(server)) as shared:
        began, lease = time.monotonic(), 0.2
        await shared.take(Claim("e", place=place("killed", most=2, lease=lease)))
        await shared.take(Claim("e", place=place("alive", most=2, lease=60)))
        while (await shared.take(Claim("e", place=place("me", most=2)))).wait == inf:  # noqa: ASYNC110 - the server tells nobody
            await trio.sleep(0.02)
        assert time.monotonic() - began >= lease
        assert set(server.command(b"ZRANGE", "claif:place:calls", 0, -1)) == {b"me", b"alive"}
        assert 50_000 < server.command(b"PTTL", "claif:place:calls") <= 60_000


async def test_a_budget_is_never_overrun_and_names_itself(server: RedisServer) -> None:
    """What would be more than the limit is refused; exactly the limit is not."""
    async with opened(sharing(server)) as shared:

        def asking(cost: float, other: float = 0.0) -> Claim:
            return Claim("e", budgets=(spending(other, key="month", limit=0.5), spending(cost)))

        assert (await shared.take(asking(0.7))).refused is None
        assert (await shared.take(asking(0.300001))).refused == "day"
        assert (await shared.take(asking(0.1, 0.6))).refused == "month"
        assert (await shared.take(asking(0.3))).refused is None
        assert (await shared.take(asking(0.000001))).refused == "day"
        assert (await shared.take(asking(0.0))).refused is None
        assert spent(server) == 1_000_000


async def test_a_budget_is_settled_with_what_was_spent(server: RedisServer) -> None:
    """Less or more than was claimed, to the micro-dollar and rounded up."""
    async with opened(sharing(server)) as shared:
        claim = Claim("e", budgets=(spending(0.5),))
        for real, total in ((0.1, 100_000), (0.6, 700_000), (0.5, None), (0.0000001, None)):
            verdict = await shared.take(evolve(claim, budgets=(spending(0.5, limit=9),)))
            shared.settle(Settlement(claim, verdict, spent=real))
            await told(shared)
            assert total is None or spent(server) == total
        assert spent(server) == 1_200_001


async def test_a_budget_is_forgotten_after_its_time_and_not_before(server: RedisServer) -> None:
    """What is settled later changes nothing, and later claims make it no shorter."""
    async with opened(sharing(server)) as shared:
        claim = Claim("e", budgets=(spending(0.5, lasts=0.1),))
        verdict = await shared.take(claim)
        await trio.sleep(0.15)
        shared.settle(Settlement(claim, verdict, spent=0.1))
        await told(shared)
        assert spent(server) is None
        await shared.take(Claim("e", budgets=(spending(0.1, lasts=60),)))
        await shared.take(Claim("e", budgets=(spending(0.1, lasts=1),)))
        assert 50_000 < server.command(b"PTTL", "claif:budget:day") <= 60_000


@pytest.mark.parametrize("missing", ["rate", "second rate", "place", "budget"])
async def test_everything_is_taken_or_nothing(server: RedisServer, missing: str) -> None:
    """Whichever is missing, the others are as before."""
    async with opened(sharing(server)) as shared:
        if missing == "place":
            await shared.take(Claim("e", place=place("another")))
        claim = Claim(
            "e",
            (rate(1, per_second=0.1), rate(1, key="requests", per_second=0.1)),
            place("me"),
            (spending(0.4), spending(0.4, key="month")),
        )
        full = {
            "rate": Claim("e", (rate(10, per_second=0.1),)),
            "second rate": Claim("e", (rate(10, key="requests", per_second=0.1),)),
            "budget": Claim("e", budgets=(spending(0.9, key="month"),)),
        }
        await shared.take(Claim("e", budgets=(spending(0.01), spending(0.01, key="month"))))
        if missing in full:
            await shared.take(full[missing])
        before = contents(server)
        verdict = await shared.take(claim)
        assert verdict.grants == ()
        assert (verdict.refused == "month") == (missing == "budget")
        assert (verdict.wait > 0) == (missing != "budget")
        assert contents(server) == before
        shared.settle(Settlement(claim, verdict, used=(0, 0), spent=0))
        await told(shared)
        assert contents(server) == before


def contents(server: RedisServer) -> dict[bytes, object]:
    """All that is in it, and how much it is."""
    found = {}
    for name in server.command(b"KEYS", "*"):
        kind = server.command(b"TYPE", name)
        found[name] = server.command(b"ZRANGE", name, 0, -1) if kind == b"zset" else server.command(b"GET", name)
    return found


async def test_an_endpoint_that_one_leaves_alone_others_hear_of(server: RedisServer) -> None:
    """The later of two times counts; 0 ends it. It keeps nobody from being let in."""
    async with opened(sharing(server)) as shared, opened(sharing(server)) as other:
        for seconds, left in ((600, 600), (100, 600), (900, 900), (0, 0), (300, 300)):
            shared.close_endpoint("e", seconds)
            await told(shared)
            verdict = await other.take(Claim("e", (rate(0.1),)))
            assert max(left - 60, 0) <= verdict.closed_for <= left
            assert verdict.wait == 0
            assert (await other.take(Claim("another"))).closed_for == 0
        shared.close_endpoint("e", 0.15)
        assert (await other.take(Claim("e", budgets=(spending(9),)))).closed_for == pytest.approx(300, abs=60)


async def test_an_endpoint_is_asked_again_when_the_time_has_passed(server: RedisServer) -> None:
    async with opened(sharing(server)) as shared:
        began, seconds = time.monotonic(), 0.2
        shared.close_endpoint("e", seconds)
        await told(shared)
        while (verdict := await shared.take(Claim("e"))) != Verdict():
            assert verdict.closed_for < seconds
            await trio.sleep(0.02)
        assert time.monotonic() - began >= seconds


async def test_keys_of_one_name_do_not_get_in_each_others_way(server: RedisServer) -> None:
    """A rate, a place, a budget and an endpoint may all be called alike, and other prefixes are others."""
    claim = Claim("x", (Rate("x", 1, 1, 1),), Place("x", 1, "me", 60), (Spending("x", 1, 1, 60),))
    async with opened(sharing(server, "a")) as one, opened(sharing(server, "b")) as two:
        for shared in (one, two):
            assert (await shared.take(claim)).wait == 0
            shared.close_endpoint("x", 60)
            assert (await shared.take(claim)).refused == "x"
        await told(one)
        await told(two)
        assert {name[:2] for name in server.command(b"KEYS", "*")} == {b"a:", b"b:"}
        assert len(server.command(b"KEYS", "*")) == 8


async def test_settlements_go_together(server: RedisServer) -> None:
    """Many in a round trip, soon, and the callers do not wait for it."""
    async with opened(sharing(server)) as shared:
        claims_ = [Claim("e", place=place(f"{number}", most=500)) for number in range(450)]
        verdicts = [await shared.take(one) for one in claims_]
        for one, verdict in zip(claims_, verdicts, strict=True):
            shared.settle(Settlement(one, verdict))
        server.ask(b"CONFIG RESETSTAT")
        sent = shared._link.exchanges
        await told(shared)
        assert server.command(b"ZCARD", "claif:place:calls") == 0
        assert server.calls("evalsha") == 450
        assert shared._link.exchanges - sent == server.calls("script|load") == -(-450 // state.BATCH)


def test_that_an_endpoint_is_left_alone_is_worth_telling_until_it_is_over() -> None:
    closing = claims.closing("e", 10.0, 100.0, "claif:")
    due = closing.due(104.0)
    assert due is not None
    assert (due.keys, due.arguments) == (("claif:closed:e",), (6000,))
    assert closing.due(110.0) is None
    assert closing.due(200.0) is None
    opening = claims.closing("e", 0.0, 100.0, "claif:").due(200.0)
    assert opening is not None
    assert opening.arguments == (0,)


def test_money_is_rounded_up_to_the_micro_dollar_but_noise_is_not() -> None:
    for dollars in (0.1, 0.2, 0.3, 0.7, 1.1, 2.3, 123.456789):
        assert claims.micro_dollars(dollars) == round(dollars * 1e6)
    assert claims.micro_dollars(0.1 + 0.2) == 300_000
    assert claims.micro_dollars(0.0000001) == 1
    assert claims.micro_dollars(0.0) == 0
    assert claims.micro_dollars(inf) == claims.micro_dollars(1e12) == 9 * 10**15


async def test_without_limit_is_no_limit(server: RedisServer) -> None:
    async with opened(sharing(server)) as shared:
        assert (await shared.take(Claim("e", budgets=(spending(5.0, limit=inf),)))).refused is None
        assert (await shared.take(Claim("e", budgets=(spending(inf, limit=1.0),)))).refused == "day"
