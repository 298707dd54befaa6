"""A running model: one child process with one model, from its start to its end."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio

from claif.api import Command, ConnectionError, Policy, ProviderInitError, Secret, TimeoutError, TransportError

from .runtime import environment, missing_library, packages_folder

if TYPE_CHECKING:
    from claif.api import Process, Processes

MAX_SOCKET_PATH = 100
"""Bytes of the path of a socket; systems allow 104 to 108."""
DYING = 5.0
"""Seconds within which the system tells of the end of a child whose connection has broken, also if it is busy."""


class Engine:
    """Runs the child and knows where to reach it.

    Args:
        model: path of the GGUF file.
        name: name of the model.
        threads: threads to compute with.
        context: size of the window in tokens.
        timeout: seconds that the model may take to load.
        embedding: whether it turns texts into vectors; else it answers.
    """

    def __init__(
        self, model: Path, name: str, *, threads: int, context: int, timeout: float, embedding: bool = False
    ) -> None:
        self.name = name
        self._set_key(secrets.token_urlsafe(32))
        self.base_url = ""
        self.uds: str | None = None
        self._model, self._threads, self._context, self._timeout = model, threads, context, timeout
        self._embedding = embedding
        self._process: Process | None = None

    @property
    def process(self) -> Process:
        """The child; there is one from `start` to `stop`."""
        assert self._process is not None  # noqa: S101 - see above
        return self._process

    @property
    def alive(self) -> bool:
        """Whether the child runs."""
        return self._process is not None and self._process.alive

    @property
    def pid(self) -> int | None:
        """The process id of the child."""
        return self._process.pid if self._process is not None else None

    async def start(self, processes: Processes) -> None:
        """Start the child and wait until the model is loaded.

        Args:
            processes: those of the client.

        Raises:
            DependencyError: the runtime is missing or does not work here.
            ProviderInitError: the model cannot be loaded.
            TimeoutError: it takes too long.
        """
        packages = packages_folder()
        try:
            answer = None
            with trio.move_on_after(self._timeout):
                answer = await self._load(processes, packages)
            self._understand(answer)
        except BaseException:
            await self.stop()  # noqa: ASYNC102 - shielded and bounded itself
            raise

    async def stop(self) -> None:
        """End the child, also when cancelled; it can be called again."""
        process, self._process = self._process, None
        if process is not None:
            await (process.close() if self.base_url else process.kill())

    async def healthy(self) -> bool:
        """Whether it can be asked."""
        return self.alive

    async def renew(self) -> bool:
        """It remembers nothing of a query, so that nothing is to be done."""
        return True

    async def interrupt(self) -> bool:
        """It has stopped already, since whoever listened is gone; whether it can be asked again."""
        return self.alive

    def state(self) -> Mapping[str, Any]:
        """Where it is reached, and its key."""
        return {"base_url": self.base_url, "uds": self.uds, "key": self.key.reveal()}

    def go_on(self, process: Process, state: Mapping[str, Any]) -> None:
        """Ask a model that another engine has started.

        Raises:
            KeyError: its state is not to be understood.
        """
        self._process, self.base_url, self.uds = process, state["base_url"], state["uds"]
        self._set_key(state["key"])

    def _set_key(self, key: str) -> None:
        self.key, self.authorization = Secret(key), Secret(f"Bearer {key}")

    async def obituary(self) -> ConnectionError | None:
        """What happened to the child, if it has died or dies within `DYING` seconds; otherwise `None`."""
        process = self._process
        if process is None:
            return None
        with trio.move_on_after(DYING):
            await process.wait()
        if process.returncode is None:
            return None
        return ConnectionError(
            self._ended(process),
            hint="Ask again: it is started anew. If memory is short, set a smaller context for its provider.",
        )

    def _ended(self, process: Process) -> str:
        return process.ended(f"The process of the model {self.name}").message

    async def _load(self, processes: Processes, packages: str) -> dict[str, Any]:
        server = Path(__file__).with_name("server.py")
        command = Command(
            program=Path(sys.executable),
            arguments=("-I", str(server)),
            environment=environment(os.environ),
            directory=server.parent,
            leaf=True,
        )
        # It is our own program, and a model is data: only what it leaves behind has to be bounded.
        policy = Policy(wish="off", directory=server.parent)
        process = self._process = await processes.start(command, policy, start_timeout=self._timeout)
        order = {
            "model": str(self._model),
            "name": self.name,
            "key": self.key.reveal(),
            "socket_path": MAX_SOCKET_PATH,
            "threads": self._threads,
            "context": self._context,
            "embedding": self._embedding,
            "packages": packages,
        }
        try:
            await process.send(order)
            answer = await process.receive()
            why = self._ended(process)
        except TransportError as error:
            answer, why = None, error.message
        if answer is None:
            raise ProviderInitError(
                why, hint="Check the model file; if memory is short, set a smaller context for its provider."
            )
        return answer

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
