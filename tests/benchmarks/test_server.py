"""The endpoint of the benchmarks answers alike on both wires, compiled or not."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import server

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
TEXT = " tok0 tok1 tok2"


@pytest.fixture(scope="module", params=["compiled if possible", "python"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "python":
            patch.setattr(server, "command", lambda: [sys.executable, str(BENCHMARKS / "fallback_server.py")])
        with server.Server() as running:
            yield running.url


def ask(url: str, *, stream: bool = False) -> str:
    body = json.dumps({"model": "m", "stream": stream}).encode()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, data=body), timeout=30) as response:
        return response.read().decode()


def events_of(text: str) -> list[tuple[str, str]]:
    """The name, empty if there is none, and the data of each event."""
    events = [dict(line.split(": ", 1) for line in event.split("\n")) for event in text.strip().split("\n\n")]
    return [(event.get("event", ""), event["data"]) for event in events]


def test_a_chat_completion_is_whole(url: str) -> None:
    answer = json.loads(ask(f"{url}/t3/v1/chat/completions"))
    assert answer["choices"][0]["message"]["content"] == TEXT
    assert answer["usage"]["completion_tokens"] == 3


@pytest.mark.parametrize("paced", ["", "/paced"])
def test_a_chat_completion_is_streamed_in_events_without_names(url: str, paced: str) -> None:
    events = events_of(ask(f"{url}/t3{paced}/v1/chat/completions", stream=True))
    assert {name for name, _ in events} == {""}
    assert events[-1][1] == "[DONE]"
    chunks = [json.loads(data) for _, data in events[:-1]]
    deltas = [choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"]]
    assert "".join(deltas) == TEXT
    assert chunks[-1]["usage"]["completion_tokens"] == 3


def test_a_message_is_whole(url: str) -> None:
    answer = json.loads(ask(f"{url}/t3/v1/messages"))
    assert (answer["type"], answer["role"], answer["stop_reason"]) == ("message", "assistant", "end_turn")
    assert answer["content"] == [{"type": "text", "text": TEXT}]
    assert answer["usage"]["output_tokens"] == 3


@pytest.mark.parametrize("paced", ["", "/paced"])
def test_a_message_is_streamed_in_events_with_the_names_of_their_types(url: str, paced: str) -> None:
    events = [(name, json.loads(data)) for name, data in events_of(ask(f"{url}/t3{paced}/v1/messages", stream=True))]
    assert [name for name, _ in events] == [data["type"] for _, data in events]
    assert [name for name, _ in events if name != "content_block_delta"] == [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]  # fmt: skip - the order reads better in one line
    deltas = [data["delta"] for name, data in events if name == "content_block_delta"]
    assert "".join(delta["text"] for delta in deltas) == TEXT
    assert events[-2][1]["usage"] == {"output_tokens": 3}
