"""The FastAPI application of the documentation, run by uvicorn under both event loops, with a real server behind it."""

from __future__ import annotations

import http.client
import importlib.util
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from faces.loops import Loop
from faces.support import GUARD

from claif.testing import ServerProcess

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "asyncio-and-fastapi.md"
WORDS = 2000


class Application:
    """The documented application, served in a thread of its own."""

    def __init__(self, folder: Path, loop: Loop) -> None:
        import uvicorn

        found = re.search(r"<!-- application -->\n```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
        assert found is not None
        (folder / "app.py").write_text(found[1])
        spec = importlib.util.spec_from_file_location("documented_app", folder / "app.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        config = uvicorn.Config(module.app, log_level="error", lifespan="on", timeout_graceful_shutdown=5)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self._serve, args=(loop,))
        self.thread.start()

    def _serve(self, loop: Loop) -> None:
        import asyncio

        with asyncio.Runner(loop_factory=loop.new) as runner:
            runner.run(self.server.serve(sockets=[self.socket]))

    def connect(self) -> http.client.HTTPConnection:
        # Before the application accepts, the listening socket keeps the connection waiting.
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=GUARD)

    def get(self, path: str) -> tuple[int, bytes]:
        connection = self.connect()
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join(GUARD)
        self.socket.close()
        assert not self.thread.is_alive()


@pytest.fixture
def upstream() -> Iterator[ServerProcess]:
    with ServerProcess() as server:
        yield server


@pytest.fixture
def application(
    tmp_path: Path, loop: Loop, upstream: ServerProcess, monkeypatch: pytest.MonkeyPatch, behaviour: dict[str, object]
) -> Iterator[Application]:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text(
        '[general]\ndefault_provider = "office"\n'
        f'[providers.office]\ntype = "openai"\nbase_url = "{upstream.url(**behaviour)}"\nmodel = "m"\n'
    )
    (home / "config.toml").chmod(0o600)
    monkeypatch.setenv("CLAIF_HOME", str(home))
    served = Application(tmp_path, loop)
    try:
        yield served
    finally:
        served.close()


@pytest.fixture
def behaviour() -> dict[str, object]:
    return {"echo": True}


def test_it_answers_many_visitors_at_once(application: Application) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: application.get(f"/ask?q=q{number}"), range(40)))
    assert [(status, json.loads(body)["answer"]) for status, body in answers] == [
        (200, f"q{number}") for number in range(40)
    ]


def test_it_streams(application: Application) -> None:
    assert application.get("/stream?q=one%20two%20three") == (200, b"one two three")


@pytest.mark.parametrize("behaviour", [{"error": 429}])
def test_an_error_of_the_provider_is_an_answer(application: Application) -> None:
    status, body = application.get("/ask?q=hi")
    assert status == 503
    assert json.loads(body)["error"] == "RateLimitError"


@pytest.mark.parametrize("behaviour", [{"stall": "stream", "after": 3, "tokens": WORDS}])
def test_a_visitor_who_goes_away_cancels_the_query(application: Application, upstream: ServerProcess) -> None:
    connection = application.connect()
    connection.request("GET", "/stream?q=hi")
    response = connection.getresponse()
    assert response.read(4) == b"tok0"
    assert upstream.stats()["open"] == 2  # the query, and the request for the statistics
    response.close()
    connection.close()
    deadline = time.monotonic() + GUARD
    while upstream.stats()["open"] > 1:
        assert time.monotonic() < deadline, "the query goes on without its visitor"


def test_the_application_ends_while_a_visitor_waits(application: Application) -> None:
    assert application.get("/stream?q=hi")[0] == 200
