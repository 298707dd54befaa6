"""Plugins and providers, looked at in a process of their own: one that hangs or dies takes only that with it.

The child says in a line of JSON what it looks at next, and in another one what it has found. If it stays silent for too
long or ends too early, what it was at is to blame; that becomes a finding, and a new child goes on without it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from ..finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from .machine import Machine

PATIENCE = 30.0
"""Seconds that one step of the child may take."""
MOST_CHILDREN = 20
_END = 10.0
"""Seconds that a child has to be gone once it is killed, or says nothing more."""
_PROGRAM = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from claif.doctor.child import main; main()"


class Wishes(NamedTuple):
    """What is wanted beyond the usual.

    Args:
        network: connect to the configured endpoints.
        deep: also look at what takes long, such as the fingerprints of large files.
        no_plugins: leave out everything that is installed beside Claif.
    """

    network: bool = False
    deep: bool = False
    no_plugins: bool = False


class _Step(NamedTuple):
    group: str
    name: str


def ask_child(
    machine: Machine,
    wishes: Wishes,
    tell: Callable[[str], None] = lambda _what: None,
    *,
    patience: float = PATIENCE,
    most: int = MOST_CHILDREN,
) -> list[Finding]:
    """Look at plugins, providers and, if wished, endpoints.

    Args:
        machine: what is examined.
        wishes: what is wanted.
        tell: called with what is looked at next.
        patience: seconds that one step may take; the start of the child is none.
        most: how many children may be lost.
    """
    found: list[Finding] = []
    skip: list[str] = []
    for _ in range(most):
        child = _Child(machine, wishes, skip, tell, patience)
        said, blame = child.listen()
        if blame is None:
            return [*found, *said]
        if not child.step.name:
            what = f"They could not be looked at: the process {blame}."
            return [*found, *said, Finding("plugins", "fail", what, "See why: claif --debug plugins list", "Plugins")]
        if f"{child.step.group}:{child.step.name}" in skip:
            return [*found, *said]
        skip.append(f"{child.step.group}:{child.step.name}")
        remedy = f"Look at it with `claif plugins check`; upgrade or uninstall what is to blame for {child.step.name}."
        found.append(Finding(child.step.name, "fail", f"It was given up: it {blame}.", remedy, child.step.group))
    return [*found, *said]


class _Child:
    """One child; `step` is what it was at last."""

    def __init__(
        self,
        machine: Machine,
        wishes: Wishes,
        skip: list[str],
        tell: Callable[[str], None],
        patience: float,
    ) -> None:
        self.step = _Step("", "")
        self._tell, self._patience = tell, patience
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        self._process = subprocess.Popen(  # noqa: S603 - this Python
            [sys.executable, "-P", "-c", _PROGRAM, json.dumps(list(machine.path))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(machine.environ),
        )
        self._order = json.dumps({**wishes._asdict(), "skip": skip}).encode() + b"\n"

    def listen(self) -> tuple[list[Finding], str | None]:
        """What it has found, and what it is to be blamed for if it did not come to its end."""
        found: list[Finding] = []
        reader = Thread(target=self._read, daemon=True)
        reader.start()
        try:
            self._give_order()
            while True:
                patience = self._patience if self.step.name else max(self._patience, PATIENCE)
                try:
                    line = self._lines.get(timeout=patience)
                except Empty:
                    return found, f"did not come back within {patience:g} s"
                if line is None:
                    return found, self._ending()
                said = _understood(line)
                if "step" in said:
                    self.step = _Step(*said["step"])
                    self._tell(self.step.name)
                elif "finding" in said:
                    found.append(Finding(*said["finding"]))
                elif "done" in said:
                    return found, None
        finally:
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_END)
            reader.join(_END)
            self._process.stdout.close()  # type: ignore[union-attr] # opened as a pipe

    def _give_order(self) -> None:
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101 - opened as a pipe
        try:
            with stdin:
                stdin.write(self._order)
        except OSError:
            return  # It is dead; its ending is told by the reader.

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._lines.put(line)
        self._lines.put(None)

    def _ending(self) -> str:
        try:
            code = self._process.wait(_END)
        except subprocess.TimeoutExpired:
            return "has closed its output"
        return f"was killed by signal {-code}" if code < 0 else f"ended Python with exit code {code}"


def _understood(line: bytes) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
