"""What all protocols of the fake CLI have in common: a script's steps are played, and the client is listened to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections import deque
from typing import IO, Any

from . import files, nasty
from .record import surroundings
from .wire import ERR, OUT, Ended, Wire

Step = dict[str, Any]
MARK = "CLAIF_FAKE_PROGRAM"
"""The variable by which the commands of a fake are found; its value is the fake's path."""
TICK = 0.01
"""Seconds between two looks at what cannot be waited for."""
USAGE = {"input": 10, "cached": 4, "created": 2, "output": 6, "reasoning": 1}
"""Tokens of each turn."""
COST = 0.001
"""US dollars of each turn."""


class Interrupted(Exception):
    """The client has the turn stop."""


class Stopped(Exception):
    """The turn ends for a reason of its own, which is what it says."""


class Failed(Exception):
    """The turn fails.

    Args:
        status: HTTP status of the model's server, or 0.
        message: what the CLI says.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Voice(ABC):
    """One protocol.

    Args:
        wire: standard input and output.
        script: what the JSON file beside the program says.
    """

    shell_name = "shell"

    def __init__(self, wire: Wire, script: dict[str, Any]) -> None:
        self.wire = wire
        self.script = script
        self.turns: deque[list[Step]] = deque(script["turns"])
        self.prompts: list[str] = []
        self.children: list[subprocess.Popen[bytes]] = []

    @abstractmethod
    def run(self) -> int:
        """Speak until standard input ends, or once; returns the exit code."""

    @abstractmethod
    def hear(self, record: dict[str, Any]) -> None:
        """Take what the client says during a turn.

        Raises:
            Interrupted: it has the turn stop.
        """

    @abstractmethod
    def say(self, text: str) -> None:
        """Stream a piece of the answer."""

    @abstractmethod
    def think(self, text: str) -> None:
        """Stream a thought."""

    @abstractmethod
    def tool(self, name: str, parameters: dict[str, Any], *, ask: bool) -> tuple[str, bool]:
        """Use a tool, with permission if it is to be asked for; returns its id and whether it may run."""

    @abstractmethod
    def result(self, number: str, output: str, *, failed: bool) -> None:
        """Tell what a tool that ran has done."""

    @abstractmethod
    def change(self, change: files.Change, *, ask: bool) -> None:
        """Change a file, with permission if it is to be asked for."""

    @abstractmethod
    def plan(self, steps: list[list[str]]) -> None:
        """Tell the plan."""

    @abstractmethod
    def retry(self, status: int, seconds: float) -> None:
        """Tell that the model is asked again, and wait."""

    def next_turn(self) -> list[Step]:
        """The steps of the next turn; the last one is repeated."""
        return self.turns.popleft() if len(self.turns) > 1 else self.turns[0]

    def listen(self, seconds: float | None) -> None:
        """Take what the client says for so many seconds; `None` is for ever.

        Once its end of the line is closed nobody waits for ever.
        """
        until = None if seconds is None else time.monotonic() + seconds
        while True:
            left = None if until is None else max(0.0, until - time.monotonic())
            if self.wire.ended:
                if left is None and not self.script["stubborn"]:
                    nasty.die(0, 0)
                time.sleep(nasty.LIFETIME if left is None else left)
                return
            try:
                record = self.wire.receive(left)
            except Ended:
                continue
            if record is None:
                return
            self.hear(record)

    def play(self, steps: list[Step], prompt: str) -> None:
        """Play the steps of a turn.

        Raises:
            Interrupted: the client has it stop.
            Failed: a step says so.
        """
        for step in steps:
            self.listen(0)
            self._do(step, prompt)
        self.listen(0)

    def _do(self, step: Step, prompt: str) -> None:  # noqa: PLR0912, C901 - one case a step
        match step["do"]:
            case "say":
                self.say(step["text"])
            case "echo":
                self.say(prompt)
            case "report":
                self.say(json.dumps({**surroundings(), "prompts": self.prompts}))
            case "think":
                self.think(step["text"])
            case "pause":
                self.listen(step["seconds"])
            case "tool":
                number, may = self.tool(step["name"], step["parameters"], ask=step["ask"])
                if may:
                    self.listen(step["seconds"])
                    self.result(number, step["result"], failed=step["failed"])
            case "shell":
                self._shell(step)
            case "change":
                self.change(files.Change(step["path"], step["content"]), ask=step["ask"])
            case "plan":
                self.plan(step["steps"])
            case "retry":
                self.retry(step["status"], step["seconds"])
            case "fail":
                raise Failed(step["status"], step["message"])
            case _:
                self.own_step(step)

    def own_step(self, step: Step) -> None:
        """Play a step that only this protocol knows, or that belongs to none."""
        misbehave(self.wire, step)

    def _shell(self, step: Step) -> None:
        number, may = self.tool(self.shell_name, {"command": step["command"]}, ask=step["ask"])
        if not may:
            return
        command = ["/bin/sh", "-c", step["command"]]
        # Agents start their tools in a session of their own, so that a signal to the group misses them.
        # Into a file: what the command leaves running may hold a pipe open.
        with tempfile.TemporaryFile() as output:
            child = self._start(command, output)
            while child.poll() is None:
                self.listen(TICK)
            self.children.remove(child)
            output.seek(0)
            self.result(number, output.read().decode(errors="replace"), failed=child.returncode != 0)

    def _start(self, command: list[str], output: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start a command, known to `end_tools` from its first moment on."""
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        try:
            child = subprocess.Popen(  # noqa: S603 - the test's own command
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, MARK: os.path.realpath(sys.argv[0])},
                preexec_fn=_unblock,  # noqa: PLW1509 - this program has one thread
            )
            self.children.append(child)
        finally:
            _unblock()
        return child

    def end_tools(self) -> None:
        """End the commands that still run, and all that they have started."""
        for child in self.children:
            try:
                os.killpg(child.pid, 9)
            except OSError:
                continue
            child.wait()
        self.children.clear()


def _unblock() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])


def misbehave(wire: Wire, step: Step) -> None:
    """Play a step that belongs to no protocol."""
    match step["do"]:
        case "raw":
            wire.write(step["data"].encode("latin-1"))
        case "stderr":
            wire.write(step["text"].encode(), ERR)
        case "flood":
            nasty.flood(wire, step["data"].encode("latin-1"), step["count"], ERR if step["stderr"] else OUT)
        case "children":
            nasty.beget(step["kinds"])
        case "die":
            nasty.die(step["code"], step["signal"])
        case "pause" | "hang":
            time.sleep(nasty.LIFETIME if step["seconds"] is None else step["seconds"])
        case unknown:
            raise ValueError(f"the fake CLI knows no step {unknown!r} here")
