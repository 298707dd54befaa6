"""From a query to the body of a request, and what the server has signed back to the part that it signed."""

from __future__ import annotations

import json
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
    ToolUse,
    ToolUseBlock,
    UnknownBlock,
    json_dumps,
    json_loads,
)
from claif.protocols.generate_content.decode import Decoder
from claif.protocols.generate_content.failures import GeminiSource
from claif.protocols.generate_content.signatures import mark_signature, read_signature
from claif.protocols.generate_content.wire import camel_case, request_body
from claif.testing import strategies

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}


def body(*messages: Message, **more: Any) -> dict[str, Any]:
    return request_body(Query(messages or "hi", **more))


def contents(*messages: Message) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = body(*messages)["contents"]
    return found


def config(**options: Any) -> dict[str, Any]:
    found: dict[str, Any] = body(options=Options(**options)).get("generationConfig", {})
    return found


def result(identity: str, content: str = "sun", **more: Any) -> ToolResultBlock:
    return ToolResultBlock(identity, content, **more)


def test_the_simplest_query_is_its_text() -> None:
    assert body() == {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}


def test_system_messages_go_together_wherever_they_stand() -> None:
    made = body(Message.system("Be terse."), Message.user("hi"), Message.system("Rhyme."))
    assert made["systemInstruction"] == {"parts": [{"text": "Be terse.\n\nRhyme."}]}
    assert made["contents"] == [{"role": "user", "parts": [{"text": "hi"}]}]


def test_what_the_model_said_is_of_the_model_and_empty_texts_are_left_out() -> None:
    said = Message.assistant([TextBlock("a"), ThinkingBlock("hm"), TextBlock(""), TextBlock("b")])
    assert contents(Message.user([TextBlock(""), TextBlock("hi")]), said) == [
        {"role": "user", "parts": [{"text": "hi"}]},
        {"role": "model", "parts": [{"text": "a"}, {"text": "b"}]},
    ]


def test_calls_and_results_name_the_function_and_have_their_ids() -> None:
    said = Message.assistant([ToolUseBlock("c1", "weather", {"city": "Zürich"})])
    _, model, user = contents(Message.user("hi"), said, Message(Role.TOOL, [result("c1")]))
    assert model == {
        "role": "model",
        "parts": [{"functionCall": {"id": "c1", "name": "weather", "args": {"city": "Zürich"}}}],
    }
    assert user == {
        "role": "user",
        "parts": [{"functionResponse": {"id": "c1", "name": "weather", "response": {"output": "sun"}}}],
    }


def test_a_tool_that_failed_says_so() -> None:
    said = Message.assistant([ToolUseBlock("c1", "weather")])
    (part,) = contents(said, Message(Role.TOOL, [result("c1", "rain", is_error=True)]))[-1]["parts"]
    assert part["functionResponse"]["response"] == {"error": "rain"}


def test_a_call_that_came_without_an_id_goes_back_without_one() -> None:
    decoder = Decoder(GeminiSource("house"))
    events = decoder.decode({"candidates": [{"content": {"parts": [{"functionCall": {"name": "f"}}] * 2}}]})
    calls = [event.block for event in events if isinstance(event, ToolUse)]
    # The results come in the wrong order; without ids the order tells whose they are.
    results = [result(call.id, str(number)) for number, call in enumerate(calls)][::-1]
    model, user = contents(Message.assistant(calls), *[Message(Role.TOOL, [each]) for each in results])
    assert model["parts"] == [{"functionCall": {"name": "f", "args": {}}}] * 2
    assert user["parts"] == [
        {"functionResponse": {"name": "f", "response": {"output": output}}} for output in ("0", "1")
    ]


def test_the_results_of_all_calls_are_one_content_whatever_messages_they_come_in() -> None:
    said = [Message.assistant([ToolUseBlock(name, name)]) for name in ("a", "b")]
    made = contents(*said, Message(Role.TOOL, [result("b")]), Message.user([result("a"), TextBlock("and?")]))
    assert [(content["role"], len(content["parts"])) for content in made] == [("model", 2), ("user", 2), ("user", 1)]
    assert [part["functionResponse"]["name"] for part in made[1]["parts"]] == ["a", "b"]


def test_ids_that_come_again_in_a_later_answer_mean_the_later_call() -> None:
    made = contents(
        Message.assistant([ToolUseBlock("c", "first")]),
        Message(Role.TOOL, [result("c")]),
        Message.assistant([ToolUseBlock("c", "second")]),
        Message(Role.TOOL, [result("c")]),
    )
    assert [content["parts"][0]["functionResponse"]["name"] for content in made[1::2]] == ["first", "second"]


