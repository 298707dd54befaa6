"""From the chunks of an answer to events."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.api import (
    ClaifError,
    ConnectionError,
    ContentFilterError,
    Event,
    Finished,
    ImageBlock,
    Message,
    Notice,
    ProtocolError,
    ProviderRuntimeError,
    RateLimitError,
    Started,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolUse,
    ToolUseBlock,
    UnknownEvent,
    Usage,
    UsageReport,
)
from claif.protocols.generate_content.decode import BROKEN_OFF, FINISH_REASONS, Decoder
from claif.protocols.generate_content.failures import GeminiSource
from claif.testing import Behaviour, strategies
from claif.testing.gemini_script import chunks, whole
from claif.transport.sse import SSEParser

SOURCE = GeminiSource("house", "m")


def candidate(*parts: Any, **more: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, "index": 0, **more}]}


def end(reason: str = "STOP", *parts: Any, **more: Any) -> dict[str, Any]:
    return candidate(*parts, finishReason=reason, **more)


def decode(*data: Any, decoder: Decoder | None = None) -> list[Event]:
    decoder = decoder or Decoder(SOURCE)
    return [event for chunk in data for event in decoder.feed(json.dumps(chunk))]


def complete(*data: Any) -> list[Event]:
    """All events of an answer that ends well, without its beginning."""
    decoder = Decoder(SOURCE)
    started, *events = [*decode(*data, decoder=decoder), *decoder.close()]
    assert isinstance(started, Started)
    return events


def text_of(events: list[Event]) -> str:
    return "".join([event.text for event in events if isinstance(event, TextDelta)])


@given(st.lists(strategies.texts()))
def test_text_is_the_same_however_it_is_cut_into_parts_and_chunks(pieces: list[str]) -> None:
    parts = [{"text": piece} for piece in pieces]
    for events in (complete(*map(candidate, parts), end()), complete(end("STOP", *parts))):
        assert text_of(events) == "".join(pieces)


ANSWERS = st.builds(
    Behaviour,
    text=strategies.texts(min_size=1),
    piece=st.integers(0, 3),
    reasoning=st.sampled_from(["", "yes"]),
    tool=st.booleans(),
    finish=st.sampled_from(["stop", "length", "content_filter"]),
    usage=st.booleans(),
)


@given(ANSWERS, st.sampled_from([b"\n", b"\r\n", b"\r"]), st.data())
def test_the_events_are_the_same_wherever_the_bytes_of_the_stream_are_cut(
    behaviour: Behaviour, line_end: bytes, data: st.DataObject
) -> None:
    said = [json.dumps(chunk, ensure_ascii=False) for chunk in chunks(behaviour, {"contents": []})]
    stream = b"".join([b"data: " + chunk.encode() + line_end * 2 for chunk in said])
    whole_at_once, in_pieces, parser = Decoder(SOURCE), Decoder(SOURCE), SSEParser()
    expected = [event for chunk in said for event in whole_at_once.feed(chunk)] + whole_at_once.close()
    events: list[Event] = []
    for piece in data.draw(strategies.chunked_bytes(stream)):
        events += [event for _, chunk in parser.feed(piece) for event in in_pieces.feed(chunk)]
    found = events + in_pieces.close()
    assert found == expected


def test_a_stream_that_is_cut_after_any_byte_gives_its_beginning_and_a_typed_error() -> None:
    behaviour = Behaviour(text="Zürich: 東京!", piece=2, reasoning="yes")
    said = [json.dumps(chunk, ensure_ascii=False) for chunk in chunks(behaviour, {"contents": []})]
    stream = "".join([f"data: {chunk}\r\n\r\n" for chunk in said]).encode()
    expected = decode(*map(json.loads, said))
    for cut in range(len(stream)):
        decoder, parser, events = Decoder(SOURCE), SSEParser(), []
        for _, chunk in parser.feed(stream[:cut]):
            events += decoder.feed(chunk)
        if decoder._reason is None:
            assert cut < len(stream) - 1
            with pytest.raises(ConnectionError):
                decoder.close()
        else:
            # The blank line that ends the last event is one with its first byte.
            assert cut == len(stream) - 1
        assert events == expected[: len(events)]
        assert len(events) >= stream[:cut].count(b"\r\n\r\n") - 1


@given(strategies.json_values())
def test_no_json_value_crashes_the_decoder(value: Any) -> None:
    try:
        events = decode(candidate({"text": "a"}), value)
    except ClaifError:
        return
    assert all(isinstance(event, Event) for event in events)


WORDS = """
candidates content parts text thought thoughtSignature functionCall id name args inlineData mimeType data index error
finishReason finishMessage promptFeedback blockReason blockReasonMessage usageMetadata promptTokenCount totalTokenCount
candidatesTokenCount thoughtsTokenCount modelVersion responseId code message status details reason violations quotaId
"""
VALUES = st.recursive(
    strategies.json_scalars() | st.sampled_from(["STOP", "MALFORMED_FUNCTION_CALL", "image/png", "AAAA", "PerDay", 0]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS.split()), inner, max_size=5),
    max_leaves=20,
)


@given(VALUES)
def test_the_protocols_own_words_in_wrong_places_do_not_crash_it(value: Any) -> None:
    for body in (value, [value], {"candidates": value}, {"candidates": [value]}, candidate(value), {"error": value}):
        streamed, at_once = Decoder(SOURCE), Decoder(SOURCE)
        try:
            decode(candidate({"text": "a"}), body, decoder=streamed)
            streamed.close()
        except ClaifError:
            pass
        try:
            at_once.decode(body)
            at_once.close()
        except ClaifError:
            pass


@pytest.mark.parametrize("data", ["{", "[1]", "3", '"text"', "null"])
def test_what_is_no_json_object_is_a_protocol_error(data: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        Decoder(SOURCE).feed(data)
    assert (caught.value.hint or "").endswith("an API that speaks the Gemini API.")


@pytest.mark.parametrize("body", [[], {}, {"choices": []}, "text", [{"choices": []}]])
def test_a_body_that_is_no_answer_is_a_protocol_error(body: Any) -> None:
    with pytest.raises(ProtocolError):
        Decoder(SOURCE).decode(body)


def test_the_first_chunk_tells_id_and_model_once() -> None:
    chunk = {**candidate(), "modelVersion": "m-2026", "responseId": "r1"}
    assert decode(chunk, chunk) == [Started("house", "m-2026", "r1")]


def test_only_the_first_candidate_is_read() -> None:
    other = {"content": {"parts": [{"text": "b"}]}, "finishReason": "SAFETY", "index": 1}
    chunk = end("STOP", {"text": "a"})
    assert complete({"candidates": [other, *chunk["candidates"]]}) == [TextDelta("a"), Finished("stop")]


def test_a_candidate_without_a_number_is_the_first() -> None:
    assert complete({"candidates": [{"content": {"parts": [{"text": "a"}]}, "finishReason": "STOP"}]})[0] == TextDelta(
        "a"
    )


def test_thoughts_are_kept_apart_from_the_text() -> None:
    assert complete(candidate({"text": "hm", "thought": True}), end("STOP", {"text": "so"})) == [
        ThinkingDelta("hm"),
        TextDelta("so"),
        Finished("stop"),
    ]


@pytest.mark.parametrize("identity", [{"id": "c1"}, {}])
def test_several_calls_arrive_whole_with_the_servers_ids_or_ours(identity: dict[str, str]) -> None:
    call = {"functionCall": {**identity, "name": "weather", "args": {"city": "Zürich"}}}
    first, second, finished = complete(candidate(call, {"functionCall": {"name": "time"}}), end())
    assert isinstance(first, ToolUse)
    assert isinstance(second, ToolUse)
    assert first.block == ToolUseBlock(identity.get("id", first.block.id), "weather", {"city": "Zürich"})
    assert second.block == ToolUseBlock(second.block.id, "time", {})
    assert first.block.id != second.block.id != ""
    assert finished == Finished("tool_use")


@pytest.mark.parametrize("call", [{"name": "f", "args": [1]}, {"args": {}}, {"name": "", "args": {}}, {"name": 3}])
def test_a_call_that_is_none_is_a_notice(call: dict[str, Any]) -> None:
    notice, finished = complete(end("STOP", {"functionCall": call}))
    assert isinstance(notice, Notice)
    assert notice.kind == "invalid_tool_call"
    assert finished == Finished("stop")


def test_a_limit_counts_more_than_a_call() -> None:
    assert complete(end("MAX_TOKENS", {"functionCall": {"name": "f"}}))[-1] == Finished("length")


def test_an_answer_with_signatures_is_told_as_a_whole_each_beside_its_part() -> None:
    events = complete(
        candidate({"text": "hm", "thought": True}),
        candidate({"text": "one "}),
        candidate({"text": "two ", "thoughtSignature": "S1"}),
        candidate({"text": "three"}, {"text": "so", "thought": True}),
        candidate({"functionCall": {"id": "c", "name": "f"}, "thoughtSignature": "S2"}),
        candidate({"text": "proven", "thought": True, "thoughtSignature": "S3"}, {"text": "four"}),
        end("STOP", {"text": "", "thoughtSignature": "S4"}),
    )
    assert events[-2] == Message.assistant(
        [
            ThinkingBlock("hm"),
            TextBlock("one "),
            ThinkingBlock("", "gemini:next:S1"),
            TextBlock("two "),
            TextBlock("three"),
            ThinkingBlock("so", "gemini:next:S2"),
            ToolUseBlock("c", "f"),
            ThinkingBlock("proven", "gemini:own:S3"),
            TextBlock("four"),
            ThinkingBlock("", "gemini:empty:S4"),
        ]
    )
    assert text_of(events) == events[-2].text == "one two threefour"


PARTS = st.one_of(
    st.fixed_dictionaries({"text": st.text(max_size=3)}, optional={"thought": st.booleans()}),
    st.just({"functionCall": {"id": "c", "name": "f", "args": {}}}),
    st.just({}),
)
SIGNED = st.tuples(PARTS, st.sampled_from([{}, {"thoughtSignature": "S"}])).map(lambda pair: pair[0] | pair[1])


@given(st.lists(SIGNED, max_size=8))
def test_a_whole_message_says_what_was_shown(parts: list[dict[str, Any]]) -> None:
    events = complete(*map(candidate, parts), end())
    messages = [event for event in events if isinstance(event, Message)]
    assert bool(messages) == any("thoughtSignature" in part for part in parts)
    assert {message.text for message in messages} <= {text_of(events)}


def test_an_image_comes_with_the_whole_message() -> None:
    image = {"inlineData": {"mimeType": "image/png", "data": "AAE="}}
    assert complete(end("STOP", {"text": "See: "}, image)) == [
        TextDelta("See: "),
        Message.assistant([TextBlock("See: "), ImageBlock(b"\x00\x01", "image/png")]),
        Finished("stop"),
    ]


@pytest.mark.parametrize(
    "part",
    [
        {"executableCode": {"language": "PYTHON", "code": "1"}},
        {"inlineData": {"mimeType": "audio/wav", "data": "AAE="}},
        {"inlineData": {"mimeType": "image/png", "data": "no base64!"}},
        {"inlineData": {"mimeType": "image/png", "data": "Zürich"}},
    ],
)
def test_parts_of_other_kinds_are_passed_on_as_they_came(part: dict[str, Any]) -> None:
    assert complete(end("STOP", part))[0] == UnknownEvent(part)


def test_unknown_chunks_are_passed_on_as_they_came() -> None:
    assert decode({"new": 1}, {}) == [UnknownEvent({"new": 1}), UnknownEvent({})]


@pytest.mark.parametrize(
    ("reason", "ours"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        *[(reason, "content_filter") for reason in ("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII")],
        ("LANGUAGE", "LANGUAGE"),
    ],
)
def test_the_finish_reason_is_told_in_our_words_where_there_are_such(reason: str, ours: str) -> None:
    assert complete(candidate({"text": "a"}), end(reason)) == [TextDelta("a"), Finished(ours)]
    assert not FINISH_REASONS.keys() & BROKEN_OFF.keys()


@pytest.mark.parametrize(("reason", "retryable"), BROKEN_OFF.items())
def test_an_answer_of_which_nothing_can_be_made_is_an_error_after_what_had_arrived(
    reason: str, retryable: bool
) -> None:
    decoder = Decoder(SOURCE)
    chunk = end(reason, {"text": "a"}, finishMessage="print(AIza0123456789012345678901234567890123)")
    assert decode(chunk, decoder=decoder)[1:] == [TextDelta("a")]
    assert decoder.done
    with pytest.raises(ProviderRuntimeError, match=f"house gave up the answer: {reason}: print") as caught:
        decoder.close()
    assert (caught.value.code, caught.value.retryable, caught.value.model) == (reason, retryable, "m")
    assert "AIza01" not in caught.value.message


@pytest.mark.parametrize("stream", [True, False])
def test_a_blocked_prompt_is_an_error_with_its_reason(stream: bool) -> None:
    chunk = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 3}}
    decoder = Decoder(SOURCE)
    with pytest.raises(ContentFilterError, match="blocked the prompt") as caught:
        decode(chunk, decoder=decoder) if stream else decoder.decode(chunk)
    assert (caught.value.code, caught.value.provider, caught.value.retryable) == ("PROHIBITED_CONTENT", "house", False)
    assert caught.value.hint


@pytest.mark.parametrize("feedback", [{"safetyRatings": []}, {"blockReason": "BLOCK_REASON_UNSPECIFIED"}, 3])
def test_feedback_without_a_reason_blocks_nothing(feedback: Any) -> None:
    assert complete({**end("STOP", {"text": "a"}), "promptFeedback": feedback})[0] == TextDelta("a")


@pytest.mark.parametrize("chunk", [{"usageMetadata": {"promptTokenCount": 3}}, {"candidates": [], "responseId": "r"}])
def test_an_answer_without_any_candidate_is_an_error(chunk: dict[str, Any]) -> None:
    streamed, at_once = Decoder(SOURCE), Decoder(SOURCE)
    decode(chunk, decoder=streamed)
    at_once.decode(chunk)
    for decoder in (streamed, at_once):
        with pytest.raises(ProviderRuntimeError, match="no candidate") as caught:
            decoder.close()
        assert caught.value.retryable


@pytest.mark.parametrize("data", [[], [candidate({"text": "half"})]])
def test_an_answer_without_its_end_was_cut(data: list[Any]) -> None:
    decoder = Decoder(SOURCE)
    decode(*data, decoder=decoder)
    with pytest.raises(ConnectionError):
        decoder.close()


def test_a_whole_answer_needs_no_reason_to_be_complete() -> None:
    decoder = Decoder(SOURCE)
    assert decoder.decode(candidate({"text": "a"}))[1:] == [TextDelta("a")]
    assert decoder.close() == [Finished("stop")]


def test_an_error_object_in_the_stream_is_raised() -> None:
    problem = {"code": 429, "message": "No.", "status": "RESOURCE_EXHAUSTED"}
    for raise_it in (lambda: decode({"error": problem}), lambda: Decoder(SOURCE).decode([{"error": problem}])):
        with pytest.raises(RateLimitError, match=r"No\.") as caught:
            raise_it()
        assert (caught.value.status, caught.value.code) == (429, "RESOURCE_EXHAUSTED")


def test_the_last_count_of_tokens_is_told_once_at_the_end() -> None:
    counted = [{"promptTokenCount": 4, "candidatesTokenCount": number} for number in (1, 2)]
    events = complete(
        {**candidate({"text": "a"}), "usageMetadata": counted[0]},
        end(),
        {"usageMetadata": counted[1], "candidates": []},
    )
    assert events == [TextDelta("a"), UsageReport(Usage(4, 2)), Finished("stop")]


@given(ANSWERS)
def test_streamed_and_whole_answers_are_the_same(behaviour: Behaviour) -> None:
    request = {"contents": [], "tools": [{"functionDeclarations": [{"name": "f"}]}]}
    streamed, at_once = Decoder(SOURCE), Decoder(SOURCE)
    events = [*decode(*chunks(behaviour, request), decoder=streamed), *streamed.close()]
    whole_events = [*at_once.decode(whole(behaviour, request)), *at_once.close()]

    def summary(events: list[Event]) -> tuple[object, ...]:
        thought = "".join([event.text for event in events if isinstance(event, ThinkingDelta)])
        rest = [event for event in events if not isinstance(event, (TextDelta, ThinkingDelta))]
        return text_of(events), thought, rest

    assert summary(events) == summary(whole_events)
