"""Plugins' sources are asked together; one that fails is named, and passed over or fatal as it declares."""

from __future__ import annotations

import time
from functools import partial

import pytest
import trio

from claif.config import ConfigSource, load_sources
from claif.errors import ConfigurationError


async def _table():
    await trio.sleep(1)
    return {"general": {"timeout": 5}}


@pytest.mark.mock_clock
async def test_all_are_asked_at_the_same_time_and_sorted_by_priority():
    began = trio.current_time()
    tables, failures = await load_sources([ConfigSource(f"s{number}", _table, priority=-number) for number in range(3)])
    assert trio.current_time() - began == 1
    assert [table.name for table in tables] == ["s2", "s1", "s0"]
    assert tables[0].table == {"general": {"timeout": 5}}
    assert failures == []


@pytest.mark.mock_clock
async def test_one_that_hangs_is_cut_off_and_named_and_the_others_count():
    slow = ConfigSource("slow", trio.sleep_forever, timeout=3)
    tables, failures = await load_sources([slow, ConfigSource("good", _table)])
    assert [table.name for table in tables] == ["good"]
    assert [(name, message) for name, message in failures] == [("slow", "it did not answer within 3 s")]
    assert trio.current_time() >= 3


@pytest.mark.mock_clock
async def test_failures_are_told_in_the_order_of_the_sources_whichever_comes_first():
    async def fail(seconds):
        await trio.sleep(seconds)
        raise OSError("gone")

    sources = [ConfigSource(f"s{seconds}", partial(fail, seconds)) for seconds in (3, 1, 2)]
    assert [failure.name for failure in (await load_sources(sources))[1]] == ["s3", "s1", "s2"]


@pytest.mark.mock_clock
async def test_none_takes_longer_than_all_may():
    began = trio.current_time()
    _, failures = await load_sources([ConfigSource("slow", trio.sleep_forever, timeout=1000)], timeout=2)
    assert trio.current_time() - began == 2
    assert failures[0].message == "it did not answer within 2 s"


async def _fail():
    raise ExceptionGroup("many", [OSError("no network")])


def _exit():
    raise SystemExit(3)


def _speak():
    raise ValueError("bad \x1b[2J news\nand a second line " + "x" * 500)


@pytest.mark.parametrize(
    ("load", "what"),
    [
        (_fail, "ExceptionGroup: many"),
        (_exit, "SystemExit: 3"),
        (_speak, "ValueError: bad \\x1b[2J news"),
        (lambda: None, "it gave a NoneType instead of tables"),
        (lambda: [1], "it gave a list instead of tables"),
        (lambda: {"general": {"output": "x" * 20_000}}, "general.output: longer than"),
        (lambda: {"general": object()}, "a object cannot be configured"),
        (lambda: {1: 2}, "a key is no text"),
    ],
)
async def test_a_failure_of_any_kind_is_named(load, what):
    tables, failures = await load_sources([ConfigSource("bad", load)])
    assert tables == []
    assert what in failures[0].message
    assert failures[0].message.isprintable()
    assert len(failures[0].message) < 300


async def test_a_fatal_failure_stops_everything_and_names_the_source():
    with pytest.raises(ConfigurationError, match="source of configuration guard failed: OSError"):
        await load_sources([ConfigSource("guard", _raise, fatal=True), ConfigSource("other", dict)])


def _raise():
    raise OSError("gone")


async def test_a_plain_function_runs_in_a_thread_and_holds_nobody_up():
    def slow():
        time.sleep(0.05)
        return {"general": {"timeout": 1}}

    tables, _ = await load_sources([ConfigSource("slow", slow), ConfigSource("quick", dict)])
    assert [table.name for table in tables] == ["quick", "slow"]


async def test_a_plain_function_may_return_something_to_await():
    def load():
        return _at_once()

    tables, _ = await load_sources([ConfigSource("lazy", load)])
    assert tables[0].table == {"processors": {}}


async def _at_once():
    return {"processors": {}}


async def test_no_sources_give_nothing():
    assert await load_sources([]) == ([], [])


async def test_cancelling_the_caller_cancels_the_sources():
    with trio.move_on_after(0.01) as scope:
        await load_sources([ConfigSource("slow", trio.sleep_forever, timeout=1000)])
    assert scope.cancelled_caught
