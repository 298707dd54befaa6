"""From the events of a response to Claif's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from claif_openai.responses.decode import Decoder
from claif_openai.responses.usage import read_usage
from hypothesis import given
from hypothesis import strategies as st

from claif.api import (
    AuthenticationError,
    ClaifError,
    ConnectionError,
    ContextLengthError,
    ErrorSource,
    Event,
    Finished,
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
from claif.testing import Behaviour, strategies
from claif.testing.responses_script import chunks, whole

SOURCE = ErrorSource("house", "m", protocol="the Responses API")


def decode(*data: Any, decoder: Decoder | None = None) -> list[Event]:
    decoder = decoder or Decoder(SOURCE)
    return [event for chunk in data for event in decoder.feed(json.dumps(chunk))]


def event(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", **more}


def text(piece: str, **more: Any) -> dict[str, Any]:
    return event("output_text.delta", delta=piece, **more)


def added(kind: str, index: int = 0, **more: Any) -> dict[str, Any]:
    return event("output_item.added", output_index=index, item={"type": kind, "id": f"i{index}", **more})


def done(kind: str, index: int = 0, **more: Any) -> dict[str, Any]:
    return event("output_item.done", output_index=index, item={"type": kind, "id": f"i{index}", **more})


def completed(*output: dict[str, Any], **more: Any) -> dict[str, Any]:
    return event("completed", response={"status": "completed", "output": list(output), **more})


def complete(*data: Any) -> list[Event]:
    """All events of an answer that ends well, without its beginning."""
    decoder = Decoder(SOURCE)
    events = decode(*data, decoder=decoder) + decoder.close()
    return [event for event in events if not isinstance(event, Started)]


def message_item(content: str) -> dict[str, Any]:
    return {"type": "message", "id": "i0", "content": [{"type": "output_text", "text": content}]}


@given(st.lists(strategies.texts()))
def test_text_is_the_same_however_it_is_cut_into_deltas(pieces: list[str]) -> None:
    whole = "".join(pieces)
    events = complete(added("message"), *map(text, pieces), completed(message_item(whole)))
    assert "".join([event.text for event in events if isinstance(event, TextDelta)]) == whole


@given(st.integers(0, 12), st.booleans())
def test_what_was_not_streamed_comes_with_the_end_of_the_item_or_of_the_answer(shown: int, item: bool) -> None:
    said = "twelve chars"
    end = [done("message", content=message_item(said)["content"])] if item else []
    events = complete(
        added("message"), text(said[:shown], item_id="i0", output_index=0), *end, completed(message_item(said))
    )
    assert "".join([event.text for event in events if isinstance(event, TextDelta)]) == said
    assert events[-1] == Finished("stop")


def test_an_end_that_says_something_else_than_what_was_shown_changes_nothing() -> None:
    assert complete(text("shown", output_index=0), completed(message_item("else"))) == [
        TextDelta("shown"),
        Finished("stop"),
    ]


@given(strategies.json_values())
def test_no_json_value_crashes_the_decoder(value: Any) -> None:
    try:
        events = decode(text("a"), value)
    except ClaifError:
        return
    assert all(isinstance(event, Event) for event in events)


WORDS = """
type response item item_id output_index output content part summary text refusal delta arguments name call_id id status
usage input_tokens input_tokens_details cached_tokens incomplete_details reason error code message encrypted_content
"""
KINDS = [
    *("created", "completed", "incomplete", "failed", "output_item.added", "output_item.done", "output_text.delta"),
    *("function_call_arguments.delta", "function_call_arguments.done", "reasoning_summary_part.added", "new.kind"),
    *("reasoning_text.delta", "reasoning_summary_text.delta", "refusal.delta"),
]
VALUES = st.recursive(
    strategies.json_scalars() | st.sampled_from(["message", "reasoning", "function_call", "i0", 0, 1]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS.split()), inner, max_size=5),
    max_leaves=20,
)


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(WORDS.split()), VALUES, max_size=5))))
def test_the_protocols_own_words_in_wrong_places_do_not_crash_it(events: list[tuple[str, dict[str, Any]]]) -> None:
    decoder = Decoder(SOURCE)
    try:
        decode(*[{**more, **event(kind)} for kind, more in events], decoder=decoder)
        decoder.close()
    except ClaifError:
        return


PIECES = st.tuples(st.sampled_from(["text", "thought", "done", "reasoned"]), st.integers(0, 2), st.text(max_size=3))


@given(st.lists(PIECES, max_size=12))
def test_a_message_with_proofs_says_what_was_shown_however_items_are_mixed(pieces: list[tuple[str, int, str]]) -> None:
    def made(kind: str, index: int, said: str) -> dict[str, Any]:
        match kind:
            case "text":
                return text(said, output_index=index)
            case "thought":
                return event("reasoning_text.delta", delta=said, output_index=index)
            case "done":
                return done("message", index, content=[{"type": "output_text", "text": said}])
        return done("reasoning", index, encrypted_content="proof", content=[{"type": "reasoning_text", "text": said}])

    events = complete(*[made(*piece) for piece in pieces], completed())
    shown = "".join([event.text for event in events if isinstance(event, TextDelta)])
    assert {event.text for event in events if isinstance(event, Message)} <= {shown}


@given(VALUES)
def test_a_whole_answer_of_any_shape_does_not_crash_it(value: Any) -> None:
    for response in (value, {"object": "response", "output": value}, {"object": "response", "output": [value]}):
        try:
            Decoder(SOURCE).decode(response)
        except ClaifError:
            continue


@pytest.mark.parametrize("data", ["{", "[1]", "3", '"text"', "null"])
def test_what_is_no_json_object_is_a_protocol_error(data: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        Decoder(SOURCE).feed(data)
    assert (caught.value.hint or "").endswith("an API that speaks the Responses API.")


@pytest.mark.parametrize("body", [[], {"choices": []}, {}, "text"])
def test_a_body_that_is_no_response_is_a_protocol_error(body: Any) -> None:
    with pytest.raises(ProtocolError):
        Decoder(SOURCE).decode(body)


def test_the_first_response_tells_id_and_model_once() -> None:
    begun = {"id": "r1", "model": "m-2026", "status": "in_progress"}
    assert decode(event("created", response=begun), event("in_progress", response=begun)) == [
        Started("house", "m-2026", "r1")
    ]


def test_a_refusal_is_text() -> None:
    assert decode(event("refusal.delta", delta="No.")) == [TextDelta("No.")]
    refusal = {"type": "message", "id": "i0", "content": [{"type": "refusal", "refusal": "No."}]}
    assert complete(completed(refusal))[0] == TextDelta("No.")


@pytest.mark.parametrize("kind", ["reasoning_text", "reasoning_summary_text"])
def test_reasoning_and_its_summary_are_thinking(kind: str) -> None:
    assert decode(event(f"{kind}.delta", delta="hm")) == [ThinkingDelta("hm")]


def test_the_parts_of_a_summary_are_paragraphs() -> None:
    part, delta = event("reasoning_summary_part.added"), event("reasoning_summary_text.delta", delta="a")
    assert decode(part, delta, part, delta) == [ThinkingDelta("a"), ThinkingDelta("\n\n"), ThinkingDelta("a")]


def test_a_summary_that_was_not_streamed_comes_at_its_end() -> None:
    summary = [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}]
    assert complete(done("reasoning", summary=summary), completed())[0] == ThinkingDelta("a\n\nb")


def test_a_proof_of_thought_makes_the_whole_message_an_event() -> None:
    proven = {"summary": [], "encrypted_content": "proof"}
    events = complete(
        added("reasoning"),
        event("reasoning_summary_text.delta", output_index=0, delta="hm"),
        done("reasoning", **proven),
        text("yes", output_index=1),
        done("message", 1, content=[{"type": "output_text", "text": "yes"}]),
        done("function_call", 2, call_id="c", name="f", arguments="{}"),
        completed({"type": "reasoning", "id": "i0", **proven}),
    )
    assert events == [
        ThinkingDelta("hm"),
        TextDelta("yes"),
        ToolUse(ToolUseBlock("c", "f", {})),
        Message.assistant([ThinkingBlock("hm", "responses:i0:proof"), TextBlock("yes"), ToolUseBlock("c", "f", {})]),
        Finished("tool_use"),
    ]


@given(st.lists(st.text(), max_size=4))
def test_arguments_are_the_same_however_they_are_cut(names: list[str]) -> None:
    wanted = {name: number for number, name in enumerate(names)}
    sent = json.dumps(wanted)
    events = complete(
        added("function_call", call_id="c", name="f"),
        *[event("function_call_arguments.delta", item_id="i0", output_index=0, delta=letter) for letter in sent],
        completed(),
    )
    assert events == [ToolUse(ToolUseBlock("c", "f", wanted)), Finished("tool_use")]


@pytest.mark.parametrize("index", [True, False])
def test_calls_that_are_mixed_are_told_apart_by_index_or_by_id(index: bool) -> None:
    def where(number: int) -> dict[str, Any]:
        return {"output_index": number} if index else {"item_id": f"i{number}"}

    def begin(number: int) -> dict[str, Any]:
        item = {"type": "function_call", "id": f"i{number}", "call_id": f"c{number}", "name": "f"}
        return event("output_item.added", item=item, **({"output_index": number} if index else {}))

    def piece(number: int, delta: str) -> dict[str, Any]:
        return event("function_call_arguments.delta", delta=delta, **where(number))

    events = complete(
        begin(0), begin(1), piece(0, '{"a"'), piece(1, '{"b"'), piece(0, ":0}"), piece(1, ":1}"), completed()
    )
    assert events[:2] == [ToolUse(ToolUseBlock("c0", "f", {"a": 0})), ToolUse(ToolUseBlock("c1", "f", {"b": 1}))]


def test_the_arguments_at_the_end_count_more_than_their_pieces() -> None:
    events = complete(
        added("function_call", call_id="c", name="f"),
        event("function_call_arguments.delta", output_index=0, delta='{"a":'),
        event("function_call_arguments.done", output_index=0, arguments='{"a":1}'),
        done("function_call", call_id="c", name="f", arguments='{"a":2}'),
        completed({"type": "function_call", "id": "i0", "call_id": "c", "name": "f", "arguments": '{"a":2}'}),
    )
    assert events == [ToolUse(ToolUseBlock("c", "f", {"a": 2})), Finished("tool_use")]


def test_a_call_without_an_id_gets_one() -> None:
    (use, _) = complete(completed({"type": "function_call", "name": "f", "arguments": ""}))
    assert isinstance(use, ToolUse)
    assert use.block.id.startswith("call_")
    assert use.block.parameters == {}


@pytest.mark.parametrize(("name", "arguments"), [("f", "[1]"), ("f", '{"a"'), ("", "{}")])
def test_a_call_that_is_none_is_a_notice(name: str, arguments: str) -> None:
    notice, finished = complete(done("function_call", call_id="c", name=name, arguments=arguments), completed())
    assert isinstance(notice, Notice)
    assert notice.kind == "invalid_tool_call"
    assert finished == Finished("stop")


def test_items_of_other_kinds_are_passed_on_once() -> None:
    search = {"type": "web_search_call", "id": "i0", "status": "completed"}
    assert complete(done("web_search_call", status="completed"), completed(search))[0] == UnknownEvent(search)
    assert len(complete(done("web_search_call", status="completed"), completed(search))) == 2


def test_unknown_events_are_passed_on_as_they_came() -> None:
    new = event("sang.delta", note="c")
    assert decode(new, {"type": 3}, {}) == [UnknownEvent(new), UnknownEvent({"type": 3}), UnknownEvent({})]


@pytest.mark.parametrize("kind", ["output_text.done", "content_part.added", "content_part.done", "refusal.done"])
def test_announcements_and_repetitions_are_silent(kind: str) -> None:
    assert decode(event(kind, text="a")) == []
    assert decode({"type": "keepalive"}) == []


@pytest.mark.parametrize(
    ("reason", "ours"), [("max_output_tokens", "length"), ("content_filter", "content_filter"), (None, "length")]
)
def test_an_incomplete_answer_says_why(reason: str | None, ours: str) -> None:
    response = {"status": "incomplete", "incomplete_details": reason and {"reason": reason}}
    assert complete(event("incomplete", response=response)) == [Finished(ours)]


def test_usage_comes_with_the_end() -> None:
    usage = {
        "input_tokens": 5,
        "output_tokens": 3,
        "input_tokens_details": {"cached_tokens": 2},
        "output_tokens_details": {"reasoning_tokens": 1},
    }
    assert complete(completed(usage=usage))[0] == UsageReport(Usage(5, 3, 2, 1))
    assert read_usage({"cost": 0.5, "input_tokens": -1, "output_tokens": True}) == Usage(cost=0.5)
    assert read_usage({"cost": 10**400}) == Usage()
    assert read_usage(None) is None


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("server_error", ProviderRuntimeError),
        ("rate_limit_exceeded", RateLimitError),
        ("context_length_exceeded", ContextLengthError),
        ("invalid_api_key", AuthenticationError),
        ("never_heard_of", ProviderRuntimeError),
    ],
)
def test_a_failure_is_typed_by_its_code_wherever_it_stands(code: str, kind: type[ClaifError]) -> None:
    problem = {"code": code, "message": "No."}
    for chunk in (
        event("failed", response={"status": "failed", "error": problem}),
        event("cancelled", response={"status": "cancelled", "error": problem}),
        {"type": "error", **problem, "param": None},
        {"type": "error", "error": problem},
        {"error": problem},
    ):
        with pytest.raises(kind, match=r"No\.") as caught:
            decode(chunk)
        assert caught.value.code == code
        assert (caught.value.provider, caught.value.model, caught.value.status) == ("house", "m", None)
    for response in ({"object": "response", "status": "failed", "error": problem}, {"error": problem}):
        with pytest.raises(kind):
            Decoder(SOURCE).decode(response)


def test_a_failure_without_a_reason_is_one_too() -> None:
    with pytest.raises(ProviderRuntimeError, match="gave up"):
        decode(event("failed"))


def test_an_answer_without_its_end_was_cut() -> None:
    decoder = Decoder(SOURCE)
    decode(text("half"), decoder=decoder)
    assert decoder.feed("[DONE]") == ()
    with pytest.raises(ConnectionError):
        decoder.close()


def test_what_comes_after_the_end_is_not_looked_at() -> None:
    decoder = Decoder(SOURCE)
    decode(completed(), decoder=decoder)
    assert decoder.feed("nonsense") == ()


@pytest.mark.parametrize("reasoning", ["", "reasoning", "reasoning_content"])
@pytest.mark.parametrize("tool", [True, False])
def test_streamed_and_whole_answers_are_the_same(reasoning: str, tool: bool) -> None:
    behaviour, request = Behaviour(reasoning=reasoning, tool=tool), {"input": "hi", "model": "m"}
    streamed, at_once = Decoder(SOURCE), Decoder(SOURCE)
    events = [*decode(*[e for group in chunks(behaviour, request) for e in group], decoder=streamed), *streamed.close()]
    whole_events = [*at_once.decode(whole(behaviour, request)), *at_once.close()]

    def summary(events: list[Event]) -> tuple[object, ...]:
        said = "".join([event.text for event in events if isinstance(event, TextDelta)])
        thought = "".join([event.text for event in events if isinstance(event, ThinkingDelta)])
        rest = [event for event in events if not isinstance(event, (TextDelta, ThinkingDelta))]
        return said, thought, sorted(map(repr, rest))

    assert summary(events) == summary(whole_events)