def test_a_result_without_its_call_is_refused() -> None:
    with pytest.raises(InvalidQueryError, match="no such call before it") as caught:
        contents(Message(Role.TOOL, [result("c1")]), Message.assistant([ToolUseBlock("c1", "weather")]))
    assert caught.value.hint


def test_images_and_files_go_inline_or_by_url() -> None:
    (content,) = contents(
        Message.user(
            [
                ImageBlock(b"\x00", "image/png"),
                ImageBlock(url="https://x.example/a.png"),
                FileBlock(b"%PDF", "application/pdf", "a.pdf"),
                FileBlock(url="https://x.example/a.pdf", mime_type="application/pdf"),
                FileBlock("ä".encode(), "text/plain", "a.txt"),
            ]
        )
    )
    assert content["parts"] == [
        {"inlineData": {"mimeType": "image/png", "data": "AA=="}},
        {"fileData": {"fileUri": "https://x.example/a.png"}},
        {"inlineData": {"mimeType": "application/pdf", "data": "JVBERg=="}},
        {"fileData": {"mimeType": "application/pdf", "fileUri": "https://x.example/a.pdf"}},
        {"text": "a.txt:\n\nä\n\n"},
    ]


def test_an_image_that_the_model_made_goes_back_to_it() -> None:
    made = contents(Message.assistant([ThinkingBlock("", "gemini:next:S"), ImageBlock(b"\x00", "image/png")]))
    image = {"inlineData": {"mimeType": "image/png", "data": "AA=="}, "thoughtSignature": "S"}
    assert made == [{"role": "model", "parts": [image]}]


@pytest.mark.parametrize(
    "message",
    [
        Message.system([ImageBlock(b"x", "image/png")]),
        Message.user([UnknownBlock({"a": 1})]),
        Message.assistant([UnknownBlock({"a": 1})]),
        Message.user([FileBlock(b"\xff", "text/plain")]),
        Message.user([ToolUseBlock("1", "x")]),
        Message(Role.TOOL, [TextBlock("x")]),
    ],
)
def test_what_has_no_form_is_refused(message: Message) -> None:
    with pytest.raises(InvalidQueryError):
        body(message)


def test_tools_are_declared_with_their_schema() -> None:
    assert body(tools=[Tool("a", "Does a.", SCHEMA)])["tools"] == [
        {"functionDeclarations": [{"name": "a", "description": "Does a.", "parametersJsonSchema": SCHEMA}]}
    ]


def test_a_schema_is_the_form_of_the_answer_beside_what_options_say() -> None:
    made = body(schema=SCHEMA, options=Options(temperature=0))
    assert made["generationConfig"] == {
        "temperature": 0,
        "responseMimeType": "application/json",
        "responseJsonSchema": SCHEMA,
    }


def test_options_have_their_names_here() -> None:
    assert config(temperature=0, top_p=0.5, max_tokens=7, stop=("x", "y"), seed=3) == {
        "temperature": 0,
        "topP": 0.5,
        "maxOutputTokens": 7,
        "stopSequences": ["x", "y"],
        "seed": 3,
    }


@pytest.mark.parametrize("name", ["topK", "top_k"])
def test_further_options_may_be_spelled_in_either_way(name: str) -> None:
    assert config(extra={name: 40}) == {"topK": 40}


@pytest.mark.parametrize("name", ["safetySettings", "safety_settings", "cached_content", "toolConfig"])
def test_options_that_stand_beside_the_configuration_do(name: str) -> None:
    made = body(options=Options(extra={name: ["x"]}))
    assert made[camel_case(name)] == ["x"]
    assert "generationConfig" not in made


def test_a_whole_configuration_is_taken_apart() -> None:
    assert config(temperature=1, extra={"generation_config": {"temperature": 0, "topK": 1}, "topK": 2}) == {
        "temperature": 0,
        "topK": 2,
    }


@pytest.mark.parametrize(
    ("extra", "thinking"),
    [
        ({"thinking_budget": 1024}, {"thinkingBudget": 1024, "includeThoughts": True}),
        ({"thinking_budget": -1}, {"thinkingBudget": -1, "includeThoughts": True}),
        ({"thinking_budget": 0}, {"thinkingBudget": 0}),
        ({"thinkingLevel": "low"}, {"thinkingLevel": "low", "includeThoughts": True}),
        ({"thinking_level": "low", "include_thoughts": False}, {"thinkingLevel": "low", "includeThoughts": False}),
        ({"include_thoughts": True}, {"includeThoughts": True}),
        ({"thinking_config": {"thinkingBudget": 1}}, {"thinkingBudget": 1, "includeThoughts": True}),
    ],
)
def test_who_says_how_much_to_think_sees_the_thoughts(extra: dict[str, Any], thinking: dict[str, Any]) -> None:
    assert config(extra=extra) == {"thinkingConfig": thinking}


