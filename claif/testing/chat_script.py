"""What the scripted server says: the steps of one chat-completions response, decided without any I/O."""

from __future__ import annotations

import struct
from binascii import b2a_base64
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .answer import answer_pieces, prompt_words, tool_calls
from .script import Step, event, play
from .vectors import tokens_of, vector_of

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


def count_usage(behaviour: Behaviour, request: Mapping[str, Any]) -> dict[str, Any]:
    """The tokens of the exchange: one a word of the prompt, one a piece of the answer."""
    words = prompt_words(request)
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
    calls = tool_calls(behaviour, request)
    if not calls:
        for piece in answer_pieces(behaviour, request):
            yield {"content": piece}
    for call in calls:
        arguments = call["function"]["arguments"]
        yield {"tool_calls": [{**call, "function": {**call["function"], "arguments": ""}}]}
        for part in (arguments[:5], arguments[5:]):
            yield {"tool_calls": [{"index": call["index"], "function": {"arguments": part}}]}


def finish_reason(behaviour: Behaviour, request: Mapping[str, Any]) -> str | None:
    """The finish reason that goes over the wire."""
    if behaviour.finish == "none":
        return None
    return "tool_calls" if behaviour.finish == "stop" and tool_calls(behaviour, request) else behaviour.finish


def chunks(behaviour: Behaviour, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The chunks of a complete stream, in order."""
    for delta in _deltas(behaviour, request):
        yield _chunk(request, [{"index": 0, "delta": delta, "finish_reason": None}])
    reason = finish_reason(behaviour, request)
    if reason is not None:
        yield _chunk(request, [{"index": 0, "delta": {}, "finish_reason": reason}])
    if behaviour.usage and (request.get("stream_options") or {}).get("include_usage"):
        yield _chunk(request, [], usage=count_usage(behaviour, request))


def whole(behaviour: Behaviour, request: Mapping[str, Any]) -> dict[str, Any]:
    """The same answer as one JSON body."""
    message: dict[str, Any] = {"role": "assistant", "content": "".join(answer_pieces(behaviour, request))}
    if behaviour.reasoning:
        message[behaviour.reasoning] = "Let me think."
    if calls := tool_calls(behaviour, request):
        message |= {"content": None, "tool_calls": calls}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason(behaviour, request)}
    body = {**_chunk(request, [choice]), "object": "chat.completion"}
    return {**body, "usage": count_usage(behaviour, request)} if behaviour.usage else body


def failure(behaviour: Behaviour) -> bytes:
    """The error object that a failing stream has."""
    kind = {"message": "The scripted server fails in the stream.", "type": "server_error", "code": behaviour.fail}
    return event({"error": kind})


def steps(behaviour: Behaviour, request: Mapping[str, Any], *, misbehave: bool = True) -> Iterator[Step]:
    """The steps of a streamed response; `misbehave` says whether `cut` still applies."""
    ending = b"data: [DONE]\n\n" if behaviour.done else b""
    sends = map(event, chunks(behaviour, request))
    failed = failure(behaviour)
    return play(behaviour, sends, failed=failed, garbage=GARBAGE, ending=ending, misbehave=misbehave)


def error(status: int, message: str, code: str = "") -> dict[str, Any]:
    """The body of an error response."""
    kind, usual = ERROR_TYPES.get(status, ("server_error", None))
    return {"error": {"message": message, "type": kind, "param": None, "code": code or usual}}


def embeddings(behaviour: Behaviour, request: Mapping[str, Any]) -> Any:
    """The body of an answer of `/embeddings`, whose entries come in reverse: each tells by its index whose it is."""
    given = request.get("input")
    texts = [given] if isinstance(given, str) else list(given or ())
    vectors = [vector_of(text, request.get("dimensions")) for text in texts]
    data = [
        {"object": "embedding", "index": index, "embedding": _encoded(vector, request.get("encoding_format"))}
        for index, vector in enumerate(vectors)
    ]
    body = {"object": "list", "data": data[::-1], "model": request.get("model", "scripted-1")}
    tokens = tokens_of(texts)
    return {**body, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}} if behaviour.usage else body


def _encoded(vector: Sequence[float], encoding: str | None) -> Any:
    if encoding != "base64":
        return list(vector)
    return b2a_base64(struct.pack(f"<{len(vector)}f", *vector), newline=False).decode()


def models(names: Sequence[str]) -> dict[str, Any]:
    """The body of the list of models."""
    data = [{"id": name, "object": "model", "created": CREATED, "owned_by": "claif"} for name in names]
    return {"object": "list", "data": data}
