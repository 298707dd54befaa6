"""What fortune chooses is decided without any I/O."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.testing.fault_plan import Pace, Plan, draw
from claif.testing.faults import Bandwidth, BlackHole, Corrupt, Cut, Fault, HalfClose, Latency, Reset, SlowClose

SOME: tuple[Fault, ...] = (
    Latency(0.1, jitter=0.2, probability=0.5),
    Corrupt(probability=0.5),
    Cut(7, probability=0.5),
    Reset(3, probability=0.5),
)


def test_the_same_seed_draws_the_same() -> None:
    plans = [[draw(SOME, Random(seed)) for seed in range(50)] for _ in range(2)]
    assert plans[0] == plans[1]
    assert len({repr(plan) for plan in plans[0]}) > 10


@pytest.mark.parametrize(("probability", "least", "most"), [(0.0, 0, 0), (0.3, 240, 360), (1.0, 1000, 1000)])
def test_a_fault_hits_its_share_of_the_connections(probability: float, least: int, most: int) -> None:
    rng = Random(1)
    hit = sum(draw([Cut(probability=probability)], rng).ending is not None for _ in range(1000))
    assert least <= hit <= most


def test_faults_add_up_and_the_earliest_ending_ends() -> None:
    plan = draw([Latency(1, jitter=2), Latency(3, direction="up"), Bandwidth(10), Bandwidth(5, "down")], Random(0))
    assert (plan.up, plan.down) == (Pace(4, 2, 10), Pace(1, 2, 5))
    endings = [HalfClose(9), Reset(3), Cut(5), BlackHole(4)]
    assert draw([*endings, SlowClose(1), SlowClose(2)], Random(0)).ending == Reset(3)
    assert draw([SlowClose(1), SlowClose(2)], Random(0)).slow_close == 3


@given(st.binary(min_size=1, max_size=60), st.lists(st.integers(1, 9)), st.integers(0, 70), st.integers(0, 70))
def test_however_an_answer_is_cut_into_pieces_the_same_arrives(
    answer: bytes, sizes: list[int], end: int, wrong: int
) -> None:
    plan = draw([Cut(end), Corrupt(wrong)], Random(0))
    arrived, start = b"", 0
    for size in [*sizes, len(answer)]:
        piece = answer[start : start + size]
        start += size
        part, _ = plan.corrupted(piece[: plan.room(len(arrived), len(piece))], len(arrived))
        arrived += part
    expected = answer[:end]
    assert len(arrived) == len(expected)
    assert [place for place, pair in enumerate(zip(arrived, expected, strict=True)) if pair[0] != pair[1]] == (
        [wrong] if wrong < len(expected) else []
    )


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(0, 1000))), st.integers(0, 99))
def test_bytes_never_overtake_each_other_and_never_arrive_early(arrivals: list[tuple[float, int]], seed: int) -> None:
    pace, rng, now, before = Pace(0.5, 0.5, 1000), Random(seed), 0.0, 0.0
    for wait, size in arrivals:
        now += wait
        due = pace.due(now, before, size, rng)
        assert due >= max(before + size / 1000, now + 0.5 + size / 1000)
        assert due <= max(before, now + 1.0) + size / 1000
        before = due


def test_a_healthy_line_delays_nothing() -> None:
    assert Plan().down.due(5.0, 0.0, 10_000, Random(0)) == 5.0
    assert Plan().room(10, 20) == 20


@pytest.mark.parametrize("rate", [0.5, 10, 1e9])
def test_a_narrow_line_is_read_in_pieces_that_it_can_pass(rate: float) -> None:
    assert 1 <= Pace(rate=rate).piece <= max(1, min(16_384, rate / 50))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Cut(-1),
        lambda: Cut(probability=1.5),
        lambda: Latency(-0.1),
        lambda: Bandwidth(0),
        lambda: Latency(1, direction="sideways"),
        lambda: Corrupt(-1),
        lambda: SlowClose(-1),
    ],
)
def test_a_fault_that_cannot_be_is_refused(make) -> None:
    with pytest.raises(ValueError, match="must be"):
        make()
