"""What the scripted server says: the steps of one chat-completions response, decided without any I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:
    from .behaviour import Behaviour

CREATED = 1_700_000_000
ERROR_TYPES = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("permission_error", "permission_denied"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
}
GARBAGE = {
    "json": b'data: {"choices": [\n\n',
    "utf8": b'data: {"choices": [{"index": 0, "delta": {"content": "\xff\xfe"}}]}\n\n',
    "list": b"data: [1, 2, 3]\n\n",
}


@frozen
class Send:
    """Send these bytes as one event."""

    data: bytes


@frozen
class Stall:
    """Say nothing more, but keep the connection."""


@frozen
class Cut:
    """Break the connection."""


@frozen
class Flood:
    """Send these bytes for ever."""

    data: bytes


Step = Send | Stall | Cut | Flood


def answer_pieces(behaviour: Behaviour, request: Mapping[str, Any]) -> list[str]:
    """The answer's text in the pieces in which it is streamed."""
    if behaviour.tokens:
        return [f"tok{number} " for number in range(behaviour.tokens)]
    text = last_text(request) if behaviour.echo else behaviour.text
    if behaviour.piece:
        return [text[start : start + behaviour.piece] for start in range(0, len(text), behaviour.piece)]
    return re.findall(r"\s*\S+\s*$|\s*\S+|\s+", text)


def last_text(request: Mapping[str, Any]) -> str:
    """The text of the request's last message."""
    messages = request.get("messages") or [{}]
    content = messages[-1].get("content") or ""
    if isinstance(content, str):
        return content
    return "".join([part.get("text", "") for part in content])


def tool_calls(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Two calls of the first tool that the request offers."""
    tools = request.get("tools") or [{"function": {"name": "unknown"}}]
    name = tools[0]["function"]["name"]
    return [
        {
            "index": index,
            "id": f"call_{index}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps({"city": city, "days": index}, ensure_ascii=False)},
        }
        for index, city in enumerate(("Zürich", "東京"))
    ]


def count_usage(behaviour: Behaviour, request: Mapping[str, Any]) -> dict[str, Any]:
    """The tokens of the exchange: one a word of the prompt, one a piece of the answer."""
    words = sum([len(str(message.get("content") or "").split()) for message in request.get("messages") or ()])
    pieces = len(answer_pieces(behaviour, request))
    return {
        "prompt_tokens": words,
        "completion_tokens": pieces,
        "total_tokens": words + pieces,
        "prompt_tokens_details": {"cached_tokens": 1},
        "completion_tokens_details": {"reasoning_tokens": 2 if behaviour.reasoning else 0},
    }


def _chunk(request: Mapping[str, Any], choices: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": request.get("model", "scripted-1"),
        "choices": choices,
        **more,
    }


def _deltas(behaviour: Behaviour, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": None}
    if behaviour.reasoning:
        yield {behaviour.reasoning: "Let me "}
        yield {behaviour.reasoning: "think."}
    if not behaviour.tool:
        for piece in answer_pieces(behaviour, request):
            yield {"content": piece}
        return
    for call in tool_calls(request):
        arguments = call["function"]["arguments"]
        yield {"tool_calls": [{**call, "function": {**call["function"], "arguments": ""}}]}
        for part in (arguments[:5], arguments[5:]):
            yield {"tool_calls": [{"index": call["index"], "function": {"arguments": part}}]}


def finish_reason(behaviour: Behaviour) -> str | None:
    """The finish reason that goes over the wire."""
    if behaviour.finish == "none":
        return None
    return "tool_calls" if behaviour.tool and behaviour.finish == "stop" else behaviour.finish


def chunks(behaviour: Behaviour, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The chunks of a complete stream, in order."""
    for delta in _deltas(behaviour, request):
        yield _chunk(request, [{"index": 0, "delta": delta, "finish_reason": None}])
    reason = finish_reason(behaviour)
    if reason is not None:
        yield _chunk(request, [{"index": 0, "delta": {}, "finish_reason": reason}])
    if behaviour.usage and (request.get("stream_options") or {}).get("include_usage"):
        yield _chunk(request, [], usage=count_usage(behaviour, request))


def whole(behaviour: Behaviour, request: Mapping[str, Any]) -> dict[str, Any]:
    """The same answer as one JSON body."""
    message: dict[str, Any] = {"role": "assistant", "content": "".join(answer_pieces(behaviour, request))}
    if behaviour.reasoning:
        message[behaviour.reasoning] = "Let me think."
    if behaviour.tool:
        message |= {"content": None, "tool_calls": tool_calls(request)}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason(behaviour)}
    body = {**_chunk(request, [choice]), "object": "chat.completion"}
    return {**body, "usage": count_usage(behaviour, request)} if behaviour.usage else body


def event(data: object) -> bytes:
    """One server-sent event."""
    return b"data: " + json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"


def failure(behaviour: Behaviour) -> bytes:
    """The error object that a failing stream has."""
    kind = {"message": "The scripted server fails in the stream.", "type": "server_error", "code": behaviour.fail}
    return event({"error": kind})


def _misbehave(behaviour: Behaviour, failed: bytes) -> Sequence[Step]:
    if behaviour.fail:
        return [Send(failed)]
    if behaviour.bad == "line":
        return [Flood(b"data: " + b"x" * 65_536)]
    if behaviour.bad:
        return [Send(GARBAGE[behaviour.bad])]
    return [Stall()] if behaviour.stall == "stream" else []


def play(
    behaviour: Behaviour, sends: Iterable[bytes], *, failed: bytes, ending: bytes = b"", misbehave: bool = True
) -> Iterator[Step]:
    """The steps of a streamed response of any protocol.

    Args:
        behaviour: where it misbehaves.
        sends: what is sent if it does not, one item for each event that `Behaviour` counts.
        failed: the protocol's error inside a stream.
        ending: sent after all others; no event.
        misbehave: whether `cut` still applies.
    """
    trouble = _misbehave(behaviour, failed)
    for number, data in enumerate(sends):
        if misbehave and number == behaviour.cut:
            yield from (Send(data[:20]), Cut())
            return
        if number == behaviour.short:
            return
        if number == behaviour.after:
            yield from trouble
        yield Send(data)
    if ending:
        yield Send(ending)


def steps(behaviour: Behaviour, request: Mapping[str, Any], *, misbehave: bool = True) -> Iterator[Step]:
    """The steps of a streamed response; `misbehave` says whether `cut` still applies."""
    ending = b"data: [DONE]\n\n" if behaviour.done else b""
    sends = map(event, chunks(behaviour, request))
    return play(behaviour, sends, failed=failure(behaviour), ending=ending, misbehave=misbehave)


def error_body(behaviour: Behaviour) -> tuple[str, bytes]:
    """Content type and body of an error response."""
    if behaviour.body == "empty":
        return "text/plain", b""
    if behaviour.body == "html":
        return "text/html", f"<html><h1>{behaviour.error}</h1></html>".encode()
    kind, code = ERROR_TYPES.get(behaviour.error, ("server_error", None))
    message = behaviour.message or f"The scripted server answers {behaviour.error}."
    body = {"error": {"message": message, "type": kind, "param": None, "code": behaviour.code or code}}
    return "application/json", json.dumps(body).encode()
