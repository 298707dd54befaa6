"""A client of agents that speak the Agent Client Protocol, for tests: one request after the other, within bounds."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from testing.fake_cli.client import PATIENCE, Client, Record

CAPABILITIES = {"fs": {"readTextFile": False, "writeTextFile": False}, "terminal": False}
"""What a client offers that offers nothing."""


def choose(kind: str) -> Callable[[Record], dict[str, Any]]:
    """An answer to requests for permission: the option of this kind, such as `allow_once`; none is cancelled."""

    def answer(request: Record) -> dict[str, Any]:
        chosen = [option["optionId"] for option in request["params"]["options"] if option["kind"] == kind]
        outcome = {"outcome": "selected", "optionId": chosen[0]} if chosen else {"outcome": "cancelled"}
        return {"outcome": outcome}

    return answer


class Acp:
    """The client's end of one process.

    Attributes:
        heard: all that the agent has said, in order.
        answers: what is answered to the agent's requests, by their method.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.heard: list[Record] = []
        self.answers: dict[str, Callable[[Record], dict[str, Any]]] = {}
        self._count = 0

    def send(self, method: str, **params: object) -> int:
        """Send a request; its id."""
        self._count += 1
        self.client.send({"jsonrpc": "2.0", "id": self._count, "method": method, "params": params})
        return self._count

    def notify(self, method: str, **params: object) -> None:
        """Send a notification."""
        self.client.send({"jsonrpc": "2.0", "method": method, "params": params})

    def listen(self) -> Iterator[Record]:
        """What the agent says, each record when it comes; its requests are answered."""
        for record in self.client.records():
            self.heard.append(record)
            if "method" in record and "id" in record:
                self._answer(record)
            yield record

    def result(self, number: int) -> Record:
        """The whole response to a request: it has `result` or `error`."""
        for record in self.listen():
            if record.get("id") == number and "method" not in record:
                return record
        raise AssertionError(f"the agent ended: {self.heard}")

    def call(self, method: str, **params: object) -> Record:
        """Send a request, and its whole response."""
        return self.result(self.send(method, **params))

    def begin(self, directory: Path, **capabilities: object) -> str:
        """Greet the agent, and the id of a new session."""
        greeting = self.call("initialize", protocolVersion=1, clientCapabilities={**CAPABILITIES, **capabilities})
        assert greeting["result"]["protocolVersion"] == 1
        return self.call("session/new", cwd=str(directory), mcpServers=[])["result"]["sessionId"]

    def prompt(self, session: str, text: str) -> Record:
        """The response to a prompt; what is told meanwhile is in `heard`."""
        return self.result(self.start(session, text))

    def start(self, session: str, text: str) -> int:
        """Send a prompt; its id."""
        return self.send("session/prompt", sessionId=session, prompt=[{"type": "text", "text": text}])

    def updates(self, kind: str, session: str = "") -> list[Record]:
        """The updates of one kind that were told so far, of one session if it is named."""
        told = [record["params"] for record in self.heard if record.get("method") == "session/update"]
        mine = [params["update"] for params in told if not session or params["sessionId"] == session]
        return [update for update in mine if update["sessionUpdate"] == kind]

    def text(self, session: str = "", kind: str = "agent_message_chunk") -> str:
        """What the agent has answered, or thought, so far."""
        return "".join([update["content"]["text"] for update in self.updates(kind, session)])

    def wait_for(self, kind: str) -> Record:
        """The first update of a kind, once it was told."""
        told = self.updates(kind)
        records = self.listen()
        while not told:
            next(records)
            told = self.updates(kind)
        return told[0]

    def asked(self, method: str) -> list[Record]:
        """The agent's requests of one method so far."""
        return [record for record in self.heard if record.get("method") == method and "id" in record]

    def _answer(self, record: Record) -> None:
        answer = self.answers.get(record["method"])
        if answer is None:
            problem = {"code": -32601, "message": f"no {record['method']} here"}
            self.client.send({"jsonrpc": "2.0", "id": record["id"], "error": problem})
        else:
            self.client.send({"jsonrpc": "2.0", "id": record["id"], "result": answer(record)})


@contextmanager
def speaking(command: Sequence[str | Path], environment: dict[str, str], directory: Path) -> Iterator[Acp]:
    """Run an agent; it is killed at the end if it has not ended."""
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=directory,
    )
    try:
        yield Acp(Client(child))
    finally:
        child.kill()
        child.wait(PATIENCE)
        for pipe in (child.stdin, child.stdout):
            pipe.close()
