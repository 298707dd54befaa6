"""Whatever is coming ends with one who waits for it, or on the shelf, and never with two."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from claif.transport.process.coming import Coming


@pytest.fixture
def shelf() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def coming(shelf: list[tuple[str, str]]) -> Coming[str, str]:
    return Coming(lambda key, item: shelf.append((key, item)))


def test_what_nobody_waits_for_goes_on_the_shelf(coming: Coming[str, str], shelf: list[tuple[str, str]]) -> None:
    arrival = coming.announce("k")
    assert (coming.expected(), coming.expects("k"), coming.expects("other")) == (["k"], True, False)
    coming.arrive(arrival, "item")
    assert shelf == [("k", "item")]
    assert (coming.expected(), coming.expects("k")) == ([], False)


def test_what_never_comes_is_nowhere(coming: Coming[str, str], shelf: list[tuple[str, str]]) -> None:
    coming.arrive(coming.announce("k"), None)
    assert (coming.expected(), shelf) == ([], [])


async def test_each_is_for_one_who_waits(coming: Coming[str, str], shelf: list[tuple[str, str]]) -> None:
    arrivals = [coming.announce("k"), coming.announce("k")]
    first, second = coming.claim("k"), coming.claim("k")
    assert (first, second) == tuple(arrivals)
    assert coming.claim("k") is None
    assert not coming.expects("k")
    assert first is not None
    assert second is not None
    coming.arrive(second, "b")
    coming.arrive(first, "a")
    assert [await coming.wait(first), await coming.wait(second)] == ["a", "b"]
    assert shelf == []


async def test_who_waits_for_what_never_comes_is_told(coming: Coming[str, str]) -> None:
    arrival = coming.announce("k")
    assert coming.claim("k") is arrival
    coming.arrive(arrival, None)
    assert await coming.wait(arrival) is None


@pytest.mark.parametrize("late", [True, False])
async def test_who_gives_up_leaves_it_to_others_even_if_it_has_just_come(
    coming: Coming[str, str], shelf: list[tuple[str, str]], late: bool
) -> None:
    arrival = coming.announce("k")
    assert coming.claim("k") is arrival
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(coming.wait, arrival)
            await wait_all_tasks_blocked()
            scope.cancel()
            if not late:
                coming.arrive(arrival, "item")
    if late:
        assert coming.expects("k")
        coming.arrive(arrival, "item")
    assert shelf == [("k", "item")]
