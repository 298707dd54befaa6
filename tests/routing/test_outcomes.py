"""The latest calls of an endpoint, counted."""

from __future__ import annotations

from claif.routing.outcomes import Outcomes


def test_they_are_counted_by_what_became_of_them() -> None:
    outcomes = Outcomes(60.0)
    outcomes.add(0.0, failed=True, slow=False)
    outcomes.add(0.0, failed=False, slow=True)
    outcomes.add(0.0, failed=False, slow=True)
    outcomes.add(0.0, failed=False, slow=False)
    assert (len(outcomes), outcomes.failed, outcomes.slow) == (4, 1, 2)


def test_a_call_is_forgotten_after_exactly_the_time() -> None:
    outcomes = Outcomes(60.0)
    outcomes.add(0.0, failed=True, slow=True)
    outcomes.add(59.9, failed=False, slow=False)
    assert (len(outcomes), outcomes.failed, outcomes.slow) == (2, 1, 1)
    outcomes.add(60.0, failed=False, slow=False)
    assert (len(outcomes), outcomes.failed, outcomes.slow) == (2, 0, 0)


def test_of_very_many_the_latest_are_remembered() -> None:
    outcomes = Outcomes(60.0, most=3)
    for failed in (True, False, False, False):
        outcomes.add(0.0, failed=failed, slow=failed)
    assert (len(outcomes), outcomes.failed, outcomes.slow) == (3, 0, 0)


def test_by_default_those_are_a_thousand() -> None:
    outcomes = Outcomes(60.0)
    for _ in range(1500):
        outcomes.add(0.0, failed=True, slow=False)
    assert len(outcomes) == outcomes.failed == 1000


def test_all_can_be_forgotten() -> None:
    outcomes = Outcomes(60.0)
    outcomes.add(0.0, failed=True, slow=True)
    outcomes.clear()
    assert (len(outcomes), outcomes.failed, outcomes.slow) == (0, 0, 0)
