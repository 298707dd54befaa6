"""Conformance: how an answer fails."""

# ruff: noqa: S101 - assertions are what the suite is for
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import trio

from ...errors import (
    AuthenticationError,
    ClaifError,
    ConnectionError,
    ModelNotFoundError,
    ProtocolError,
    ProviderRuntimeError,
    RateLimitError,
    TimeoutError,
)
from ...models import Event, Message, Query, TextDelta
from .base import NAME, SOON, Conformance

STATUSES: Mapping[int, type[ClaifError]] = {
    400: ProviderRuntimeError,
    401: AuthenticationError,
    403: AuthenticationError,
    404: ModelNotFoundError,
    429: RateLimitError,
    500: ProviderRuntimeError,
    503: ProviderRuntimeError,
}
"""What the statuses of the scripted server's errors mean."""


class Failures(Conformance):
    """Every failure is typed, carries its data and keeps what had arrived."""

    async def test_errors_are_typed(self) -> None:
        """Each status gives its class, its data and a hint, streamed or not."""
        async with self.serving() as server:
            for status, kind in STATUSES.items():
                for stream in (True, False):
                    error = await self.failure(server, stream=stream, error=status)
                    assert type(error) is kind, f"{status} gave {type(error).__name__}"
                    assert (error.status, error.provider) == (status, NAME)

    async def test_a_rate_limit_tells_how_long_to_wait(self) -> None:
        """`Retry-After` arrives as seconds."""
        async with self.serving() as server:
            error = await self.failure(server, error=429, retry_after=2)
        assert isinstance(error, RateLimitError)
        assert error.retryable
        assert error.retry_after == 2.0  # noqa: PLR2004 - what the server said

    async def test_a_cut_keeps_what_had_arrived(self) -> None:
        """An answer that breaks off is an error with its beginning, whether the connection or only the stream ended."""
        async with self.serving() as server:
            behaviours: list[dict[str, Any]] = [{"cut": 3}, {"short": 3}]
            for behaviour in behaviours:
                error = await self.failure(server, text="one two three four", **behaviour)
                assert isinstance(error, ConnectionError)
                assert error.partial is not None
                assert error.partial.text == "one two"

    async def test_an_error_inside_the_stream_is_typed(self) -> None:
        """An answer that turns into an error keeps what had arrived, and is not taken for a broken connection."""
        async with self.serving() as server:
            error = await self.failure(server, text="one two three four", fail="server_error", after=3)
        assert isinstance(error, ProviderRuntimeError), f"it gave {type(error).__name__}"
        assert error.provider == NAME
        assert error.partial is not None
        assert error.partial.text == "one two"

    async def test_an_error_of_the_consumer_is_not_the_providers(self) -> None:
        """What the consumer of an event raises arrives as it is, also when it looks like an error of the network."""
        async with self.serving() as server, self.client(server) as client:
            for raised in (ValueError("mine"), OSError("mine"), RateLimitError("mine"), trio.TooSlowError()):

                async def consume(event: Event, raised: Exception = raised) -> None:
                    if isinstance(event, TextDelta):
                        raise raised

                arrived: Exception | None = None
                try:
                    await client.run(Query((Message.user("hi"),)), consume)
                except Exception as error:
                    arrived = error
                assert arrived is raised, f"{type(raised).__name__} became {type(arrived).__name__}"

    async def test_a_server_that_is_down_is_a_connection_error(self) -> None:
        """Also one that hangs up without a word."""
        async with self.serving() as server:
            assert isinstance(await self.failure(server, drop=True), ConnectionError)
            await server.stop()
            assert isinstance(await self.failure(server), ConnectionError)

    async def test_garbage_is_a_typed_error(self) -> None:
        """Invalid JSON, invalid UTF-8, JSON of another shape and a line without an end."""
        async with self.serving() as server:
            for bad in ("json", "utf8", "list", "line"):
                error = await self.failure(server, bad=bad)
                assert isinstance(error, ProtocolError), f"{bad} gave {type(error).__name__}"

    async def test_silence_ends_an_answer(self) -> None:
        """A server that says nothing, or nothing more, is given up by the provider's own time limits."""
        async with self.serving() as server:
            for stall, limit in (("headers", "first_event_timeout"), ("stream", "idle_timeout")):
                async with self.client(server, stall=stall, limits={limit: 0.2}) as client:
                    assert isinstance(await self.error_of(client), TimeoutError)
                    await server.wait_until_open(0, SOON)

    async def test_deadlines_are_honoured(self) -> None:
        """The total time ends a stalled query, before the headers and in the middle, and leaves no connection."""
        async with self.serving() as server:
            for stall in ("headers", "stream"):
                began = trio.current_time()
                async with self.client(server, stall=stall) as client:
                    error = await self.error_of(client, timeout=0.2)
                    assert isinstance(error, TimeoutError)
                    assert trio.current_time() - began < SOON
                    await server.wait_until_open(0, SOON)
