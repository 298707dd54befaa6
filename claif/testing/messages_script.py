"""What the scripted server says in Anthropic's Messages API: the steps of one response, decided without any I/O.

The shapes are those of https://docs.anthropic.com/en/api/messages-streaming and https://docs.anthropic.com/en/api/errors,
as far as Claude Code 2.1.197 reads them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from .answer import answer_pieces, prompt_words, text_of, tool_calls
from .script import Step, event, play

if TYPE_CHECKING:
    from .behaviour import Behaviour

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
FINISH = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
    "none": None,
}
GARBAGE = {
    "json": b'event: content_block_delta\ndata: {"type": "content_block_delta", "delta": {\n\n',
    "utf8": b'data: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "\xff"}}\n\n',
    "list": b"data: [1, 2, 3]\n\n",
}
REMINDER = "<system-reminder>"
"""So begin the texts that Claude Code adds to what its user said."""


def as_chat(request: Mapping[str, Any]) -> dict[str, Any]:
    """The request as chat completions would have it, as far as answers depend on it."""
    messages: list[dict[str, Any]] = []
    for message in request.get("messages") or ():
        # Claude Code tells of its agents and skills in messages of the role `system`, also after what the user said.
        if message.get("role") != "system":
            messages += _chat_messages(message.get("content") or "")
    tools = [{"function": tool} for tool in request.get("tools") or ()]
    return {"messages": messages, "tools": tools, "model": request.get("model", "scripted-1")}


def _chat_messages(content: str | list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """One message for each tool result, one for all texts before, between or after them."""
    if isinstance(content, str):
        yield {"role": "user", "content": content}
        return
    texts: list[str] = []
    for block in content:
        if block.get("type") == "tool_result":
            if texts:
                yield {"role": "user", "content": "".join(texts)}
                texts = []
            yield {"role": "tool", "content": text_of(block.get("content"))}
        elif not block.get("text", REMINDER).startswith(REMINDER):
            texts.append(block["text"])
    if texts:
        yield {"role": "user", "content": "".join(texts)}


def _blocks(behaviour: Behaviour, request: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """The content blocks of the answer, each with the deltas that it is streamed in."""
    if behaviour.reasoning == "redacted":
        yield {"type": "redacted_thinking", "data": "c2VjcmV0"}, []
    elif behaviour.reasoning:
        thoughts = [{"type": "thinking_delta", "thinking": piece} for piece in ("Let me ", "think.")]
        signature = {"type": "signature_delta", "signature": "cHJvb2Y="}
        block = {"type": "thinking", "thinking": "Let me think.", "signature": "cHJvb2Y="}
        yield block, [*thoughts, signature]
    chat = as_chat(request)
    calls = tool_calls(behaviour, chat)
    for call in calls:
        name, arguments = call["function"]["name"], call["function"]["arguments"]
        parts = [{"type": "input_json_delta", "partial_json": part} for part in (arguments[:5], arguments[5:])]
        # Ids are of one conversation, and Claude Code may be asked by several at once.
        yield {"type": "tool_use", "id": f"toolu_{call['id']}", "name": name, "input": json.loads(arguments)}, parts
    if not calls:
        pieces = answer_pieces(behaviour, chat)
        yield (
            {"type": "text", "text": "".join(pieces)},
            [{"type": "text_delta", "text": piece} for piece in pieces],
        )


def count_tokens(request: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of `/v1/messages/count_tokens`: one token a word."""
    return {"input_tokens": prompt_words(request)}


def _usage(behaviour: Behaviour, request: Mapping[str, Any]) -> dict[str, Any]:
    if not behaviour.usage:
        return {"input_tokens": 0, "output_tokens": 0}
    return {
        "input_tokens": prompt_words(request),
        "cache_creation_input_tokens": 3,
        "cache_read_input_tokens": 1,
        "output_tokens": len(answer_pieces(behaviour, as_chat(request))),
    }


def whole(behaviour: Behaviour, request: Mapping[str, Any]) -> dict[str, Any]:
    """The answer as one JSON body."""
    content = [block for block, _ in _blocks(behaviour, request)]
    stop = FINISH.get(behaviour.finish, behaviour.finish)
    if content[-1]["type"] == "tool_use" and behaviour.finish == "stop":
        stop = "tool_use"
    return {
        # Claude Code counts the tokens of two answers with the same id once.
        "id": f"msg_{uuid4().hex[:24]}",
        "type": "message",
        "role": "assistant",
        "model": request.get("model", "scripted-1"),
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": _usage(behaviour, request),
    }


_EMPTY: dict[str, object] = {"text": "", "thinking": "", "signature": "", "input": {}}


def chunks(behaviour: Behaviour, request: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """The events of a complete stream, in order; those that come together count as one, so that each delta counts."""
    complete = whole(behaviour, request)
    begun = {**complete, "content": [], "stop_reason": None, "usage": {**complete["usage"], "output_tokens": 1}}
    waiting: list[dict[str, Any]] = [{"type": "message_start", "message": begun}]
    for index, (block, deltas) in enumerate(_blocks(behaviour, request)):
        empty = {name: _EMPTY.get(name, value) for name, value in block.items()}
        waiting += [{"type": "content_block_start", "index": index, "content_block": empty}, {"type": "ping"}]
        for delta in deltas:
            yield [*waiting, {"type": "content_block_delta", "index": index, "delta": delta}]
            waiting = []
        waiting.append({"type": "content_block_stop", "index": index})
    delta = {"stop_reason": complete["stop_reason"], "stop_sequence": None}
    ended = {"type": "message_delta", "delta": delta, "usage": complete["usage"]}
    yield [*waiting, ended, {"type": "message_stop"}]


def steps(behaviour: Behaviour, request: Mapping[str, Any], *, misbehave: bool = True) -> Iterator[Step]:
    """The steps of a streamed response; `misbehave` says whether `cut` still applies."""
    sends = (b"".join([event(each, each["type"]) for each in events]) for events in chunks(behaviour, request))
    failed = event(error(500, "The scripted server fails in the stream.", behaviour.fail), "error")
    return play(behaviour, sends, failed=failed, garbage=GARBAGE, misbehave=misbehave)


def error(status: int, message: str, code: str = "") -> dict[str, Any]:
    """The body of an error response; also what a failing stream sends."""
    kind = code or ERROR_TYPES.get(status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_scripted"}


def models(names: Sequence[str], limit: int = 20, after: str = "") -> dict[str, Any]:
    """The body of one page of the list of models.

    Args:
        names: all of them.
        limit: how many a page has.
        after: the last one of the page before.
    """
    made = "2023-11-14T22:13:20Z"
    rest = list(names)[list(names).index(after) + 1 if after in names else 0 :]
    data = [
        {"type": "model", "id": name, "display_name": name, "created_at": made, "max_input_tokens": 200_000}
        for name in rest[:limit]
    ]
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {"first_id": None, "last_id": None}
    return {"data": data, "has_more": len(rest) > limit, **ends}
