"""The codec loses nothing, coerces nothing, and answers nonsense with a typed error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from claif import codec
from claif.config import Secret
from claif.errors import InvalidQueryError, ProtocolError
from claif.models import (
    ContentBlock,
    Embeddings,
    Event,
    ImageBlock,
    Message,
    Query,
    Reply,
    Started,
    TextBlock,
    Timings,
    ToolUse,
    ToolUseBlock,
    Usage,
)
from claif.testing import strategies


@given(strategies.messages())
def test_messages_come_back_as_they_were(message: Message) -> None:
    assert codec.loads(codec.dumps(message), Message) == message


@given(strategies.events())
def test_events_come_back_as_they_were(event: Event) -> None:
    assert codec.loads(codec.dumps(event), Event) == event


@given(strategies.blocks())
def test_blocks_come_back_as_they_were(block: ContentBlock) -> None:
    assert codec.loads(codec.dumps(block), ContentBlock) == block


@given(st.lists(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=4), max_size=4))
def test_embeddings_come_back_as_they_were(numbers: list[list[float]]) -> None:
    embeddings = Embeddings(tuple(map(tuple, numbers)), "house", "m", Usage(input_tokens=3), Timings(total=0.5))
    assert codec.loads(codec.dumps(embeddings), Embeddings) == embeddings
    with pytest.raises(ProtocolError):
        codec.load({"vectors": [["1"]]}, Embeddings)


@given(strategies.queries())
def test_queries_come_back_as_they_were(query: Query) -> None:
    assert codec.loads(codec.dumps(query), Query) == query


@given(strategies.replies())
def test_replies_come_back_as_they_were(reply: Reply) -> None:
    assert codec.loads(codec.dumps(reply), Reply) == reply


@given(
    st.dictionaries(st.text(), strategies.json_values()).filter(lambda data: data.get("type") not in list(codec.EVENTS))
)
@example({"type": []})
def test_an_unknown_event_is_written_as_it_came(data: dict[str, Any]) -> None:
    assert codec.dump(codec.load(data, Event)) == data


@given(strategies.json_values())
def test_any_json_is_an_object_of_ours_or_a_protocol_error(data: Any) -> None:
    for kind in (Message, Event, ContentBlock, Query, Reply):
        try:
            codec.load(data, kind)
        except ProtocolError:
            continue


def test_members_of_unions_carry_their_type() -> None:
    assert codec.dump(TextBlock("hi")) == {"type": "text", "text": "hi"}
    data = codec.dump(Message.assistant([TextBlock("a"), ToolUseBlock("1", "t", {"x": 1})]))
    assert data["type"] == "message"
    assert [block["type"] for block in data["content"]] == ["text", "tool_use"]
    assert codec.dump(ToolUse(ToolUseBlock("1", "t")))["block"]["tool_name"] == "t"


def test_bytes_are_base64_that_everybody_can_read() -> None:
    assert codec.dump(ImageBlock(b"\xff\xfe", "image/png"))["data"] == "//4="
    with pytest.raises(ProtocolError):
        codec.load({"type": "image", "data": "//4", "mime_type": "image/png"}, ContentBlock)


@pytest.mark.parametrize(
    "data",
    [
        {"type": "text", "text": 5},
        {"type": "text", "text": None},
        {"type": "text"},
        {"type": "tool_result", "tool_use_id": "1", "content": "x", "is_error": "no"},
        {"type": "tool_use", "id": "1", "tool_name": "t", "parameters": []},
        {"type": "usage", "usage": {"input_tokens": "7"}},
        {"type": "usage", "usage": {"input_tokens": True}},
        {"type": "message", "role": "user", "content": "text is not a list"},
        {"type": "message", "role": "nobody", "content": []},
        [],
        "text",
        None,
    ],
)
def test_nothing_is_coerced(data: Any) -> None:
    with pytest.raises(ProtocolError):
        codec.load(
            data,
            Event
            if isinstance(data, dict)
            and data["type"] in codec.EVENTS
            and data["type"] != "tool_use"
            and data["type"] != "tool_result"
            else ContentBlock,
        )


@pytest.mark.parametrize(
    "text", ['{"text": NaN}', "Infinity", "-Infinity", "[" * 100_000, "9" * 100_000, b"\xff", "{", ""]
)
def test_what_is_not_json_is_a_protocol_error(text: str | bytes) -> None:
    """Attack 16 and 17: depth, digits, NaN and bad UTF-8."""
    with pytest.raises(ProtocolError):
        codec.loads(text, Started)


def test_what_json_cannot_say_is_refused_when_it_is_written() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for value in (float("nan"), "\ud800", object(), deep):
        with pytest.raises(InvalidQueryError):
            codec.dumps(Message("user", "x", {"key": value}))


def test_a_secret_is_never_written() -> None:
    with pytest.raises(InvalidQueryError):
        codec.dumps(Message("user", "x", {"key": Secret("sk-canary")}))
    with pytest.raises(TypeError):
        codec.dump(Secret("sk-canary"))


def test_the_text_is_compact_utf_8() -> None:
    assert codec.dumps(TextBlock("é")) == '{"type":"text","text":"é"}'
    assert json.loads(codec.dumps(Reply())) == codec.dump(Reply())
