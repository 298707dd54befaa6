"""The scripts that a Redis runs for Claif; each is atomic and goes by the server's clock."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha1
from typing import TYPE_CHECKING

from .gcra import GCRA

if TYPE_CHECKING:
    from .link import Argument, Command

CLOCK = """
local clock = redis.call('TIME')
local second, micro = tonumber(clock[1]), tonumber(clock[2])
"""
"""What time it is. Tests put something else before the scripts to say it themselves."""

SHARED = (
    GCRA
    + """
local function keep_for(key, milliseconds)
  if redis.call('PTTL', key) < tonumber(milliseconds) then redis.call('PEXPIRE', key, milliseconds) end
end
"""
)

TAKE = (
    SHARED
    + """
-- KEYS: of the rates, of the place, of the budgets, of the closed endpoint.
-- ARGV: how many of each; for a rate what is let through in a second, its burst and the cost; for the place how many
-- there are, the holder and milliseconds of the lease; for a budget micro-dollars of its limit and of the cost, and
-- milliseconds for which it lasts.
local rates, places, budgets = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local key, at = 0, 3
local wait, refused, found, numbers = 0, 0, {}, {}
for index = 1, rates do
  found[index] = rate_of(KEYS[index])
  local left = wait_for(found[index], 1 / ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]))
  wait, at = math.max(wait, left), at + 3
end
local now = second * 1e6 + micro
if places > 0 then
  local place = KEYS[rates + 1]
  redis.call('ZREMRANGEBYSCORE', place, '-inf', string.format('%.0f', now))
  local full = redis.call('ZCARD', place) >= tonumber(ARGV[at + 1])
  if full and not redis.call('ZSCORE', place, ARGV[at + 2]) then wait = math.huge end
  at = at + 3
end
for index = 1, budgets do
  local used = tonumber(redis.call('GET', KEYS[rates + places + index]) or 0)
  if refused == 0 and used + tonumber(ARGV[at + 2]) > tonumber(ARGV[at + 1]) then refused = index end
  at = at + 3
end
if wait == 0 and refused == 0 then
  at = 3
  for index = 1, rates do
    numbers[index] = add(KEYS[index], found[index], 1 / ARGV[at + 1], tonumber(ARGV[at + 3]))
    at = at + 3
  end
  if places > 0 then
    local free = string.format('%.0f', now + ARGV[at + 3] * 1000)
    redis.call('ZADD', KEYS[rates + 1], free, ARGV[at + 2])
    keep_for(KEYS[rates + 1], ARGV[at + 3])
    at = at + 3
  end
  for index = 1, budgets do
    redis.call('INCRBY', KEYS[rates + places + index], ARGV[at + 2])
    keep_for(KEYS[rates + places + index], ARGV[at + 3])
    at = at + 3
  end
end
return {string.format('%.17g', wait), refused, math.max(redis.call('PTTL', KEYS[#KEYS]), 0), numbers}
"""
)

SETTLE = (
    SHARED
    + """
-- KEYS: of the rates, of the place, of the budgets.
-- ARGV: how many of each; for a rate what is let through in a second, how much more was used than was claimed, and
-- number and cost of the grant; for the place the holder; for a budget how many more micro-dollars were spent.
local rates, places, budgets = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local at = 3
for index = 1, rates do
  settle_rate(KEYS[index], 1 / ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]))
  at = at + 4
end
if places > 0 then
  redis.call('ZREM', KEYS[rates + 1], ARGV[at + 1])
  at = at + 1
end
for index = 1, budgets do
  local budget = KEYS[rates + places + index]
  if redis.call('EXISTS', budget) == 1 then redis.call('INCRBY', budget, ARGV[at + index]) end
end
return 0
"""
)

CLOSE = """
if ARGV[1] == '0' then
  redis.call('DEL', KEYS[1])
elseif redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
end
return 0
"""

LOCK = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""

LOOK = """
local row = redis.call('GET', KEYS[2])
if row then return {row, 0} end
""" + LOCK.replace("return 0", "return {false, 0}").replace("return 1", "return {false, 1}")

UNLOCK = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0
"""


class Script:
    """A script, and how a server is told to run it."""

    __slots__ = ("sha", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        self.sha = sha1(source.encode()).hexdigest()  # noqa: S324 - Redis calls scripts so

    def command(self, keys: Sequence[str], arguments: Sequence[Argument]) -> Command:
        """Run it, if the server knows it."""
        return b"EVALSHA", self.sha, len(keys), *keys, *arguments

    def in_full(self, keys: Sequence[str], arguments: Sequence[Argument]) -> Command:
        """Run it, and have the server know it from now on."""
        return b"EVAL", self.source, len(keys), *keys, *arguments

    def load(self) -> Command:
        """Have the server know it."""
        return b"SCRIPT LOAD", self.source


take = Script(CLOCK + TAKE)
settle = Script(CLOCK + SETTLE)
close = Script(CLOSE)
lock = Script(LOCK)
look = Script(LOOK)
unlock = Script(UNLOCK)
