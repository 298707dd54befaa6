"""From a query to the body of a request."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.api import (
    FileBlock,
    ImageBlock,
    InvalidQueryError,
    Message,
    Options,
    Query,
    Quirks,
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
from claif.protocols.chat_completions.wire import is_closed_schema, request_body
from claif.testing import strategies

OPENAI = Quirks(max_tokens="max_completion_tokens")


def body_of(query: Query, quirks: Quirks = OPENAI) -> dict:
    return request_body(query, "m", quirks)


def sent(*messages: Message) -> list[dict]:
    return body_of(Query(messages))["messages"]


@given(strategies.queries(), st.sampled_from([OPENAI, Quirks(), Quirks(stream_usage=False, seed="random_seed")]))
def test_every_well_formed_query_becomes_json_that_reads_back_the_same(query: Query, quirks: Quirks) -> None:
    body = body_of(query, quirks)
    assert json_loads(json_dumps(body)) == json.loads(json.dumps(body))


@given(strategies.queries())
def test_no_text_of_a_query_is_lost(query: Query) -> None:
    said = json.dumps(body_of(query)["messages"], ensure_ascii=False)
    for message in query.messages:
        for block in message.content:
            if isinstance(block, TextBlock):
                assert json.dumps(block.text, ensure_ascii=False)[1:-1] in said


@given(strategies.messages())
def test_any_message_at_all_is_encoded_or_refused_with_a_typed_error(message: Message) -> None:
    with suppress(InvalidQueryError):
        assert json_dumps(body_of(Query((message,))))


def test_a_plain_question_is_the_smallest_body() -> None:
    query = Query((Message.system("Be terse."), Message.user("Hi")), stream=False)
    assert body_of(query) == {
        "model": "m",
        "messages": [{"role": "system", "content": "Be terse."}, {"role": "user", "content": "Hi"}],
    }


def test_a_stream_asks_for_its_usage_unless_the_server_refuses_that() -> None:
    assert body_of(Query("Hi"))["stream_options"] == {"include_usage": True}
    refused = body_of(Query("Hi"), Quirks(stream_usage=False))
    assert refused["stream"] is True
    assert "stream_options" not in refused


def test_without_a_model_the_field_is_left_out() -> None:
    assert "model" not in request_body(Query("Hi"), None)


def test_images_travel_as_data_or_by_their_url() -> None:
    image, url = ImageBlock(b"\x89PNG", "image/png"), ImageBlock(url="https://images.example/a.png")
    (message,) = sent(Message.user([TextBlock("What?"), image, url]))
    assert message["content"] == [
        {"type": "text", "text": "What?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}},
        {"type": "image_url", "image_url": {"url": "https://images.example/a.png"}},
    ]


def test_a_file_travels_as_a_file_and_a_text_file_as_text() -> None:
    pdf, notes = FileBlock(b"%PDF", "application/pdf", "a.pdf"), FileBlock("grün".encode(), "text/plain", "notes.txt")
    (message,) = sent(Message.user([pdf, notes]))
    assert message["content"] == [
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERg=="}},
        {"type": "text", "text": "notes.txt:\n\ngrün\n\n"},
    ]


def test_a_text_file_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(InvalidQueryError, match="not valid UTF-8"):
        sent(Message.user([FileBlock(b"\xff\xfe", "text/plain", "notes.txt")]))


def test_a_file_by_url_goes_only_to_a_server_that_fetches_it() -> None:
    query = Query(Message.user([FileBlock(url="https://files.example/a.pdf", mime_type="application/pdf")]))
    with pytest.raises(InvalidQueryError, match="by URL"):
        body_of(query)
    file = body_of(query, Quirks(file_urls=True))["messages"][0]["content"][0]["file"]
    assert file["file_data"] == "https://files.example/a.pdf"


def test_tool_calls_and_their_results_come_in_the_protocols_order() -> None:
    call = ToolUseBlock("c1", "weather", {"city": "Zürich"})
    result, more = ToolResultBlock("c1", "sunny"), TextBlock("Thanks, and tomorrow?")
    assert sent(Message.assistant([ThinkingBlock("hm"), call]), Message.user([more, result])) == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Zürich"}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
        {"role": "user", "content": "Thanks, and tomorrow?"},
    ]


@pytest.mark.parametrize(
    "message",
    [
        Message.user([UnknownBlock({"type": "hologram"})]),
        Message.assistant([ImageBlock(b"x", "image/png")]),
        Message.system([FileBlock(b"x", "application/pdf")]),
        Message.user([ToolUseBlock("c1", "weather")]),
        Message(Role.TOOL, [TextBlock("sunny")]),
    ],
)
def test_what_the_protocol_cannot_say_is_refused(message: Message) -> None:
    with pytest.raises(InvalidQueryError):
        sent(message)


def test_options_have_the_names_that_the_server_wants() -> None:
    options = Options(temperature=0.0, top_p=0.9, max_tokens=5, stop=("\n",), seed=1, timeout=3, extra={"top_k": 4})
    openai = body_of(Query("Hi", options=options, stream=False))
    assert openai | {"messages": [], "model": ""} == {
        "messages": [],
        "model": "",
        "temperature": 0.0,
        "top_p": 0.9,
        "max_completion_tokens": 5,
        "stop": ["\n"],
        "seed": 1,
        "top_k": 4,
    }
    mistral = body_of(Query("Hi", options=options), Quirks(seed="random_seed"))
    assert (mistral["max_tokens"], mistral["random_seed"]) == (5, 1)


@pytest.mark.parametrize("name", ["messages", "model", "stream", "stream_options", "tools"])
def test_options_cannot_replace_the_query(name: str) -> None:
    with pytest.raises(InvalidQueryError, match=name):
        body_of(Query("Hi", options=Options(extra={name: None})))


def test_an_option_that_is_no_json_is_refused() -> None:
    with pytest.raises(InvalidQueryError):
        json_dumps(body_of(Query("Hi", options=Options(temperature=float("nan")))))


def test_tools_and_a_schema_are_declared() -> None:
    schema = {"type": "object", "properties": {"a": {}}, "required": ["a"], "additionalProperties": False}
    body = body_of(Query("Hi", tools=[Tool("weather", "Tells it", {"type": "object"})], schema=schema))
    function = {"name": "weather", "description": "Tells it", "parameters": {"type": "object"}}
    assert body["tools"] == [{"type": "function", "function": function}]
    assert body["response_format"]["json_schema"] == {"name": "answer", "schema": schema, "strict": True}


@pytest.mark.parametrize(
    ("schema", "closed"),
    [
        ({"type": "string"}, True),
        ({"type": "object"}, False),
        ({"type": "object", "properties": {"a": {}}, "additionalProperties": False}, False),
        ({"type": "array", "items": {"type": "object"}}, False),
        ({"anyOf": [{"type": "string"}, {"properties": {}}]}, False),
        ({"type": "object", "properties": 3, "required": 4, "additionalProperties": False}, True),
    ],
)
def test_strict_mode_is_used_only_where_the_schema_allows_it(schema: dict, closed: bool) -> None:
    assert is_closed_schema(schema) is closed
