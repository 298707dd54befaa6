"""What the scripted server says in the Responses API: the steps of one response, decided without any I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import TYPE_CHECKING, Any

from . import chat_script
from .answer import answer_pieces, text_of, tool_calls
from .chat_script import CREATED, GARBAGE, error, models
from .script import Step, event, play

if TYPE_CHECKING:
    from .behaviour import Behaviour

__all__ = ["as_chat", "chunks", "error", "failure", "models", "steps", "whole"]

THINKING = {"reasoning_content": "reasoning_text", "reasoning": "reasoning_summary_text"}
"""How the two ways to think aloud are called here."""


def as_chat(request: Mapping[str, Any]) -> dict[str, Any]:
    """The request as chat completions would have it, as far as answers depend on it."""
    given = request.get("input") or []
    items = [{"content": given}] if isinstance(given, str) else given
    messages: list[dict[str, Any]] = [
        {"role": "tool", "content": text_of(item["output"])}
        if "output" in item
        else {"role": item.get("role", "user"), "content": text_of(item.get("content"))}
        for item in items
    ]
    if instructions := request.get("instructions"):
        messages.insert(0, {"content": instructions})
    return {"messages": messages, "tools": _tools(request), "model": request.get("model", "scripted-1")}


def _tools(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The functions that the request offers; those of a namespace are called `namespace/name`."""
    found = []
    for tool in request.get("tools") or ():
        inside = [{**each, "name": f"{tool['name']}/{each['name']}"} for each in tool.get("tools") or ()]
        found += [{"function": function} for function in inside or [tool] if "name" in function]
    return found


def _items(behaviour: Behaviour, request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The items of the complete output."""
    items: list[dict[str, Any]] = []
    if behaviour.reasoning:
        thought: dict[str, Any] = {"id": "rs_scripted", "type": "reasoning", "summary": []}
        if behaviour.reasoning == "reasoning":
            thought["summary"] = [{"type": "summary_text", "text": "Let me think."}]
        else:
            thought["content"] = [{"type": "reasoning_text", "text": "Let me think."}]
        if "reasoning.encrypted_content" in (request.get("include") or ()):
            thought["encrypted_content"] = "cHJvb2Y="
        items.append(thought)
    chat = as_chat(request)
    if calls := tool_calls(behaviour, chat):
        return items + [_call_item(call) for call in calls]
    text = {"type": "output_text", "text": "".join(answer_pieces(behaviour, chat)), "annotations": []}
    # Codex keeps the items of a conversation by their ids.
    identity = f"msg_{len(chat['messages'])}"
    return [*items, {"id": identity, "type": "message", "role": "assistant", "content": [text]}]


def _call_item(call: Mapping[str, Any]) -> dict[str, Any]:
    namespace, _, name = call["function"]["name"].rpartition("/")
    item = {
        "id": f"fc_{call['id']}",
        "type": "function_call",
        "call_id": call["id"],
        "name": name,
        "arguments": call["function"]["arguments"],
    }
    return {**item, "namespace": namespace} if namespace else item


def _usage(behaviour: Behaviour, request: Mapping[str, Any]) -> dict[str, Any]:
    counted = chat_script.count_usage(behaviour, as_chat(request))
    return {
        "input_tokens": counted["prompt_tokens"],
        "output_tokens": counted["completion_tokens"],
        "total_tokens": counted["total_tokens"],
        "input_tokens_details": counted["prompt_tokens_details"],
        "output_tokens_details": counted["completion_tokens_details"],
    }


def _ended(behaviour: Behaviour) -> dict[str, Any]:
    reason = {"length": "max_output_tokens"}.get(behaviour.finish, behaviour.finish)
    if reason in ("stop", "none"):
        return {"status": "completed", "incomplete_details": None}
    return {"status": "incomplete", "incomplete_details": {"reason": reason}}


def whole(behaviour: Behaviour, request: Mapping[str, Any]) -> dict[str, Any]:
    """The answer as one JSON body."""
    return {
        "id": "resp_scripted",
        "object": "response",
        "created_at": CREATED,
        "model": request.get("model", "scripted-1"),
        "error": None,
        **_ended(behaviour),
        "output": _items(behaviour, request),
        "usage": _usage(behaviour, request) if behaviour.usage else None,
    }


def _item_deltas(behaviour: Behaviour, request: Mapping[str, Any], item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What is sent between the beginning and the end of an item."""
    match item["type"]:
        case "reasoning":
            for piece in ("Let me ", "think."):
                yield {"type": f"response.{THINKING[behaviour.reasoning]}.delta", "delta": piece}
        case "function_call":
            arguments = item["arguments"]
            for piece in (arguments[:5], arguments[5:]):
                yield {"type": "response.function_call_arguments.delta", "delta": piece}
            yield {"type": "response.function_call_arguments.done", "arguments": arguments}
        case _:
            for piece in answer_pieces(behaviour, as_chat(request)):
                yield {"type": "response.output_text.delta", "content_index": 0, "delta": piece}


def _begun(item: dict[str, Any]) -> dict[str, Any]:
    empty = {"content": [], "summary": [], "arguments": ""}
    return {name: empty.get(name, value) for name, value in item.items() if name != "encrypted_content"}


def chunks(behaviour: Behaviour, request: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """The events of a complete stream, in order; those that come together count as one, so that each delta counts."""
    complete = whole(behaviour, request)
    begun = {**complete, "status": "in_progress", "incomplete_details": None, "output": [], "usage": None}
    waiting: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
    ]
    for index, item in enumerate(complete["output"]):
        waiting.append({"type": "response.output_item.added", "output_index": index, "item": _begun(item)})
        for delta in _item_deltas(behaviour, request, item):
            if waiting:
                yield waiting
            waiting = []
            yield [{**delta, "item_id": item["id"], "output_index": index}]
        waiting.append({"type": "response.output_item.done", "output_index": index, "item": item})
    kind = "response.incomplete" if complete["status"] == "incomplete" else "response.completed"
    yield [*waiting, {"type": kind, "response": complete}]


def _sent(events: list[dict[str, Any]], numbers: Iterator[int]) -> bytes:
    return b"".join([event({**each, "sequence_number": next(numbers)}, each["type"]) for each in events])


def failure(behaviour: Behaviour) -> bytes:
    """How a stream fails: clients look for either of the two events."""
    problem = {"code": behaviour.fail, "message": "The scripted server fails in the stream."}
    failed = {"id": "resp_scripted", "object": "response", "status": "failed", "error": problem, "output": []}
    return event({"type": "error", **problem, "param": None}, "error") + event(
        {"type": "response.failed", "response": failed}, "response.failed"
    )


def steps(behaviour: Behaviour, request: Mapping[str, Any], *, misbehave: bool = True) -> Iterator[Step]:
    """The steps of a streamed response; `misbehave` says whether `cut` still applies."""
    numbers = count()
    sends = (_sent(events, numbers) for events in chunks(behaviour, request))
    return play(behaviour, sends, failed=failure(behaviour), garbage=GARBAGE, misbehave=misbehave)
