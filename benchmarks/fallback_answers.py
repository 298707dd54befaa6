"""The answers of the fallback server, each built once: chat completions, and Anthropic's messages."""

from __future__ import annotations

import json
from functools import cache

HEAD = (
    "HTTP/1.1 200 OK\r\nserver: loopback\r\nx-request-id: req_0123456789abcdef0123456789abcdef\r\n"
    "openai-processing-ms: 12\r\nx-ratelimit-limit-requests: 10000\r\nx-ratelimit-remaining-requests: 9999\r\n"
)
STREAM_HEAD = f"{HEAD}content-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n".encode()
END = b"0\r\n\r\n"


def json_response(value: object) -> bytes:
    body = compact(value)
    return f"{HEAD}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def text_of(tokens: int) -> str:
    return "".join(f" tok{i}" for i in range(tokens))


def usage(tokens: int) -> dict[str, int]:
    return {"prompt_tokens": 9, "completion_tokens": tokens, "total_tokens": tokens + 9}


@cache
def body_of(tokens: int) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": text_of(tokens)}, "finish_reason": "stop"}
    fields = {"id": "chatcmpl-0123456789", "object": "chat.completion", "created": 1767600000, "model": "m"}
    return json_response(fields | {"choices": [choice], "usage": usage(tokens)})


def chunk(payload: str, name: str = "") -> bytes:
    """One event as one HTTP chunk; without a name it has only data."""
    event = (f"event: {name}\n" if name else "") + f"data: {payload}\n\n"
    return f"{len(event):x}\r\n{event}\r\n".encode()


@cache
def stream_of(tokens: int) -> list[bytes]:
    fields = {"id": "chatcmpl-0123456789", "object": "chat.completion.chunk", "created": 1767600000, "model": "m"}

    def event(choices: list[object], used: object = None) -> bytes:
        return chunk(compact(fields | {"choices": choices, "usage": used}))

    def delta(value: object, reason: str | None = None) -> bytes:
        return event([{"index": 0, "delta": value, "logprobs": None, "finish_reason": reason}])

    return [
        STREAM_HEAD,
        delta({"role": "assistant", "content": ""}),
        *(delta({"content": f" tok{i}"}) for i in range(tokens)),
        delta({}, "stop"),
        event([], usage(tokens)),
        chunk("[DONE]") + END,
    ]


def message(text: str | None, reason: str | None, tokens: int) -> dict[str, object]:
    content = [] if text is None else [{"type": "text", "text": text}]
    counts = {
        "input_tokens": 9,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": tokens,
    }
    fields = {"id": "msg_0123456789", "type": "message", "role": "assistant", "model": "m", "content": content}
    return fields | {"stop_reason": reason, "stop_sequence": None, "usage": counts | {"service_tier": "standard"}}


@cache
def message_of(tokens: int) -> bytes:
    return json_response(message(text_of(tokens), "end_turn", tokens))


@cache
def message_stream_of(tokens: int) -> list[bytes]:
    def event(name: str, **fields: object) -> bytes:
        return chunk(compact({"type": name, **fields}), name)

    ending = {"stop_reason": "end_turn", "stop_sequence": None}
    return [
        STREAM_HEAD,
        event("message_start", message=message(None, None, 1)),
        event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        event("ping"),
        *(
            event("content_block_delta", index=0, delta={"type": "text_delta", "text": f" tok{i}"})
            for i in range(tokens)
        ),
        event("content_block_stop", index=0),
        event("message_delta", delta=ending, usage={"output_tokens": tokens}),
        event("message_stop") + END,
    ]
