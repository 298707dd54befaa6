"""GCRA in Lua says what `Gcra` says, at the same times."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from claif_redis.gcra import GCRA
from claif_redis.scripts import SETTLE, SHARED, TAKE, Script
from hypothesis import example, given, settings
from hypothesis import strategies as st
from servers import RedisServer

from claif.routing.gcra import Gcra, Grant

START = 1_795_000_000
"""Seconds since the epoch, as a server has them; microseconds come on top."""
CLOCK = """
local last = table.remove(ARGV)
local second, micro = math.floor(last / 1000000), last % 1000000
"""
"""In the place of the server's own clock: microseconds since the epoch are the last argument."""
take = Script(CLOCK + TAKE)
settle = Script(CLOCK + SETTLE)
KEY = "tests:rate"
ROUNDING = 1e-6
"""Seconds."""


class LuaGcra:
    """The one in the server, with the methods of `Gcra`."""

    def __init__(self, server: RedisServer, per_second: float, burst: float) -> None:
        self.server, self.per_second, self.burst = server, per_second, burst
        self.ask(b"DEL", KEY)
        self.expires = False
        """Whether the server forgets it after a second of real time, of which the clock of the tests knows nothing."""

    def ask(self, *command):
        return self.server.command(*command)

    def claim(self, now: int, cost: float):
        arguments = [1, 0, 0, repr(self.per_second), repr(self.burst), repr(cost), START * 1_000_000 + now]
        wait, refused, closed, numbers = self.ask(*take.in_full([KEY, "tests:closed"], arguments))
        assert (refused, closed) == (0, 0)
        self._keep()
        return float(wait), numbers

    def settle(self, now: int, difference: float, number: int, cost: float) -> None:
        arguments = [1, 0, 0, repr(self.per_second), repr(difference), number, repr(cost), START * 1_000_000 + now]
        assert self.ask(*settle.in_full([KEY], arguments)) == 0
        self._keep()

    def _keep(self) -> None:
        if not self.expires:
            self.ask(b"PERSIST", KEY)

    def slack(self) -> list[float]:
        """What it remembers of the slack, in seconds."""
        numbers, texts = self.ask(b"EVAL", SLACK, 1, KEY)
        assert numbers == sorted(set(numbers))
        return [float(text) for text in texts]


SLACK = """
local numbers, texts = {}, {}
for index, one in ipairs(cmsgpack.unpack(redis.call('GET', KEYS[1]))[5]) do
  numbers[index], texts[index] = one[1], string.format('%.17g', one[2])
end
return {numbers, texts}
"""


@pytest.fixture(scope="module", params=["redis", "valkey"])
def server(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    with RedisServer(kind=request.param) as running:
        yield running


COSTS = st.floats(0.01, 30).map(lambda cost: round(cost, 3))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.integers(0, 20_000_000)),
        st.tuples(st.just("take"), COSTS),
        st.tuples(st.just("settle"), st.integers(0, 5), st.one_of(COSTS, st.integers(-9, 0))),
    ),
    max_size=60,
)


@settings(max_examples=300)
@example(4.0, 2.0, [("take", 1.0), ("settle", 0, 1.0), ("pass", 3), ("take", 1.0), ("settle", 0, 0), ("take", 1.0)])
@given(rate=st.floats(0.05, 50).map(lambda rate: round(rate, 3)), burst=st.floats(1, 20), steps=STEPS)
def test_both_answer_alike_to_the_same_calls(server: RedisServer, rate: float, burst: float, steps: list) -> None:
    """Takes, waits and settlements in any order, by any amount, at any time."""
    pure, lua = Gcra(rate, burst), LuaGcra(server, rate, burst)
    now = 0
    grants: list[tuple[Grant, int]] = []
    for step in steps:
        if step[0] == "pass":
            now += step[1]
        elif step[0] == "take":
            wait = pure.wait(now / 1e6, step[1])
            if 0 < wait < ROUNDING:
                return
            said, numbers = lua.claim(now, step[1])
            assert said == pytest.approx(wait, abs=ROUNDING)
            grant = pure.take(now / 1e6, step[1])
            assert (grant is None) == (not numbers)
            if grant is not None:
                grants.append((grant, numbers[0]))
        elif grants:
            grant, number = grants.pop(step[1] % len(grants))
            pure.settle(now / 1e6, step[2] - grant.cost, grant)
            lua.settle(now, step[2] - grant.cost, number, grant.cost)
    now += 1
    if lua.ask(b"EXISTS", KEY) and not any(0 < seconds < ROUNDING for _, seconds in pure._slack):
        assert alike(lua.slack(), [seconds for _, seconds in pure._slack])
    for cost in (0.5, burst, burst * 2):
        assert lua_wait(lua, now, cost) == pytest.approx(pure.wait(now / 1e6, cost), abs=ROUNDING)


