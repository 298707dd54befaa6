"""The answers of server.c from Python, where there is no compiler: correct, but its figures are limited by itself."""

from __future__ import annotations

import asyncio
import re
import sys

from fallback_answers import body_of, json_response, message_of, message_stream_of, stream_of

COUNTS = {"requests": 0, "made": 0, "open": 0}


class Connection(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport
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
            self.transport.write(message_of(tokens) if "/messages" in path else body_of(tokens))
        else:
            pieces = message_stream_of(tokens) if "/messages" in path else stream_of(tokens)
            if "/paced" in path:
                self.pacing = asyncio.create_task(self.pace(pieces))
            else:
                self.transport.write(b"".join(pieces))

    async def pace(self, pieces: list[bytes]) -> None:
        for piece in pieces:
            self.transport.write(piece)
            await asyncio.sleep(0.001)


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
