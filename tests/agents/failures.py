"""What becomes of a query when an agent's API fails: what the tests of the real agents expect, and the docs tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from claif.errors import (
    AuthenticationError,
    ClaifError,
    ConnectionError,
    ModelNotFoundError,
    ProviderRuntimeError,
    RateLimitError,
    TimeoutError,
)


@frozen
class Outcome:
    """How a query ends.

    Args:
        kind: the class of its error; `None` if it is answered all the same.
        status: the HTTP status that the error has, if the agent tells it.
        deadline: whether Claif's own deadline ends it, since the agent asks again, or waits, for longer than anybody.
    """

    kind: type[ClaifError] | None
    status: int | None = None
    deadline: bool = False


ANSWERED = Outcome(None)
CONNECTION = Outcome(ConnectionError)
DEADLINE = Outcome(TimeoutError, deadline=True)
CAUSES: Mapping[str, tuple[str, dict[str, Any]]] = {
    "401": ("401, the key is refused", {"error": 401}),
    "404": ("404, there is no such model", {"error": 404}),
    "429": ("429, too many requests", {"error": 429}),
    "500": ("500", {"error": 500}),
    "down": ("nobody answers", {"drop": True}),
    "cut": ("the answer breaks off", {"text": "one two three four", "cut": 4}),
    "stall": ("the answer stops in the middle", {"text": "one two three four", "stall": "stream", "after": 2}),
}
"""Cause -> what it is for people, and how the scripted server behaves."""
MATRIX: Mapping[str, Mapping[str, Outcome]] = {
    "claude": {
        "401": Outcome(AuthenticationError, 401),
        "404": Outcome(ModelNotFoundError, 404),
        "429": Outcome(RateLimitError, 429),
        "500": Outcome(ProviderRuntimeError, 500),
        "down": CONNECTION,
        "cut": ANSWERED,
        "stall": DEADLINE,
    },
    "codex": {
        "401": Outcome(AuthenticationError, 401),
        "404": Outcome(ModelNotFoundError),
        "429": Outcome(RateLimitError, 429),
        "500": Outcome(ProviderRuntimeError),
        "down": CONNECTION,
        "cut": CONNECTION,
        "stall": DEADLINE,
    },
    "gemini": {
        "401": Outcome(AuthenticationError, 401),
        "404": Outcome(ProviderRuntimeError, 500),
        "429": Outcome(RateLimitError, 429),
        "500": Outcome(ProviderRuntimeError, 500),
        "down": CONNECTION,
        "cut": CONNECTION,
        "stall": DEADLINE,
    },
    "qwen": {
        "401": Outcome(AuthenticationError, 401),
        "404": Outcome(ProviderRuntimeError, 404),
        "429": DEADLINE,
        "500": DEADLINE,
        "down": CONNECTION,
        "cut": CONNECTION,
        "stall": DEADLINE,
    },
    "opencode": {
        "401": Outcome(ProviderRuntimeError),
        "404": Outcome(ProviderRuntimeError),
        "429": DEADLINE,
        "500": DEADLINE,
        "down": DEADLINE,
        "cut": DEADLINE,
        "stall": DEADLINE,
    },
}
"""Agent -> cause -> outcome, with `max_retries = 0`."""