def alike(ours: list[float], theirs: list[float]) -> bool:
    """Whether each has one beside it; of two that rounding alone tells apart, one may be left out."""
    return all(any(abs(one - other) <= ROUNDING for other in theirs) for one in ours) and all(
        any(abs(one - other) <= ROUNDING for other in ours) for one in theirs
    )


def lua_wait(lua: LuaGcra, now: int, cost: float) -> float:
    """What it would say, without taking anything."""
    look = Script(CLOCK + SHARED + f"return tostring(wait_for(rate_of(KEYS[1]), 1 / ARGV[1], {lua.burst!r}, {cost!r}))")
    return float(lua.ask(*look.in_full([KEY], [repr(lua.per_second), START * 1_000_000 + now])))


def test_many_moments_are_remembered_and_of_more_the_least_telling_are_forgotten(server: RedisServer) -> None:
    """As many as `Gcra` remembers: estimates that are given back late give back the same."""
    pure, lua = Gcra(10.0, 500.0), LuaGcra(server, 10.0, 500.0)
    grants = []
    now = 0
    for number in range(150):
        now += 1000
        cost = 1.0 + number * 37 % 101 / 100
        grant = pure.take(now / 1e6, cost)
        _, (name,) = lua.claim(now, cost)
        assert grant is not None
        grants.append((grant, name))
    # The oldest last: then it is the slack of those behind that says how much each gets back.
    for grant, name in [*grants[120::-3], *grants[140:120:-1], *grants[1:100:6]]:
        pure.settle(now / 1e6, 0.1 - grant.cost, grant)
        lua.settle(now, 0.1 - grant.cost, name, grant.cost)
        assert lua_wait(lua, now, 500.0) == pytest.approx(pure.wait(now / 1e6, 500.0), abs=ROUNDING)
        assert lua.slack() == pytest.approx([seconds for _, seconds in pure._slack], abs=ROUNDING)


def test_a_clock_that_goes_back_neither_waits_for_ever_nor_forgets(server: RedisServer) -> None:
    """What is owed is owed from then on."""
    lua = LuaGcra(server, 1.0, 1.0)
    assert lua.claim(500_000_000, 1.0)[1]
    assert lua.claim(0, 1.0) == (pytest.approx(1.0), [])
    assert lua.claim(1_000_000, 1.0)[0] == pytest.approx(1.0)


def test_a_rate_is_forgotten_when_nothing_is_owed_and_its_grants_give_nothing_back(server: RedisServer) -> None:
    """The server need not keep it, and what was paid cannot be had back from what came later."""
    lua = LuaGcra(server, 1.0, 10.0)
    lua.expires = True
    _, (number,) = lua.claim(0, 10.0)
    assert 10_000 < lua.ask(b"PTTL", KEY) <= 11_000
    lua.ask(b"DEL", KEY)
    lua.settle(60_000_000, -9.0, number, 10.0)
    assert lua.ask(b"EXISTS", KEY) == 0
    assert lua.claim(60_000_000, 10.0)[1][0] > number
    lua.settle(60_000_000, -9.0, number, 10.0)
    assert lua.claim(60_000_000, 10.0)[0] == pytest.approx(10.0)


def test_what_costs_more_than_was_claimed_is_owed_even_when_the_rate_was_forgotten(server: RedisServer) -> None:
    lua = LuaGcra(server, 1.0, 1.0)
    lua.settle(0, 5.0, 1, 1.0)
    assert lua.claim(0, 1.0)[0] == pytest.approx(5.0)


def test_the_scripts_have_the_algorithm_in_them() -> None:
    assert GCRA in TAKE
    assert GCRA in SETTLE
