"""The scripted server: an LLM server on 127.0.0.1 that answers, fails, stalls and breaks off as the URL says."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

import trio

from .background import background
from .behaviour import from_path, to_path
from .http_server import Exchange, RecordedRequest, serve_connection
from .respond import JSON, respond


class ScriptedServer:
    """Speaks chat completions, the Responses API, Anthropic's Messages API and the Gemini API, each at its path.

    OpenAI's and Gemini's embeddings are there too; the vectors are those of `vector_of`.

    `url()` builds the base URL that makes it behave as wanted; `root_url()` the same for clients that add `/v1` or
    `/v1beta`.

    Example:
        async with ScriptedServer() as server:
            base_url = server.url(error=429, retry_after=2, times=1)

    Attributes:
        requests: every request that arrived, in order.
        connections: how many connections were ever accepted.
        open: how many of them are open now.
    """

    def __init__(self, port: int = 0, *, models: Sequence[str] = ("scripted-1", "scripted-2")) -> None:
        self.port = port
        self.models = tuple(models)
        self.requests: list[RecordedRequest] = []
        self.connections = 0
        self.open = 0
        self._seen: Counter[str] = Counter()
        self._stack = AsyncExitStack()
        self._nursery: trio.Nursery | None = None
        self._listening = trio.CancelScope()
        self._stopped = trio.Event()

    def url(self, **behaviour: object) -> str:
        """The base URL of a server that behaves so; the names are those of `Behaviour`."""
        return f"http://127.0.0.1:{self.port}{to_path(**behaviour)}"

    def root_url(self, **behaviour: object) -> str:
        """The same without `/v1`, as clients of Anthropic and Gemini want it: they ask for `/v1/messages` below it."""
        return self.url(**behaviour).removesuffix("/v1")

    async def __aenter__(self) -> Self:
        self._nursery = await self._stack.enter_async_context(background())
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        return await self._stack.__aexit__(kind, error, traceback)  # noqa: ASYNC102 - what is inside is bounded

    async def start(self) -> None:
        """Listen; the port stays the same over `stop` and `start`."""
        assert self._nursery is not None, "a server is started inside `async with`"  # noqa: S101 - a test's own mistake
        await self._nursery.start(self._listen)

    async def stop(self) -> None:
        """Close the listening socket and break all connections."""
        self._listening.cancel()
        await self._stopped.wait()

    async def restart(self) -> None:
        """Stop and start at the same port."""
        await self.stop()
        await self.start()

    async def wait_until_open(self, at_most: int, seconds: float = 5.0) -> None:
        """Wait until no more than so many connections are open.

        Raises:
            trio.TooSlowError: that was not so within `seconds`.
        """
        with trio.fail_after(seconds):
            while self.open > at_most:  # noqa: ASYNC110 - a test's patience, not a production wait
                await trio.sleep(0.005)

    async def _listen(self, task_status: trio.TaskStatus[list[trio.SocketListener]]) -> None:
        self._stopped = trio.Event()
        try:
            with trio.CancelScope() as self._listening:
                listeners = await trio.open_tcp_listeners(self.port, host="127.0.0.1")
                self.port = listeners[0].socket.getsockname()[1]
                await trio.serve_listeners(self._accept, listeners, task_status=task_status)
        finally:
            self._stopped.set()

    async def _accept(self, stream: trio.SocketStream) -> None:
        self.connections += 1
        self.open += 1
        try:
            await serve_connection(stream, self.connections, self._answer)
        finally:
            self.open -= 1

    def stats(self) -> dict[str, Any]:
        """The counters and the requests as JSON data; `GET /stats` answers the same."""
        requests = [
            {
                "method": seen.method,
                "path": seen.path,
                "headers": dict(seen.headers),
                "body": seen.body.decode(errors="replace"),
            }
            for seen in self.requests
        ]
        return {"connections": self.connections, "open": self.open, "requests": requests}

    async def _answer(self, exchange: Exchange) -> None:
        request = exchange.request
        if request.path == "/stats":
            await exchange.reply(200, json.dumps(self.stats()).encode(), [JSON])
            return
        self.requests.append(request)
        try:
            behaviour, path = from_path(request.path)
        except ValueError as error:
            await exchange.reply(400, json.dumps({"error": {"message": str(error)}}).encode(), [JSON])
            return
        self._seen[request.path] += 1
        misbehave = not behaviour.times or self._seen[request.path] <= behaviour.times
        await respond(exchange, behaviour, path, models=self.models, misbehave=misbehave)


async def _main(port: int) -> None:
    async with ScriptedServer(port) as server:
        print(server.url().removesuffix("/v1"), flush=True)
        await trio.to_thread.run_sync(sys.stdin.buffer.read, abandon_on_cancel=True)


def main() -> None:
    """Serve until stdin closes; the first line on stdout is the URL."""
    arguments = sys.argv[1:]
    trio.run(_main, int(arguments[1]) if arguments[:1] == ["--port"] else 0)


if __name__ == "__main__":
    main()
