"""Usage adds up, and what is unknown stays unknown."""

from __future__ import annotations

from claif.models import Usage


def test_the_sum_takes_a_part_that_only_one_side_knows() -> None:
    assert Usage(1, 2) + Usage(input_tokens=3, cost=0.5) == Usage(4, 2, cost=0.5)


def test_the_total_is_unknown_if_a_part_is() -> None:
    assert Usage(input_tokens=1).total_tokens is None
    assert Usage(1, 2).total_tokens == 3
