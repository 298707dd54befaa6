"""From the events of the Messages API to Claif's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocols.messages.pieces import END, SOURCE, complete, decode, delta, ended, start, stop, text

from claif.api import (
    AuthenticationError,
    ClaifError,
    ConnectionError,
    ContextLengthError,
    Event,
    Finished,
    InvalidQueryError,
    Message,
    ModelNotFoundError,
    ProtocolError,
    ProviderRuntimeError,
    RateLimitError,
    Started,
    TextDelta,
    ThinkingDelta,
    TimeoutError,
    UnknownEvent,
    Usage,
    UsageReport,
)
from claif.protocols.messages.decode import Decoder
from claif.testing import Behaviour, strategies
from claif.testing.messages_script import chunks, whole
from claif.testing.script import event as sse
from claif.transport.sse import SSEParser

BEHAVIOURS = st.builds(
    Behaviour,
    text=strategies.texts(),
    piece=st.integers(0, 5),
    reasoning=st.sampled_from(["", "yes", "redacted"]),
    tool=st.booleans(),
    finish=st.sampled_from(["stop", "length", "content_filter", "pause_turn", "none"]),
)
ASK = {"model": "m", "messages": [{"role": "user", "content": "How are you?"}], "tools": [{"name": "look"}]}


def stream_of(behaviour: Behaviour) -> list[dict[str, Any]]:
    return [event for together in chunks(behaviour, ASK) for event in together]


def joined(events: list[Event], kind: type[TextDelta | ThinkingDelta]) -> str:
    return "".join([event.text for event in events if isinstance(event, kind)])


@given(st.data(), BEHAVIOURS)
def test_a_stream_means_the_same_wherever_its_bytes_are_cut(data: st.DataObject, behaviour: Behaviour) -> None:
    stream = stream_of(behaviour)
    together = complete(*stream)
    parser, decoder = SSEParser(), Decoder(SOURCE)
    events: list[Event] = []
    for piece in data.draw(strategies.chunked_bytes(b"".join([sse(each, each["type"]) for each in stream]))):
        for _, found in parser.feed(piece):
            events += decoder.feed(found)
    assert [*events, *decoder.close()] == together


@given(BEHAVIOURS)
def test_a_stream_and_an_answer_in_one_piece_mean_the_same(behaviour: Behaviour) -> None:
    decoder = Decoder(SOURCE)
    at_once = [*decoder.decode(json.loads(json.dumps(whole(behaviour, ASK)))), *decoder.close()]
    streamed = complete(*stream_of(behaviour))

    def but_how_it_is_cut(events: list[Event]) -> list[Event]:
        return [event for event in events if not isinstance(event, TextDelta | ThinkingDelta | Started)]

    assert but_how_it_is_cut(at_once) == but_how_it_is_cut(streamed)
    assert joined(at_once, TextDelta) == joined(streamed, TextDelta)
    assert joined(at_once, ThinkingDelta) == joined(streamed, ThinkingDelta)


def test_a_stream_that_is_cut_after_any_byte_gives_exactly_what_was_complete() -> None:
    stream = stream_of(Behaviour(text="Grüezi, 東京!", piece=3, reasoning="yes"))
    parts = [sse(each, each["type"]) for each in stream]
    data = b"".join(parts)
    for at in range(len(data)):
        parser, decoder = SSEParser(), Decoder(SOURCE)
        events = [event for _, found in parser.feed(data[:at]) for event in decoder.feed(found)]
        arrived = [each for number, each in enumerate(stream) if at >= len(b"".join(parts[: number + 1]))]
        deltas = [each["delta"].get("text", "") for each in arrived if each["type"] == "content_block_delta"]
        assert joined(events, TextDelta) == "".join(deltas)
        with pytest.raises(ConnectionError, match="cut in the middle"):
            decoder.close()


@given(strategies.json_values())
def test_no_json_value_crashes_the_decoder(value: Any) -> None:
    try:
        events = decode(text("a"), value)
    except ClaifError:
        return
    assert all(isinstance(event, Event) for event in events)


WORDS = """
type index content_block delta message text thinking signature partial_json id name input data usage input_tokens error
output_tokens cache_read_input_tokens output_tokens_details thinking_tokens stop_reason model content
"""
KINDS = """
message_start content_block_start content_block_delta content_block_stop message_delta message_stop ping error new_kind
"""
VALUES = st.recursive(
    strategies.json_scalars()
    | st.sampled_from(["text", "thinking", "tool_use", "text_delta", "input_json_delta", "signature_delta", 0, 1]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS.split()), inner, max_size=5),
    max_leaves=20,
)


@given(
    st.lists(
        st.tuples(st.sampled_from(KINDS.split()), st.dictionaries(st.sampled_from(WORDS.split()), VALUES, max_size=5))
    )
)
def test_the_protocols_own_words_in_wrong_places_do_not_crash_it(events: list[tuple[str, dict[str, Any]]]) -> None:
    decoder = Decoder(SOURCE)
    try:
        decode(*[{**more, "type": kind} for kind, more in events], decoder=decoder)
        decoder.close()
    except ClaifError:
        return


@given(VALUES)
def test_a_whole_answer_of_any_shape_does_not_crash_it(value: Any) -> None:
    for body in (value, {"content": value}, {"content": [value], "usage": value, "stop_reason": value}):
        decoder = Decoder(SOURCE)
        try:
            decoder.decode(body)
            decoder.close()
        except ClaifError:
            continue


PIECES = st.tuples(st.sampled_from(["text", "thought", "proof", "stop"]), st.integers(0, 2), st.text(max_size=3))


@given(st.lists(PIECES, max_size=12))
def test_a_message_says_what_was_shown_however_blocks_are_mixed(pieces: list[tuple[str, int, str]]) -> None:
    def made(kind: str, index: int, said: str) -> dict[str, Any]:
        match kind:
            case "text":
                return text(said, index)
            case "thought":
                return delta("thinking_delta", index, thinking=said)
            case "proof":
                return delta("signature_delta", index, signature=said)
        return stop(index)

    events = complete(*[made(*piece) for piece in pieces], END)
    assert {event.text for event in events if isinstance(event, Message)} <= {joined(events, TextDelta)}


@pytest.mark.parametrize("data", ["{", "[1]", "3", '"text"', "null"])
def test_what_is_no_json_object_is_a_protocol_error(data: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        Decoder(SOURCE).feed(data)
    assert (caught.value.hint or "").endswith("an API that speaks Anthropic's Messages API.")


@pytest.mark.parametrize("body", [[], {"choices": []}, {}, "text"])
def test_a_body_that_is_no_message_is_a_protocol_error(body: Any) -> None:
    with pytest.raises(ProtocolError):
        Decoder(SOURCE).decode(body)


def test_the_beginning_tells_id_and_model_once() -> None:
    begun = {"type": "message_start", "message": {"id": "msg_1", "model": "claude-9", "content": []}}
    assert decode(begun, begun) == [Started("house", "claude-9", "msg_1")]


def test_a_ping_the_ends_of_blocks_and_what_a_gateway_adds_are_silent() -> None:
    decoder = Decoder(SOURCE)
    assert decode({"type": "ping"}, start("text", text=""), stop(), decoder=decoder) == []
    assert decoder.feed("[DONE]") == ()
    assert decode(END, text("late"), decoder=decoder) == []


@pytest.mark.parametrize(
    "event",
    [
        {"type": "from_the_future", "x": 1},
        {"x": 1},
        delta("citations_delta", citation={"url": "x"}),
        {"type": "content_block_delta", "index": 0},
        {"type": "content_block_start", "index": 0, "content_block": "text"},
    ],
)
def test_what_is_not_known_is_passed_on_as_it_came(event: dict[str, Any]) -> None:
    assert decode(event) == [UnknownEvent(event)]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_use"),
        ("refusal", "content_filter"),
        ("pause_turn", "pause_turn"),
        (None, "stop"),
    ],
)
def test_reasons_are_in_our_words_where_we_have_one(word: str | None, reason: str) -> None:
    assert complete(ended(word), END)[-1] == Finished(reason)


def test_later_counts_take_over_what_they_do_not_say_from_the_first() -> None:
    first = {"input_tokens": 10, "cache_read_input_tokens": 5, "output_tokens": 1}
    begun = {"type": "message_start", "message": {"usage": first}}
    assert decode(begun, ended(output_tokens=9), ended(output_tokens=12, input_tokens=None))[1:] == [
        UsageReport(Usage(15, 9, cached_tokens=5)),
        UsageReport(Usage(15, 12, cached_tokens=5)),
    ]
    assert decode(ended()) == []


@pytest.mark.parametrize(
    ("code", "kind", "retryable"),
    [
        ("overloaded_error", ProviderRuntimeError, True),
        ("api_error", ProviderRuntimeError, True),
        ("rate_limit_error", RateLimitError, True),
        ("timeout_error", TimeoutError, True),
        ("authentication_error", AuthenticationError, False),
        ("permission_error", AuthenticationError, False),
        ("billing_error", RateLimitError, False),
        ("not_found_error", ModelNotFoundError, False),
        ("request_too_large", InvalidQueryError, False),
        ("invalid_request_error", ProviderRuntimeError, False),
        ("from_the_future", ProviderRuntimeError, False),
    ],
)
def test_an_error_in_the_stream_is_raised_with_its_class(code: str, kind: type[ClaifError], retryable: bool) -> None:
    problem = {"type": code, "message": "No."}
    for event in ({"type": "error", "error": problem}, {"error": problem}):
        with pytest.raises(ClaifError) as caught:
            decode(text("a"), event)
        assert type(caught.value) is kind
        assert (caught.value.retryable, caught.value.status, caught.value.code) == (retryable, None, code)
        assert caught.value.hint


@pytest.mark.parametrize("event", [{"type": "error"}, {"type": "error", "error": "No."}, {"type": "error", "error": 3}])
def test_an_error_without_a_type_is_one_all_the_same(event: dict[str, Any]) -> None:
    with pytest.raises(ProviderRuntimeError):
        decode(event)


def test_an_error_in_a_body_of_a_good_status_is_raised() -> None:
    problem = {"type": "invalid_request_error", "message": "prompt is too long: 210000 tokens > 200000 maximum"}
    with pytest.raises(ContextLengthError):
        Decoder(SOURCE).decode({"type": "error", "error": problem})
