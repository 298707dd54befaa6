"""GCRA in Lua: the same as Claif's `Gcra`, where many processes meet, by the clock of the server.

A rate is kept as its *debt* at the time when it was written: the seconds for which what was let through is still being
paid for. Debts are small numbers, so nothing is lost by rounding, as it would be of seconds since the epoch.

A rate that owes nothing is forgotten by the server. That changes no answer: what comes later has no slack then. Only
numbers must not come twice, so they begin with the microseconds since the epoch.
"""

from __future__ import annotations

GCRA = """
local MOMENT, MOST, KEPT = 1e-9, 64, 1000

local function rate_of(key)
  local text = redis.call('GET', key)
  if not text then return nil end
  local kept = cmsgpack.unpack(text)
  local passed = math.max(second - kept[1] + (micro - kept[2]) / 1e6, 0)
  return {debt = kept[3] - passed, number = kept[4], slack = kept[5]}
end

local function keep_rate(key, rate)
  local text = cmsgpack.pack({second, micro, rate.debt, rate.number, rate.slack})
  redis.call('SET', key, text, 'PX', string.format('%.0f', math.ceil(math.max(rate.debt, 0) * 1000) + KEPT))
end

local function wait_for(rate, each, burst, cost)
  if not rate then return 0 end
  local left = rate.debt - math.max(burst - cost, 0) * each
  return left > MOMENT and left or 0
end

local function note_slack(rate, seconds)
  local slack = rate.slack
  while #slack > 0 and slack[#slack][2] >= seconds do table.remove(slack) end
  slack[#slack + 1] = {rate.number, seconds}
  if #slack > MOST then
    local alike, least = 2, math.huge
    for index = 2, #slack do
      local more = slack[index][2] - slack[index - 1][2]
      if more < least then alike, least = index, more end
    end
    slack[alike][2] = math.min(slack[alike][2], slack[alike - 1][2])
    table.remove(slack, alike - 1)
  end
end

local function add(key, rate, each, cost)
  rate = rate or {debt = 0, number = second * 1e6 + micro, slack = {}}
  rate.number = rate.number + 1
  note_slack(rate, math.max(rate.debt, 0))
  rate.debt = math.max(rate.debt, 0) + cost * each
  keep_rate(key, rate)
  return rate.number
end

local function settle_rate(key, each, difference, number, cost)
  local rate = rate_of(key)
  if difference > 0 then
    add(key, rate, each, difference)
  elseif difference < 0 and rate then
    local back = math.min(-difference, cost) * each
    for _, one in ipairs(rate.slack) do
      if one[1] > number then back = math.min(back, one[2]) end
    end
    for _, one in ipairs(rate.slack) do
      if one[1] > number then one[2] = one[2] - back end
    end
    rate.debt = rate.debt - back
    keep_rate(key, rate)
  end
end
"""
