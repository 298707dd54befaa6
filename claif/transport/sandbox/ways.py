"""Ways out of a sandbox whose network is closed: the proxy, and how the child finds it."""

from __future__ import annotations

import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING

import trio

from ...errors import SandboxError
from .levels import system_program
from .mounts import Kind, Mount
from .paths import may_be_reached, real_path
from .proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

INSIDE = Path("/dev/claif")
"""Where a child under bubblewrap sees the proxy's socket and the relay; the devices are its own."""
PORT = 3128
"""Where the relay listens inside; nobody else does, in a network that was empty."""
_RELAY, _SOCKET = "relay.py", "proxy.sock"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_WAITING = 128


async def open_port(hosts: Collection[str], nursery: trio.Nursery, stack: AsyncExitStack) -> int:
    """Start a proxy at a TCP port of this machine.

    Args:
        hosts: what it lets through.
        nursery: where it runs.
        stack: its end is put here.

    Returns:
        The port.
    """
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port: int = listeners[0].socket.getsockname()[1]
    await _start(hosts, listeners, nursery, stack)
    return port


async def open_socket(hosts: Collection[str], nursery: trio.Nursery, stack: AsyncExitStack) -> Mount:
    """Start a proxy at a UNIX socket in a private folder, with the relay beside it; returns where the child sees it.

    Args:
        hosts: what it lets through.
        nursery: where it runs.
        stack: its end is put here.
    """
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="claif-way-")))
    copyfile(Path(__file__).with_name(_RELAY), folder / _RELAY)
    found = trio.socket.socket(trio.socket.AF_UNIX)
    await found.bind(str(folder / _SOCKET))
    found.listen(_WAITING)
    await _start(hosts, [trio.SocketListener(found)], nursery, stack)
    return Mount(INSIDE, Kind.READ, source=folder)


async def _start(
    hosts: Collection[str], listeners: list[trio.SocketListener], nursery: trio.Nursery, stack: AsyncExitStack
) -> None:
    proxy = Proxy(hosts, listeners)
    stack.push_async_callback(proxy.close)
    nursery.start_soon(proxy.serve)


def interpreter() -> Path:
    """The Python that runs the relay: our own, or the system's where a child cannot get at ours.

    Raises:
        SandboxError: there is none.
    """
    own = real_path(getattr(sys, "_base_executable", sys.executable), strict=False)
    if may_be_reached(own):
        return own
    found = system_program("python3")
    if found.path is None:
        raise SandboxError(f"The sandbox's proxy cannot be reached from inside: {found.problem}.")
    return found.path


def through_relay(python: Path, command: list[str]) -> list[str]:
    """A command that starts the relay before it becomes the program."""
    return [str(python), "-I", "-S", str(INSIDE / _RELAY), str(INSIDE / _SOCKET), str(PORT), *command]


def pointing_to(port: int, environment: Mapping[str, str], hosts: Collection[str]) -> dict[str, str]:
    """The variables of a child whose only way out is a proxy at a port of its loopback.

    Args:
        port: the proxy's.
        environment: the variables it would have without.
        hosts: what the proxy lets through.
    """
    found = {name: value for name, value in environment.items() if not name.lower().endswith("_proxy")}
    for name in ("HTTPS_PROXY", "HTTP_PROXY"):
        found[name] = found[name.lower()] = f"http://127.0.0.1:{port}"
    if not any(host.startswith(_LOOPBACK) for host in hosts):
        # The child's own servers; those of the host are not at its loopback.
        found["NO_PROXY"] = found["no_proxy"] = ",".join(_LOOPBACK)
    return found
