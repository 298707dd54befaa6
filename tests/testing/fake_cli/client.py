"""A client of fake CLIs: it starts one, writes lines, and reads records within bounds."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from claif.testing.fake_cli import FakeProgram

PATIENCE = 30.0
"""Seconds after which a program hangs."""
CLAUDE = ["-p", "--output-format=stream-json", "--input-format=stream-json", "--permission-prompt-tool=stdio"]

Record = dict[str, Any]


class Client:
    """One process."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self.child = child
        self._buffer = b""
        self._requests = 0

    def write(self, data: bytes) -> None:
        assert self.child.stdin
        self.child.stdin.write(data)
        self.child.stdin.flush()

    def send(self, record: Record) -> None:
        self.write(json.dumps(record).encode() + b"\n")

    def line(self) -> bytes:
        """The next line; empty at the end."""
        until = time.monotonic() + PATIENCE
        while b"\n" not in self._buffer:
            assert select.select([self.child.stdout], [], [], until - time.monotonic())[0], "the program is silent"
            data = os.read(self.child.stdout.fileno(), 65_536)
            if not data:
                return b""
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def records(self) -> Iterator[Record]:
        """All records to the end."""
        while line := self.line():
            yield json.loads(line)

    def until(self, **wanted: object) -> list[Record]:
        """The records up to the one that has these fields."""
        found = []
        for record in self.records():
            found.append(record)
            if all(record.get(name) == value for name, value in wanted.items()):
                return found
        raise AssertionError(f"the program ended: {found}")

    def user(self, text: str) -> None:
        message = {"role": "user", "content": text}
        self.send({"type": "user", "message": message, "parent_tool_use_id": None, "session_id": "default"})

    def turn(self, text: str) -> list[Record]:
        """What Claude Code tells of one turn."""
        self.user(text)
        return self.until(type="result")

    def control(self, subtype: str, **more: object) -> Record:
        """Send a control request to Claude Code, and its response."""
        self._requests += 1
        number = f"own-{self._requests}"
        self.send({"type": "control_request", "request_id": number, "request": {"subtype": subtype, **more}})
        response = self.until(type="control_response")[-1]["response"]
        assert response["request_id"] == number
        return response

    def call(self, method: str, **params: object) -> Record:
        """Send a request to Codex, and its result or its error."""
        self._requests += 1
        self.send({"id": self._requests, "method": method, "params": params})
        answer = self.until(id=self._requests)[-1]
        return answer.get("result") or answer.get("error") or {}

    def ask(self, thread: str, text: str) -> list[Record]:
        """What Codex tells of one turn."""
        self.call("turn/start", threadId=thread, input=[{"type": "text", "text": text}])
        return self.until(method="turn/completed")

    def allowed_turn(self, number: int, thread: str) -> Iterator[Record]:
        """What Codex tells of a turn whose every wish is allowed."""
        params = {"threadId": thread, "input": [{"type": "text", "text": "go"}]}
        self.send({"id": number, "method": "turn/start", "params": params})
        for record in self.records():
            yield record
            if "id" in record and "method" in record:
                self.send({"id": record["id"], "result": {"decision": "accept"}})
            if record.get("method") == "turn/completed":
                return

    def pid_in(self, file: Path) -> int:
        """The process id that a command of the program has written into a file, once it is there."""
        until = time.monotonic() + PATIENCE
        while not file.exists() or not (text := file.read_text()).endswith("\n"):
            assert self.child.poll() is None, "the program has ended"
            assert time.monotonic() < until, f"nothing comes into {file.name}"
            time.sleep(0.01)
        return int(text)

    def close(self) -> int:
        """End its standard input, and its exit code."""
        assert self.child.stdin
        self.child.stdin.close()
        return self.child.wait(PATIENCE)


@contextmanager
def running(fake: FakeProgram, arguments: Sequence[str] = CLAUDE, **options: Any) -> Iterator[Client]:
    """Run a fake; whatever of it is left at the end is killed."""
    command = [fake.program, *arguments]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options)
    try:
        yield Client(child)
    finally:
        child.kill()
        until = time.monotonic() + PATIENCE
        while left := fake.processes():
            assert time.monotonic() < until, f"processes that cannot be killed: {left}"
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
        child.wait(PATIENCE)
        for pipe in (child.stdin, child.stdout):
            pipe.close()


def gone(pid: int) -> bool:
    """Whether a process ends soon; a zombie has ended."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def texts(records: list[Record]) -> list[str]:
    """The texts of what counts in Claude Code's records."""
    messages = [record["message"] for record in records if record["type"] == "assistant"]
    return [block["text"] for message in messages for block in message["content"] if block["type"] == "text"]
