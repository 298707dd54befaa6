"""What agents ask for and what is answered, as data."""

from __future__ import annotations

import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import given

from claif import codec
from claif.errors import ProtocolError
from claif.models import Decision, Event, PermissionDecided, PermissionMode, PermissionRequest, Plan, PlanStep, Query
from claif.testing import strategies


def test_a_query_takes_a_mode_by_its_name_and_no_other() -> None:
    assert Query("hi", permission="plan").permission is PermissionMode.PLAN
    assert Query("hi").permission is None
    with pytest.raises(ValueError, match="yolo"):
        Query("hi", permission="yolo")


def test_a_decision_says_no_more_than_it_is_told() -> None:
    decision = Decision(allowed=True)
    assert (decision.by, decision.always, decision.reason) == ("nobody", False, "")
    with pytest.raises(FrozenInstanceError):
        decision.allowed = False


def test_a_plan_takes_its_steps_from_anything_that_has_them() -> None:
    steps = (PlanStep("a"), PlanStep("b", "completed"))
    assert Plan(iter(steps)) == Plan(steps)
    assert Plan(list(steps)).steps == steps


@given(strategies.permission_requests(), strategies.decisions())
def test_a_decision_travels_with_its_request(request: PermissionRequest, decision: Decision) -> None:
    event = PermissionDecided(request, decision)
    data = codec.dump(event)
    assert data["type"] == "permission"
    assert codec.load(data, Event) == event


@pytest.mark.parametrize(
    "data",
    [
        {"type": "permission", "request": {"id": "1", "tool_name": "x"}, "decision": {"allowed": "yes"}},
        {"type": "permission", "request": {"id": "1", "tool_name": "x"}, "decision": {"allowed": 1}},
        {"type": "permission", "request": {"id": "1", "tool_name": "x"}},
        {"type": "permission", "request": {"id": "1"}, "decision": {"allowed": True}},
        {"type": "plan", "steps": [{"text": 1}]},
        {"type": "plan", "steps": "all"},
        {"type": "file_change"},
    ],
)
def test_what_is_no_decision_plan_or_change_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(ProtocolError):
        codec.load(data, Event)
