"""From a query to the body of a Messages request."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

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
from claif.protocols.messages.wire import count_body, request_body
from claif.testing import strategies


def body(*messages: Message, **how: Any) -> dict[str, Any]:
    return request_body(Query(messages or "hi", **how), "m")


def said(*messages: Message) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = body(*messages)["messages"]
    return turns


def test_a_question_is_short() -> None:
    assert body(stream=False) == {
        "messages": [{"role": "user", "content": "hi"}],
        "model": "m",
        "max_tokens": 16_000,
    }
    assert body()["stream"] is True
    assert "model" not in request_body(Query("hi"), None)


def test_instructions_stand_apart_wherever_they_came() -> None:
    made = body(Message.system("Be terse."), Message.user("hi"), Message.system("Be kind."), Message.system(" "))
    assert made["system"] == "Be terse.\n\nBe kind."
    assert made["messages"] == [{"role": "user", "content": "hi"}]
    with pytest.raises(InvalidQueryError, match="ImageBlock in a message of the role system"):
        body(Message(Role.SYSTEM, [ImageBlock(b"x", "image/png")]), Message.user("hi"))


def test_sides_alternate_and_results_come_first_in_their_turn() -> None:
    turns = said(
        Message.user("Weather?"),
        Message.assistant("I look."),
        Message.assistant([ToolUseBlock("t1", "weather", {"city": "Rome"}), ToolUseBlock("t2", "now")]),
        Message(Role.TOOL, [ToolResultBlock("t1", "sun")]),
        Message.user([TextBlock("So?"), ToolResultBlock("t2", "No clock.", is_error=True)]),
    )
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert turns[1]["content"] == [
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Rome"}},
        {"type": "tool_use", "id": "t2", "name": "now", "input": {}},
    ]
    assert turns[2]["content"] == [
        {"type": "tool_result", "tool_use_id": "t1", "content": "sun"},
        {"type": "tool_result", "tool_use_id": "t2", "content": "No clock.", "is_error": True},
        {"type": "text", "text": "So?"},
    ]


def test_thoughts_go_back_only_with_a_proof_of_this_api() -> None:
    redacted = {"type": "redacted_thinking", "data": "c2VjcmV0"}
    thoughts = [
        ThinkingBlock("mine", "messages:proof"),
        ThinkingBlock("unproven"),
        ThinkingBlock("another's", "responses:rs_1:proof"),
        UnknownBlock(redacted),
        TextBlock("Yes."),
    ]
    assert said(Message.user("hi"), Message.assistant(thoughts))[1]["content"] == [
        {"type": "thinking", "thinking": "mine", "signature": "proof"},
        redacted,
        {"type": "text", "text": "Yes."},
    ]


def test_what_the_api_would_refuse_for_being_empty_is_left_out() -> None:
    turns = said(
        Message.user("hi"),
        Message.assistant([ThinkingBlock("x"), TextBlock(" ")]),
        Message.user("so"),
    )
    assert turns == [{"role": "user", "content": [{"type": "text", "text": "hi"}, {"type": "text", "text": "so"}]}]


def test_images_and_files_go_by_their_bytes_or_by_their_url() -> None:
    (turn,) = said(
        Message.user(
            [
                ImageBlock(b"\x89PNG", "image/png"),
                ImageBlock(url="https://x.example/a.jpg"),
                FileBlock(b"%PDF", "application/pdf", "a.pdf"),
                FileBlock(b"%PDF", "application/pdf"),
                FileBlock(url="https://x.example/b.pdf"),
                FileBlock(b"a,b", "text/csv", "a.csv"),
                FileBlock(b" ", "text/plain"),
                TextBlock("What is this?"),
            ]
        )
    )
    pdf = {"type": "base64", "media_type": "application/pdf", "data": "JVBERg=="}
    assert turn["content"] == [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw=="}},
        {"type": "image", "source": {"type": "url", "url": "https://x.example/a.jpg"}},
        {"type": "document", "source": pdf, "title": "a.pdf"},
        {"type": "document", "source": pdf},
        {"type": "document", "source": {"type": "url", "url": "https://x.example/b.pdf"}},
        {"type": "text", "text": "a.csv:\n\na,b\n\n"},
        {"type": "text", "text": "What is this?"},
    ]


@pytest.mark.parametrize(
    ("block", "hint"),
    [
        (ImageBlock(b"x", "image/tiff"), "Convert the image"),
        (FileBlock(b"x", "application/zip"), "Attach a PDF"),
        (FileBlock(b"\xff", "text/plain"), "UTF-8"),
        (ToolUseBlock("t", "f"), "Remove the block"),
    ],
)
def test_what_has_no_form_is_refused_with_what_helps(block: Any, hint: str) -> None:
    with pytest.raises(InvalidQueryError) as caught:
        body(Message.user([block]))
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize("role", [Role.ASSISTANT, Role.TOOL])
@pytest.mark.parametrize("block", [ImageBlock(b"x", "image/png"), FileBlock(b"x", "application/pdf")])
def test_only_the_user_attaches(role: Role, block: Any) -> None:
    with pytest.raises(InvalidQueryError):
        body(Message(role, [block]))


def test_tools_and_a_schema_are_asked_for_in_the_apis_words() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    made = body(tools=[Tool("weather", "Tells it.", schema)], schema=schema)
    assert made["tools"] == [{"name": "weather", "description": "Tells it.", "input_schema": schema}]
    assert made["output_config"] == {
        "format": {"type": "json_schema", "schema": {**schema, "additionalProperties": False}}
    }
    both = body(schema=schema, options=Options(extra={"effort": "low"}))["output_config"]
    assert (both["effort"], both["format"]["type"]) == ("low", "json_schema")


def test_known_options_have_the_apis_names_and_others_pass_through() -> None:
    options = Options(temperature=0.5, top_p=0.9, max_tokens=7, stop=("x",), seed=3, extra={"top_k": 4})
    made = body(options=options)
    assert (made["temperature"], made["top_p"], made["max_tokens"], made["stop_sequences"]) == (0.5, 0.9, 7, ["x"])
    assert made["top_k"] == 4
    assert "seed" not in made


@pytest.mark.parametrize("name", ["messages", "model", "stream", "system", "tools"])
def test_options_cannot_change_the_query_itself(name: str) -> None:
    with pytest.raises(InvalidQueryError, match=name):
        body(options=Options(extra={name: 1}))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (True, {"type": "adaptive", "display": "summarized"}),
        ("adaptive", {"type": "adaptive", "display": "summarized"}),
        (2048, {"type": "enabled", "budget_tokens": 2048}),
        (False, {"type": "disabled"}),
        ({"type": "adaptive"}, {"type": "adaptive"}),
    ],
)
def test_thinking_is_asked_for_in_one_word(given: Any, field: dict[str, Any]) -> None:
    assert body(options=Options(extra={"thinking": given}))["thinking"] == field


@pytest.mark.parametrize("given", [0, -1, 2.5, "much", [], {"budget_tokens": "many"}])
def test_a_wrong_wish_for_thinking_is_refused(given: Any) -> None:
    with pytest.raises(InvalidQueryError, match="thinking"):
        body(options=Options(extra={"thinking": given}))


def test_thinking_leaves_room_for_the_answer() -> None:
    assert body(options=Options(extra={"thinking": 20_000}))["max_tokens"] == 36_000
    assert body(options=Options(max_tokens=2049, extra={"thinking": 2048}))["max_tokens"] == 2049
    with pytest.raises(InvalidQueryError, match="think for 2048 tokens, but answer with 2048"):
        body(options=Options(max_tokens=2048, extra={"thinking": 2048}))


@pytest.mark.parametrize("name", ["effort", "reasoning_effort"])
def test_effort_has_the_name_of_chat_completions_too(name: str) -> None:
    made = body(options=Options(extra={name: "high", "output_config": {"x": 1}}))
    assert made["output_config"] == {"effort": "high", "x": 1}
    assert name not in made


@pytest.mark.parametrize(
    ("wish", "mark"),
    [
        (True, {"type": "ephemeral"}),
        ("5m", {"type": "ephemeral"}),
        ("1h", {"type": "ephemeral", "ttl": "1h"}),
    ],
)
def test_the_cache_ends_with_the_instructions_and_with_the_conversation(wish: Any, mark: dict[str, Any]) -> None:
    options = Options(extra={"cache": wish})
    made = body(Message.system("Be terse."), Message.user("hi"), options=options, tools=[Tool("f")])
    assert made["system"] == [{"type": "text", "text": "Be terse.", "cache_control": mark}]
    assert made["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "hi", "cache_control": mark}]},
    ]
    assert "cache_control" not in made["tools"][0]
    tools = body(options=options, tools=[Tool("f"), Tool("g")])["tools"]
    assert [tool.get("cache_control") for tool in tools] == [None, mark]


def test_without_a_wish_nothing_is_cached_and_a_wrong_one_is_refused() -> None:
    for extra in ({}, {"cache": False}, {"cache": None}):
        assert "cache" not in str(body(Message.system("s"), Message.user("hi"), options=Options(extra=extra)))
    for wrong in ("2h", 0, 1, ["5m"]):
        with pytest.raises(InvalidQueryError, match="cache"):
            body(options=Options(extra={"cache": wrong}))


def test_a_thought_at_the_end_is_not_marked() -> None:
    end = Message.assistant([ThinkingBlock("x", "messages:p")])
    made = body(Message.user("hi"), end, options=Options(extra={"cache": True}))
    assert made["messages"][1]["content"] == [{"type": "thinking", "thinking": "x", "signature": "p"}]


def test_counting_leaves_out_what_says_how_to_answer() -> None:
    options = Options(temperature=0.5, max_tokens=9, stop=("x",), extra={"top_k": 4, "thinking": 5, "cache": True})
    made = count_body(Query([Message.system("s"), Message.user("hi")], options=options, tools=[Tool("f")]), "m")
    assert set(made) == {"model", "messages", "system", "tools", "thinking"}


@given(st.lists(strategies.messages(), min_size=1, max_size=4), strategies.options())
def test_any_conversation_is_encoded_as_json_or_refused(messages: list[Message], options: Options) -> None:
    before = repr(messages)
    try:
        made = request_body(Query(messages, options=options), "m")
    except InvalidQueryError:
        return
    assert json_loads(json_dumps(made)) is not None
    roles = [turn["role"] for turn in made["messages"]]
    assert all(one != following for one, following in pairwise(roles))
    assert all(turn["content"] for turn in made["messages"])
    used = [block for message in messages for block in message.content if isinstance(block, ToolUseBlock)]
    sent = [block for turn in made["messages"] for block in turn["content"] if isinstance(block, dict)]
    assert [block["name"] for block in sent if block.get("type") == "tool_use"] == [use.tool_name for use in used]
    assert repr(messages) == before


@given(strategies.queries())
def test_any_query_that_makes_sense_is_encoded(query: Query) -> None:
    made = request_body(query, "m")
    assert made["messages"][-1]["role"] == "user"
