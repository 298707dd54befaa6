"""From the chunks of a response to events."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.api import (
    AuthenticationError,
    ClaifError,
    ConnectionError,
    ContextLengthError,
    Event,
    Finished,
    Notice,
    ProtocolError,
    ProviderRuntimeError,
    RateLimitError,
    Started,
    TextDelta,
    ThinkingDelta,
    ToolUse,
    ToolUseBlock,
    UnknownEvent,
    Usage,
    UsageReport,
)
from claif.protocols.chat_completions.decode import Decoder
from claif.protocols.failures import ErrorSource
from claif.testing import Behaviour, strategies
from claif.testing.chat_script import chunks, whole

SOURCE = ErrorSource("house", "m")


def decode(*data: Any, decoder: Decoder | None = None) -> list[Event]:
    decoder = decoder or Decoder(SOURCE)
    return [event for chunk in data for event in decoder.feed(json.dumps(chunk))]


def choice(delta: Any, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, **more}]}


def after_start(*data: Any) -> list[Event]:
    started, *events = decode(*data)
    assert isinstance(started, Started)
    return events


@given(st.lists(strategies.texts()))
def test_text_is_the_same_however_it_is_cut_into_deltas(pieces: list[str]) -> None:
    events = decode(*[choice({"content": piece}) for piece in pieces])
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "".join(pieces)


@given(strategies.json_values())
def test_no_json_value_crashes_the_decoder(value: Any) -> None:
    try:
        events = decode(choice({"content": "a"}), value)
    except ClaifError:
        return
    assert all(isinstance(event, Event) for event in events)


WORDS = """
choices usage error x_groq id model delta message index finish_reason content refusal tool_calls function arguments name
reasoning text thinking code type cost prompt_tokens prompt_tokens_details cached_tokens
"""
FIELDS = st.sampled_from(WORDS.split())


@given(
    st.recursive(
        strategies.json_scalars(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
        max_leaves=20,
    )
)
def test_the_protocols_own_words_in_wrong_places_do_not_crash_it(value: Any) -> None:
    decoder = Decoder(SOURCE)
    try:
        decode(choice(value), {"choices": value}, {"usage": value}, value, decoder=decoder)
        decoder.close()
    except ClaifError:
        return


@given(st.text())
def test_what_is_no_json_is_a_protocol_error(text: str) -> None:
    try:
        json.loads(text)
    except ValueError:
        with pytest.raises(ProtocolError, match="not valid JSON"):
            Decoder(SOURCE).feed(f"{text} ")


@pytest.mark.parametrize("data", ["[1]", "3", '"text"', "null"])
def test_json_that_is_no_object_is_a_protocol_error(data: str) -> None:
    with pytest.raises(ProtocolError, match="no JSON object"):
        Decoder(SOURCE).feed(data)


def test_the_first_chunk_tells_id_and_model() -> None:
    chunk = {"id": "c-1", "model": "m-2026", **choice({"role": "assistant", "content": None})}
    assert decode(chunk, chunk) == [Started("house", "m-2026", "c-1")]


def test_only_the_first_of_several_choices_is_read() -> None:
    two = {"choices": [{"index": 1, "delta": {"content": "b"}}, {"index": 0, "delta": {"content": "a"}}]}
    assert after_start(two, {"choices": [{"index": 1, "delta": {"content": "c"}}]}) == [TextDelta("a")]


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_is_thinking_under_either_name(name: str) -> None:
    assert after_start(choice({name: "hm", "content": ""})) == [ThinkingDelta("hm")]


def test_reasoning_under_both_names_is_thought_once() -> None:
    assert after_start(choice({"reasoning": "hm", "reasoning_content": "hm"})) == [ThinkingDelta("hm")]


def test_content_in_parts_is_read() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}, 3, {"text": None}]}
    plain = {"type": "thinking", "thinking": "so"}
    parts = [thinking, plain, {"type": "text", "text": "a"}, "?", {"type": "text", "text": 1}]
    assert after_start(choice({"content": parts})) == [ThinkingDelta("hm"), ThinkingDelta("so"), TextDelta("a")]


def test_a_refusal_is_shown_as_text() -> None:
    assert after_start(choice({"refusal": "I cannot."})) == [TextDelta("I cannot.")]


@pytest.mark.parametrize("usage", [None, {"prompt_tokens": 1}])
def test_text_and_usage_in_one_chunk_are_both_read(usage: Any) -> None:
    events = after_start(choice({"content": "a"}), {**choice({"content": "b"}), "usage": usage})
    assert events == [TextDelta("a"), TextDelta("b")] + ([UsageReport(Usage(input_tokens=1))] if usage else [])


def test_usage_comes_from_a_chunk_without_choices_with_all_its_details() -> None:
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 3},
        "cost": 0.25,
    }
    assert after_start({"choices": [], "usage": usage}) == [UsageReport(Usage(9, 5, 4, 3, 0.25))]


def test_usage_is_found_where_deepseek_and_groq_put_it() -> None:
    deepseek = {"choices": [], "usage": {"prompt_tokens": 9, "prompt_cache_hit_tokens": 4}}
    groq = {"choices": [], "x_groq": {"usage": {"completion_tokens": 5}}}
    assert after_start(deepseek, groq) == [UsageReport(Usage(9, None, 4)), UsageReport(Usage(output_tokens=5))]


def test_counts_that_are_none_stay_unknown() -> None:
    usage = {"prompt_tokens": -1, "completion_tokens": True, "prompt_tokens_details": 3, "cost": -1.0}
    assert after_start({"choices": [], "usage": usage}) == [UsageReport(Usage())]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("tool_calls", "tool_use"),
        ("function_call", "tool_use"),
        ("content_filter", "content_filter"),
        ("eos", "eos"),
    ],
)
def test_the_finish_reason_comes_from_the_wire(word: str, reason: str) -> None:
    decoder = Decoder(SOURCE)
    decode(choice({}, finish_reason=word), decoder=decoder)
    assert decoder.close() == [Finished(reason)]


def test_done_without_a_reason_is_a_stop_and_nothing_after_it_counts() -> None:
    decoder = Decoder(SOURCE)
    assert [*decoder.feed("[DONE]"), *decoder.feed("garbage")] == []
    assert decoder.close() == [Finished("stop")]


def test_an_end_without_done_and_without_a_reason_is_a_cut() -> None:
    decoder = Decoder(SOURCE)
    decode(choice({"content": "a"}), decoder=decoder)
    with pytest.raises(ConnectionError, match="cut in the middle") as caught:
        decoder.close()
    assert (caught.value.provider, caught.value.model) == ("house", "m")


@pytest.mark.parametrize("chunk", [{"object": "ping"}, {"choices": [{"delta": {"hologram": 1}}]}, {}])
def test_what_is_not_known_passes_through(chunk: dict[str, Any]) -> None:
    assert decode(choice({}), chunk)[1:] == [UnknownEvent(chunk)]


def call(index: Any, arguments: Any, *, call_id: Any = None, name: Any = None) -> dict[str, Any]:
    return {"index": index, "id": call_id, "function": {"name": name, "arguments": arguments}}


def tool_calls(*pieces: Any) -> list[Event]:
    return after_start(*[choice({"tool_calls": [piece]}) for piece in pieces], choice({}, finish_reason="tool_calls"))


def test_tool_calls_are_put_together_by_their_index() -> None:
    events = tool_calls(
        call(0, "", call_id="a", name="weather"),
        call(1, '{"x":', call_id="b", name="time"),
        call(0, '{"city": "Zü'),
        call(1, " 1}"),
        call(0, 'rich"}', name="weather"),
    )
    assert events == [
        ToolUse(ToolUseBlock("a", "weather", {"city": "Zürich"})),
        ToolUse(ToolUseBlock("b", "time", {"x": 1})),
    ]


def test_calls_that_a_server_all_numbers_zero_are_told_apart_by_their_ids() -> None:
    events = tool_calls(call(0, "{}", call_id="a", name="f"), call(0, "{}", call_id="b", name="g"))
    assert events == [ToolUse(ToolUseBlock("a", "f")), ToolUse(ToolUseBlock("b", "g"))]


def test_calls_without_an_index_are_told_apart_by_id_or_name() -> None:
    events = tool_calls(
        call(None, '{"a"', call_id="a", name="f"),
        call(None, ":1}"),
        call(None, "{}", call_id="b", name="g"),
        call(None, "", call_id="a"),
    )
    assert events == [ToolUse(ToolUseBlock("a", "f", {"a": 1})), ToolUse(ToolUseBlock("b", "g"))]


def test_a_call_without_an_id_gets_one_that_every_server_accepts() -> None:
    first, second = tool_calls(call(0, {"a": 1}, name="f"), call(1, "", name="g"))
    assert isinstance(first, ToolUse)
    assert isinstance(second, ToolUse)
    assert first.block.parameters == {"a": 1}
    assert first.block.id.isalnum()
    assert len(first.block.id) == 9
    assert first.block.id != second.block.id


@pytest.mark.parametrize("arguments", ['{"city": "Zü', "[1]", "NaN", "3"])
def test_arguments_that_are_no_object_become_a_notice_and_never_a_guess(arguments: str) -> None:
    (notice,) = tool_calls(call(0, arguments, call_id="a", name="f"))
    assert isinstance(notice, Notice)
    assert notice.kind == "invalid_tool_call"
    assert notice.data == {"id": "a", "tool_name": "f", "arguments": arguments}


def test_a_call_without_a_name_becomes_a_notice() -> None:
    assert [event.kind for event in tool_calls(call(0, "{}", call_id="a"), 3)] == ["invalid_tool_call"]


@pytest.mark.parametrize(
    ("error", "kind", "status"),
    [
        ({"code": "rate_limit_exceeded", "message": "Slow down"}, RateLimitError, None),
        ({"code": 429, "message": "Slow down"}, RateLimitError, 429),
        ({"code": 401}, AuthenticationError, 401),
        ({"type": "exceed_context_size_error"}, ContextLengthError, None),
        ({"type": "server_error", "code": None}, ProviderRuntimeError, None),
        ("it burns", ProviderRuntimeError, None),
        ([1], ProviderRuntimeError, None),
        (True, ProviderRuntimeError, None),
    ],
)
def test_an_error_in_the_stream_is_typed_by_its_code(error: Any, kind: type[ClaifError], status: int | None) -> None:
    with pytest.raises(ClaifError) as caught:
        decode(choice({"content": "a"}), {"error": error})
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert caught.value.provider == "house"


def same_answer(events: list[Event]) -> tuple[Any, ...]:
    texts = "".join([event.text for event in events if isinstance(event, TextDelta)])
    thoughts = "".join([event.text for event in events if isinstance(event, ThinkingDelta)])
    rest = [event for event in events if not isinstance(event, TextDelta | ThinkingDelta)]
    return texts, thoughts, sorted(map(repr, rest))


@pytest.mark.parametrize(
    "behaviour", [Behaviour(), Behaviour(reasoning="reasoning"), Behaviour(tool=True), Behaviour(finish="length")]
)
def test_an_answer_in_one_piece_gives_the_same_events_as_a_stream(behaviour: Behaviour) -> None:
    request = {"model": "m", "stream": True, "stream_options": {"include_usage": True}, "messages": []}
    streamed, plain = Decoder(SOURCE), Decoder(SOURCE)
    events = [*decode(*chunks(behaviour, request), decoder=streamed), *streamed.close()]
    assert same_answer([*plain.decode(whole(behaviour, request)), *plain.close()]) == same_answer(events)
