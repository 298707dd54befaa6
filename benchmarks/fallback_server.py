"""The answers of server.c from Python, where there is no compiler: correct, but its figures are limited by itself."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from functools import cache

HEAD = (
    "HTTP/1.1 200 OK\r\nserver: loopback\r\nx-request-id: req_0123456789abcdef0123456789abcdef\r\n"
    "openai-processing-ms: 12\r\nx-ratelimit-limit-requests: 10000\r\nx-ratelimit-remaining-requests: 9999\r\n"
)
COUNTS = {"requests": 0, "made": 0, "open": 0}


def json_response(value: object) -> bytes:
    body = json.dumps(value, separators=(",", ":"))
    return f"{HEAD}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()


def usage(tokens: int) -> dict[str, int]:
    return {"prompt_tokens": 9, "completion_tokens": tokens, "total_tokens": tokens + 9}


@cache
def body_of(tokens: int) -> bytes:
    text = "".join(f" tok{i}" for i in range(tokens))
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    fields = {"id": "chatcmpl-0123456789", "object": "chat.completion", "created": 1767600000, "model": "m"}
    return json_response(fields | {"choices": [choice], "usage": usage(tokens)})


def chunk(payload: str) -> bytes:
    event = f"data: {payload}\n\n"
    return f"{len(event):x}\r\n{event}\r\n".encode()


@cache
def stream_of(tokens: int) -> list[bytes]:
    fields = {"id": "chatcmpl-0123456789", "object": "chat.completion.chunk", "created": 1767600000, "model": "m"}

    def event(choices: list[object], used: object = None) -> bytes:
        return chunk(json.dumps(fields | {"choices": choices, "usage": used}, separators=(",", ":")))

    def delta(value: object, reason: str | None = None) -> bytes:
        return event([{"index": 0, "delta": value, "logprobs": None, "finish_reason": reason}])

    return [
        f"{HEAD}content-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n".encode(),
        delta({"role": "assistant", "content": ""}),
        *(delta({"content": f" tok{i}"}) for i in range(tokens)),
        delta({}, "stop"),
        event([], usage(tokens)),
        chunk("[DONE]") + b"0\r\n\r\n",
    ]


class Connection(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.received = bytearray()
        self.pacing: asyncio.Task[None] | None = None
        COUNTS["made"] += 1
        COUNTS["open"] += 1

    def connection_lost(self, _reason: Exception | None) -> None:
        COUNTS["open"] -= 1
        if self.pacing:
            self.pacing.cancel()

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (not self.pacing or self.pacing.done()) and (request := self.take()):
            self.answer(*request)

    def take(self) -> tuple[str, bytes] | None:
        head, end, rest = self.received.partition(b"\r\n\r\n")
        if not end:
            return None
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        size = int(length[1]) if length else 0
        if re.search(rb"(?i)\r\ntransfer-encoding: *chunked", head):
            size = rest.find(b"0\r\n\r\n") + 5
            if size < 5:
                return None
        if len(rest) < size:
            return None
        self.received = rest[size:]
        return head.split(b" ", 2)[1].decode(), bytes(rest[:size])

    def answer(self, path: str, body: bytes) -> None:
        if "/stats" in path:
            self.transport.write(json_response(COUNTS))
            return
        COUNTS["requests"] += 1
        count = re.match(r"/t(\d+)/", path)
        tokens = int(count[1]) if count else 20
        if "/models" in path:
            self.transport.write(json_response({"object": "list", "data": [{"id": "m", "object": "model"}]}))
        elif not re.search(rb'"stream": ?true', body):
            self.transport.write(body_of(tokens))
        elif "/paced" in path:
            self.pacing = asyncio.create_task(self.pace(tokens))
        else:
            self.transport.write(b"".join(stream_of(tokens)))

    async def pace(self, tokens: int) -> None:
        for piece in stream_of(tokens):
            self.transport.write(piece)
            await asyncio.sleep(0.001)


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
