"""From a query to the body of a request."""

from __future__ import annotations

from typing import Any

import pytest
from claif_openai.responses.request import request_body
from hypothesis import given
from hypothesis import strategies as st

from claif.api import (
    FileBlock,
    ImageBlock,
    InvalidQueryError,
    Message,
    Options,
    Query,
    Role,
    TextBlock,
    ThinkingBlock,
    Tool,
    ToolResultBlock,
    ToolUseBlock,
    UnknownBlock,
    json_dumps,
    json_loads,
)
from claif.testing import strategies

OPEN = {"type": "object", "properties": {"a": {"type": "string"}}}
CLOSED = {**OPEN, "required": ["a"], "additionalProperties": False}


def body(*messages: Message, **more: Any) -> dict[str, Any]:
    return request_body(Query(messages or "hi", **more), "m")


def items(*messages: Message) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = body(*messages)["input"]
    return found


def test_the_simplest_query_stores_nothing() -> None:
    assert body() == {
        "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}],
        "store": False,
        "model": "m",
        "stream": True,
    }
    assert "stream" not in body(stream=False)
    assert "model" not in request_body(Query("hi"), None)


def test_system_messages_at_the_beginning_are_the_instructions_and_later_ones_stay_where_they_are() -> None:
    made = body(Message.system("Be terse."), Message.system("Rhyme."), Message.user("hi"), Message.system("Stop."))
    assert made["instructions"] == "Be terse.\n\nRhyme."
    assert [(item["role"], item["content"][0]["text"]) for item in made["input"]] == [
        ("user", "hi"),
        ("system", "Stop."),
    ]


def test_what_the_model_said_is_output() -> None:
    said = Message.assistant([TextBlock("a"), ThinkingBlock("hm"), TextBlock("b")])
    parts = [{"type": "output_text", "text": "a"}, {"type": "output_text", "text": "b"}]
    assert items(said) == [{"type": "message", "role": "assistant", "content": parts}]


def test_tool_calls_and_results_are_items_in_the_order_of_the_blocks() -> None:
    call = ToolUseBlock("c1", "weather", {"city": "Zürich"})
    said = Message.assistant([TextBlock("wait"), call, TextBlock("so")])
    result = Message(Role.TOOL, [ToolResultBlock("c1", "sun")])
    assert [item["type"] for item in items(said, result)] == [
        "message",
        "function_call",
        "message",
        "function_call_output",
    ]
    _, sent, _, answer = items(said, result)
    assert sent == {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": '{"city":"Zürich"}'}
    assert answer == {"type": "function_call_output", "call_id": "c1", "output": "sun"}


def test_a_thought_goes_back_with_the_proof_of_this_api_only() -> None:
    thoughts = [
        ThinkingBlock("a", "responses:rs_1:proof=="),
        ThinkingBlock("", "responses:rs_2:p:q"),
        ThinkingBlock("b"),
        ThinkingBlock("c", "EqQBCkYIARgC"),
        ThinkingBlock("d", "responses:"),
    ]
    assert items(Message.assistant(thoughts)) == [
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "a"}],
            "encrypted_content": "proof==",
        },
        {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "p:q"},
    ]


def test_images_and_files_go_as_data_or_by_url() -> None:
    (message,) = items(
        Message.user(
            [
                ImageBlock(b"\x00", "image/png"),
                ImageBlock(url="https://x.example/a.png"),
                FileBlock(b"%PDF", "application/pdf", "a.pdf"),
                FileBlock(url="https://x.example/a.pdf"),
                FileBlock("ä".encode(), "text/plain", "a.txt"),
                FileBlock(b"b", "text/plain"),
            ]
        )
    )
    assert message["content"] == [
        {"type": "input_image", "image_url": "data:image/png;base64,AA=="},
        {"type": "input_image", "image_url": "https://x.example/a.png"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERg=="},
        {"type": "input_file", "file_url": "https://x.example/a.pdf"},
        {"type": "input_text", "text": "a.txt:\n\nä\n\n"},
        {"type": "input_text", "text": "b\n\n"},
    ]


@pytest.mark.parametrize(
    "message",
    [
        Message.assistant([ImageBlock(b"x", "image/png")]),
        Message.system([ImageBlock(b"x", "image/png")]),
        Message.user([UnknownBlock({"a": 1})]),
        Message.user([FileBlock(b"\xff", "text/plain")]),
        Message.user([ToolUseBlock("1", "x")]),
        Message(Role.TOOL, [TextBlock("x")]),
    ],
)
def test_what_has_no_form_is_refused(message: Message) -> None:
    with pytest.raises(InvalidQueryError):
        items(message)


def test_tools_say_whether_their_schema_is_strict() -> None:
    made = body(tools=[Tool("a", "Does a.", OPEN), Tool("b", "", CLOSED)])
    assert made["tools"] == [
        {"type": "function", "name": "a", "description": "Does a.", "parameters": OPEN, "strict": False},
        {"type": "function", "name": "b", "description": "", "parameters": CLOSED, "strict": True},
    ]


def test_a_schema_is_the_format_of_the_text_beside_what_options_say_about_it() -> None:
    made = body(schema=CLOSED, options=Options(extra={"text": {"verbosity": "low"}}))
    form = {"type": "json_schema", "name": "answer", "schema": CLOSED, "strict": True}
    assert made["text"] == {"verbosity": "low", "format": form}


def test_options_have_their_names_here() -> None:
    made = body(options=Options(temperature=0, top_p=0.5, max_tokens=7, extra={"service_tier": "flex", "store": True}))
    assert (made["temperature"], made["top_p"], made["max_output_tokens"]) == (0, 0.5, 7)
    assert (made["service_tier"], made["store"]) == ("flex", True)


@pytest.mark.parametrize("extra", [{"reasoning": {"effort": "low"}}, {"reasoning_effort": "low"}])
def test_who_asks_for_reasoning_gets_its_proof(extra: dict[str, Any]) -> None:
    made = body(options=Options(extra=extra))
    assert made["reasoning"] == {"effort": "low"}
    assert made["include"] == ["reasoning.encrypted_content"]
    assert "reasoning_effort" not in made
    assert "include" not in body(options=Options(extra={**extra, "store": True}))
    assert body(options=Options(extra={**extra, "include": []}))["include"] == []


def test_stop_texts_are_refused_since_leaving_them_out_would_change_the_answer() -> None:
    with pytest.raises(InvalidQueryError, match="stop texts"):
        body(options=Options(stop=("x",)))


@pytest.mark.parametrize("name", ["input", "instructions", "model", "stream", "tools"])
def test_options_cannot_change_the_query_itself(name: str) -> None:
    with pytest.raises(InvalidQueryError, match=name):
        body(options=Options(extra={name: 1}))


@given(st.lists(strategies.messages(), min_size=1, max_size=4))
def test_any_conversation_is_encoded_as_json_or_refused(messages: list[Message]) -> None:
    try:
        made = request_body(Query(messages), "m")
    except InvalidQueryError:
        return
    assert json_loads(json_dumps(made)) is not None
    sent = [block for message in messages for block in message.content if isinstance(block, ToolUseBlock)]
    assert [item["name"] for item in made["input"] if item["type"] == "function_call"] == [
        use.tool_name for use in sent
    ]
