"""From a finished tool call to an event."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from claif.api import Notice, ToolUse, ToolUseBlock, json_dumps
from claif.protocols.calls import call_event
from claif.testing import strategies


@given(strategies.json_objects())
def test_a_call_is_the_same_from_data_and_from_its_text(parameters: dict[str, Any]) -> None:
    call = ToolUse(ToolUseBlock("t", "f", parameters))
    assert call_event("t", "f", parameters) == call_event("t", "f", json_dumps(parameters).decode()) == call


@pytest.mark.parametrize("empty", ["", " "])
def test_no_arguments_are_an_object_without_members(empty: str) -> None:
    assert call_event("t", "f", empty) == ToolUse(ToolUseBlock("t", "f", {}))


@pytest.mark.parametrize(("name", "arguments"), [("f", "[1]"), ("f", "{"), ("f", "NaN"), ("", "{}"), ("", {})])
def test_what_is_no_call_is_told_and_never_guessed(name: str, arguments: Any) -> None:
    notice = call_event("t", name, arguments)
    assert isinstance(notice, Notice)
    assert notice.kind == "invalid_tool_call"
    assert notice.data == {"id": "t", "tool_name": name, "arguments": arguments}


def test_a_call_without_an_id_gets_one_that_every_server_takes() -> None:
    first, second = (call_event("", "f", {}) for _ in range(2))
    assert isinstance(first, ToolUse)
    assert isinstance(second, ToolUse)
    assert first.block.id != second.block.id
    assert len(first.block.id) == 9
    assert first.block.id.isalnum()
