"""A running model: one child process with one model, from its start to its end."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import trio

from claif.api import ConnectionError, ProviderInitError, Secret, TimeoutError, json_dumps, json_loads

from .runtime import environment, missing_library, packages_folder

GRACE = 2.0
"""Seconds that the child has to end by itself, and then to be gone after it was killed."""
MAX_ANSWER = 64 * 1024
MAX_STDERR = 4 * 1024
SOCKET = "model.sock"
MAX_SOCKET_PATH = 100
"""Bytes; systems allow 104 to 108."""


class Engine:
    """Runs the child and knows where to reach it.

    Args:
        model: path of the GGUF file.
        name: name of the model.
        threads: threads to compute with.
        context: size of the window in tokens.
        timeout: seconds that the model may take to load.
    """

    def __init__(self, model: Path, name: str, *, threads: int, context: int, timeout: float) -> None:
        self.name = name
        self.key = Secret(secrets.token_urlsafe(32))
        self.authorization = Secret(f"Bearer {self.key.reveal()}")
        self.base_url = ""
        self.uds: str | None = None
        self._model, self._threads, self._context, self._timeout = model, threads, context, timeout
        self._folder: Path | None = None
        self._process: trio.Process | None = None
        self._stderr = b""
        self._drained = trio.Event()

    @property
    def alive(self) -> bool:
        """Whether the child runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The process id of the child."""
        return self._process.pid if self._process is not None else None

    async def start(self, nursery: trio.Nursery) -> None:
        """Start the child and wait until the model is loaded.

        Args:
            nursery: where what it writes to its standard error is read.

        Raises:
            DependencyError: the runtime is missing or does not work here.
            ProviderInitError: the model cannot be loaded.
            TimeoutError: it takes too long.
        """
        packages = packages_folder()
        try:
            process = await self._spawn(nursery)
            answer = None
            with trio.move_on_after(self._timeout):
                answer = await self._ask(process, packages)
            self._understand(answer)
        except BaseException:
            with trio.move_on_after(3 * GRACE, shield=True):
                await self.stop()
            raise

    async def stop(self) -> None:
        """End the child; takes at most twice `GRACE` seconds, also when cancelled, and can be called again."""
        process, self._process = self._process, None
        folder, self._folder = self._folder, None
        if process is not None:
            with trio.move_on_after(3 * GRACE, shield=True):
                await _end(process, kill=not self.base_url)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    async def obituary(self) -> ConnectionError | None:
        """What happened to the child, if it has died or dies within half a second; otherwise `None`."""
        process = self._process
        if process is None:
            return None
        with trio.move_on_after(0.5):
            await process.wait()
        if process.returncode is None:
            return None
        with trio.move_on_after(0.5):
            await self._drained.wait()
        return ConnectionError(
            f"The process of the model {self.name} {_how_it_ended(process.returncode)}{self._last_words()}.",
            hint="Ask again: it is started anew. If memory is short, set a smaller context for its provider.",
        )

    async def _spawn(self, nursery: trio.Nursery) -> trio.Process:
        self._folder = Path(tempfile.mkdtemp(prefix="claif-"))  # readable by this user only
        server = Path(__file__).with_name("server.py")
        apart: dict[str, Any] = {"process_group": 0}  # a Ctrl-C at the terminal is ours to handle, not the child's
        if sys.platform == "win32":
            apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        process = self._process = await trio.lowlevel.open_process(
            [sys.executable, "-I", str(server)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=server.parent,
            env=environment(os.environ),
            **apart,
        )
        nursery.start_soon(self._drain, process)
        return process

    async def _ask(self, process: trio.Process, packages: str) -> dict[str, Any]:
        assert process.stdin is not None  # noqa: S101 - opened as pipes
        assert process.stdout is not None  # noqa: S101 - likewise
        order = {
            "model": str(self._model),
            "name": self.name,
            "key": self.key.reveal(),
            "socket": self._socket(),
            "threads": self._threads,
            "context": self._context,
            "packages": packages,
        }
        answer = b""
        try:
            await process.stdin.send_all(json_dumps(order) + b"\n")
            while not answer.endswith(b"\n") and len(answer) < MAX_ANSWER:
                part = await process.stdout.receive_some(MAX_ANSWER)
                if not part:
                    break
                answer += part
        except trio.BrokenResourceError:
            pass  # it is dead; the answer is incomplete
        if not answer.endswith(b"\n"):
            died = await self.obituary()
            raise ProviderInitError(
                died.message if died else f"The process of the model {self.name} does not say where it is.",
                hint="Check the model file; if memory is short, set a smaller context for its provider.",
            )
        found: dict[str, Any] = json_loads(answer)
        return found

    def _socket(self) -> str | None:
        path = f"{self._folder}{os.sep}{SOCKET}"
        usable = hasattr(socket, "AF_UNIX") and sys.platform != "win32" and len(os.fsencode(path)) <= MAX_SOCKET_PATH
        return path if usable else None

    def _understand(self, answer: dict[str, Any] | None) -> None:
        if answer is None:
            raise TimeoutError(
                f"The model {self.name} was not loaded within {self._timeout:g} s.",
                hint="Give it more time with the setting start_timeout (seconds) of its provider.",
            )
        error, message = answer.get("error"), answer.get("message", "")
        if error == "import":
            raise missing_library(message)
        if error is not None:
            raise ProviderInitError(
                f"The model file {self._model} cannot be loaded: {message}",
                hint="It must be a complete GGUF file of a chat model; memory may also be too small for it.",
            )
        address = str(answer["address"])
        if address.startswith("unix://"):
            self.base_url, self.uds = "http://localhost/v1", address.removeprefix("unix://")
        else:
            self.base_url, self.uds = f"{address}/v1", None

    async def _drain(self, process: trio.Process) -> None:
        assert process.stderr is not None  # noqa: S101 - opened as a pipe
        try:
            async for part in process.stderr:
                self._stderr = (self._stderr + part)[-MAX_STDERR:]
        except (trio.ClosedResourceError, trio.BrokenResourceError):
            pass
        finally:
            self._drained.set()

    def _last_words(self) -> str:
        lines = self._stderr.decode(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f" ({''.join(char if char.isprintable() else ' ' for char in last[:300])})" if last else ""


async def _end(process: trio.Process, *, kill: bool) -> None:
    if not kill and process.stdin is not None:
        with trio.move_on_after(GRACE):
            await process.stdin.aclose()
            await process.wait()
    if process.returncode is None:
        process.kill()
        with trio.move_on_after(GRACE):
            await process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            await stream.aclose()


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = str(-code)
    return f"was killed by the signal {name}"