@pytest.mark.parametrize("name", ["contents", "model", "tools", "systemInstruction", "system_instruction"])
def test_options_cannot_change_the_query_itself(name: str) -> None:
    with pytest.raises(InvalidQueryError, match=name):
        config(extra={name: 1})


@pytest.mark.parametrize("name", ["generationConfig", "thinking_config"])
def test_a_table_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InvalidQueryError, match="must be a table"):
        config(extra={name: "much"})


@pytest.mark.parametrize("signature", [None, "", "responses:rs_1:p", "gemini:next:", "gemini:other:S", "EqQBCkYIARgC"])
def test_a_signature_of_somebody_else_is_none(signature: str | None) -> None:
    assert read_signature(signature) is None
    assert contents(Message.assistant([ThinkingBlock("hm", signature), TextBlock("a")])) == [
        {"role": "model", "parts": [{"text": "a"}]}
    ]


@given(st.sampled_from(["next", "own", "empty"]), st.text(min_size=1))
def test_a_signature_is_read_as_it_was_marked(place: Any, signature: str) -> None:
    assert read_signature(mark_signature(place, signature)) == (place, signature)


def test_a_signature_whose_part_is_gone_is_left_out() -> None:
    assert contents(Message.assistant([TextBlock("a"), ThinkingBlock("", "gemini:next:S")])) == [
        {"role": "model", "parts": [{"text": "a"}]}
    ]


PARTS = st.one_of(
    st.fixed_dictionaries({"text": st.text(min_size=1, max_size=3)}, optional={"thought": st.just(True)}),
    st.just({"functionCall": {"id": "c", "name": "f", "args": {"a": 1}}}),
    st.just({"inlineData": {"mimeType": "image/png", "data": "AAE="}}),
)
SIGNED = st.tuples(PARTS, st.sampled_from([{}, {"thoughtSignature": "S1"}, {"thoughtSignature": "S2"}])).map(
    lambda pair: pair[0] | pair[1]
) | st.just({"text": "", "thoughtSignature": "S3"})


def joined(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without thoughts that are not signed; texts without a signature in one, as far as they stand together."""
    found: list[dict[str, Any]] = []
    apart = True
    for part in parts:
        if part.get("thought") and "thoughtSignature" not in part:
            apart = True
            continue
        if not apart and part.keys() == {"text"} == found[-1].keys():
            found[-1] = {"text": found[-1]["text"] + part["text"]}
        else:
            found.append(part)
        apart = False
    return found


@given(st.lists(SIGNED, min_size=1, max_size=8).filter(lambda parts: any("thoughtSignature" in part for part in parts)))
def test_every_signature_goes_back_on_the_part_that_it_came_with(parts: list[dict[str, Any]]) -> None:
    decoder = Decoder(GeminiSource("house"))
    decoder.decode({"candidates": [{"content": {"parts": parts}}]})
    (message,) = [event for event in decoder.close() if isinstance(event, Message)]
    assert contents(message) == [{"role": "model", "parts": joined(parts)}]


def with_calls(messages: list[Message]) -> list[Message]:
    """The messages after one with a call for each of their results."""
    results = [block for message in messages for block in message.content if isinstance(block, ToolResultBlock)]
    calls = [ToolUseBlock(block.tool_use_id, "f") for block in results]
    return [Message.assistant(calls), *messages] if calls else messages


@given(strategies.queries())
def test_every_well_formed_query_becomes_json_that_loses_no_text(query: Query) -> None:
    made = request_body(Query(with_calls(list(query.messages)), options=query.options, schema=query.schema))
    assert json_loads(json_dumps(made)) == json.loads(json.dumps(made))
    said = json.dumps([made["contents"], made.get("systemInstruction")], ensure_ascii=False)
    for message in query.messages:
        for block in message.content:
            if isinstance(block, TextBlock):
                assert json.dumps(block.text, ensure_ascii=False)[1:-1] in said


@given(st.lists(strategies.messages(), min_size=1, max_size=4))
def test_any_conversation_is_encoded_as_json_or_refused(messages: list[Message]) -> None:
    try:
        made = request_body(Query(messages))
    except InvalidQueryError:
        return
    assert json_loads(json_dumps(made)) is not None
    sent = [block for message in messages for block in message.content if isinstance(block, ToolUseBlock)]
    parts = [part for content in made["contents"] for part in content["parts"]]
    assert [part["functionCall"]["name"] for part in parts if "functionCall" in part] == [use.tool_name for use in sent]
