"""The loopback endpoint as a child process: compiled on first use, Python where there is no compiler."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Self

HERE = Path(__file__).parent
CACHE = HERE / ".peers" / "server"


def command() -> list[str]:
    """The command that runs the server, compiled if that is possible."""
    compiler = shutil.which("gcc") or shutil.which("cc") or shutil.which("clang")
    if compiler is None or not sys.platform.startswith("linux"):
        return [sys.executable, str(HERE / "fallback_server.py")]
    sources = [HERE / name for name in ("server.c", "responses.h", "messages.h")]
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    binary = CACHE / digest
    if not binary.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        partial = binary.with_suffix(f".{os.getpid()}")
        subprocess.run([compiler, "-O2", "-o", str(partial), str(sources[0])], check=True)
        partial.replace(binary)
    return [str(binary)]


class Server:
    """Runs while entered; it ends by itself when this process does."""

    def __enter__(self) -> Self:
        arguments = command()
        self.kind = "C" if len(arguments) == 1 else "Python"
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout
        self.port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    def __exit__(self, *_reason: object) -> None:
        self.process.communicate()

    def stats(self) -> dict[str, int]:
        """Requests answered, connections ever made, and open now without the one that asks."""
        with urllib.request.urlopen(f"{self.url}/stats") as response:
            counts: dict[str, int] = json.load(response)
        counts["open"] -= 1
        return counts

    def cpu(self) -> float:
        """Seconds of CPU that the server has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def ceiling(self, window: float = 1.0) -> float:
        """Requests per second that one bare socket gets answered when it asks 32 at a time."""
        body = b'{"model":"m","messages":[{"role":"user","content":"hi"}]}'
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\ncontent-length: {len(body)}\r\n\r\n".encode()
        done = 0
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(head + body)
            size = len(connection.recv(65536))
            until = (start := time.perf_counter()) + window
            while time.perf_counter() < until:
                connection.sendall((head + body) * 32)
                missing = size * 32
                while missing > 0:
                    missing -= len(connection.recv(65536))
                done += 32
            return done / (time.perf_counter() - start)
