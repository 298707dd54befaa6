"""Leads TCP connections inside a sandbox without a network to the socket of Claif's proxy outside, then runs a program.

A copy of this file is run inside: `python -I -S relay.py SOCKET PORT PROGRAM [ARGUMENT…]`; nothing but the standard
library is there.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from contextlib import suppress

CHUNK = 65536
_WAITING = 128


def pass_on(source: socket.socket, target: socket.socket) -> None:
    """Pass on all bytes, then the end."""
    with suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def serve(connection: socket.socket, path: str) -> None:
    """Connect one connection to the proxy, until both sides have ended."""
    with connection, socket.socket(socket.AF_UNIX) as proxy, suppress(OSError):
        proxy.connect(path)
        back = threading.Thread(target=pass_on, args=(proxy, connection), daemon=True)
        back.start()
        pass_on(connection, proxy)
        back.join()


def listen(server: socket.socket, path: str) -> None:
    """Take connections for ever; the end of the sandbox ends this too."""
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            continue
        threading.Thread(target=serve, args=(connection, path), daemon=True).start()


def main(arguments: list[str]) -> None:
    """Start the relay beside this process, and become the program."""
    path, port, *command = arguments
    server = socket.create_server(("127.0.0.1", int(port)), backlog=_WAITING)
    child = os.fork()
    if child == 0:
        # Twice, so that the program has no child that it has not started.
        if os.fork() == 0:
            os.setsid()
            nothing = os.open(os.devnull, os.O_RDWR)
            for descriptor in range(3):
                os.dup2(nothing, descriptor)
            listen(server, path)
        os._exit(0)
    os.waitpid(child, 0)
    server.close()
    os.execve(command[0], command, os.environ)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
