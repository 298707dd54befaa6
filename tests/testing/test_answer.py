"""The scripted server's answers, whatever the protocol."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.testing import Behaviour
from claif.testing.answer import SHELLS, answer_pieces, numbered_text, tool_calls

PROMPT = {"messages": [{"role": "user", "content": "0123456789"}]}


@given(st.integers(0, 30_000), st.integers(0, 100))
def test_an_answer_by_size_has_exactly_that_size(size: int, piece: int) -> None:
    pieces = answer_pieces(Behaviour(size=size, piece=piece, text=""), PROMPT)
    assert len("".join(pieces)) == size
    assert all(pieces)


def test_a_gap_in_a_numbered_text_shows() -> None:
    words = numbered_text(9_000).split()
    assert list(map(int, words)) == list(range(1000))


def test_a_long_prompt_is_answered_with_its_length_and_its_end() -> None:
    assert "".join(answer_pieces(Behaviour(tail=3), PROMPT)) == "10: 789"


@pytest.mark.parametrize("name", SHELLS)
def test_the_clients_own_tool_for_commands_is_found(name: str) -> None:
    tools = [{"function": {"name": "other"}}, {"function": {"name": name}}]
    (call,) = tool_calls(Behaviour(shell="echo 'ü'"), {**PROMPT, "tools": tools})
    assert call["function"]["name"] == name
    assert "echo 'ü'" in str(list(json.loads(call["function"]["arguments"]).values()))


def test_a_request_without_the_tool_is_answered_in_text() -> None:
    for behaviour in (Behaviour(shell="ls", text="no"), Behaviour(call="add", text="no")):
        assert tool_calls(behaviour, {**PROMPT, "tools": [{"function": {"name": "other"}}]}) == []
        assert answer_pieces(behaviour, PROMPT) == ["no"]


def test_a_named_tool_is_called_with_its_arguments() -> None:
    behaviour = Behaviour(call="add", arguments='{"a": 1}')
    (call,) = tool_calls(behaviour, {**PROMPT, "tools": [{"function": {"name": "add"}}]})
    assert json.loads(call["function"]["arguments"]) == {"a": 1}


def test_calls_of_one_conversation_have_ids_of_their_own() -> None:
    behaviour, tools = Behaviour(shell="ls"), [{"function": {"name": "bash"}}]
    longer = {"messages": PROMPT["messages"] * 3, "tools": tools}
    first, second = tool_calls(behaviour, {**PROMPT, "tools": tools}), tool_calls(behaviour, longer)
    assert first[0]["id"] != second[0]["id"]
