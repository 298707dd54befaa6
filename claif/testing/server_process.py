"""The scripted server in a process of its own, for tests that are not async or that start `claif` itself."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from types import TracebackType
from typing import Any, Self

from .behaviour import to_path

PATIENCE = 10.0
"""Seconds that the child is given to end."""


class ServerProcess:
    """A `ScriptedServer` in a child process.

    Example:
        with ServerProcess() as server:
            subprocess.run(["claif", "query", "hi"], env={..., "CLAIF_PROVIDERS__X__BASE_URL": server.url()})
            assert server.stats()["connections"] == 1
    """

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self.origin = ""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "claif.testing.server", "--port", "0"]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own
        self._child = child
        self.origin = child.stdout.readline().decode().strip() if child.stdout else ""
        if not self.origin:
            self._end()
            raise RuntimeError("the scripted server did not start; its reason is on stderr")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        if self._child is None:
            return
        try:
            self._child.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.communicate()
        self._child = None

    def url(self, **behaviour: object) -> str:
        """The base URL of a server that behaves so; the names are those of `Behaviour`."""
        return self.origin + to_path(**behaviour)

    def root_url(self, **behaviour: object) -> str:
        """The same without `/v1`; see `ScriptedServer.root_url`."""
        return self.url(**behaviour).removesuffix("/v1")

    def stats(self) -> dict[str, Any]:
        """The server's counters `connections` and `open`, and its `requests`, as JSON data."""
        connection = http.client.HTTPConnection(self.origin.removeprefix("http://"), timeout=PATIENCE)
        try:
            connection.request("GET", "/stats", headers={"connection": "close"})
            stats: dict[str, Any] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return stats
