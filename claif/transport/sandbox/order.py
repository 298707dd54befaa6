"""Orders for the levels below bubblewrap: what a child does to itself before it becomes the program."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...system import belongs_to_others
from .calls import INET, INET6, NETLINK, UNIX, call_filter, processor
from .mounts import Kind, Mount

if TYPE_CHECKING:
    from .policy import Level, Policy

NO_HOST = ("/dev", "/run", "/tmp", "/var/tmp")  # noqa: S108 - hidden, not used
"""What a child sees nothing of under Landlock, unless a rule says otherwise."""
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def order_for(
    level: Level, policy: Policy, mounts: Iterable[Mount] = (), *, root: bool, ports: Collection[int] | None = None
) -> dict[str, Any]:
    """What `confine` is told.

    Args:
        level: `landlock` or `group`.
        policy: how the child is confined.
        mounts: what it would see under bubblewrap.
        root: whether we are root.
        ports: TCP ports to which alone it may connect; `None` are all.
    """
    limits: dict[str, int] = {}
    if policy.limits.memory is not None:
        limits["memory"] = policy.limits.memory
    if policy.limits.cpu is not None:
        limits["cpu"] = policy.limits.cpu
    if policy.limits.file_size is not None:
        limits["file_size"] = policy.limits.file_size
    if policy.limits.processes is not None:
        # The system counts all of the user's, outside of the sandbox too.
        limits["processes"] = policy.limits.processes + running()
    order: dict[str, Any] = {"limits": limits}
    machine = processor()
    if machine is not None:
        families = {NETLINK} if policy.network == "none" else {NETLINK, INET, INET6}
        if level == "group":
            families.add(UNIX)
        tcp_only, namespaces = policy.network == "proxy", policy.nested or not root
        order["calls"] = call_filter(machine, families=families, tcp_only=tcp_only, namespaces=namespaces).hex()
    if level == "landlock":
        # An agent that confines its own tools needs them, but gets no Landlock either.
        order["drop"] = root
        order["files"] = files(tuple(mounts))
    if ports is not None:
        order["ports"] = sorted(ports)
    return order


def running() -> int:
    """How many threads the user has, which is what the limit of processes counts."""
    count = 0
    for entry in os.scandir("/proc"):
        try:
            if entry.name.isdecimal() and not belongs_to_others(entry.stat()):
                count += len(os.listdir(f"{entry.path}/task"))
        except OSError:
            continue  # It has just ended.
    return count


def files(mounts: tuple[Mount, ...]) -> dict[str, list[str]]:
    """Rules for Landlock, which knows only what is allowed: so all around what is hidden is named, down to it.

    Args:
        mounts: what would be seen under bubblewrap.
    """
    hidden = {mount.path for mount in mounts if mount.kind < Kind.READ} | {Path(place) for place in NO_HOST}
    write = [mount.path for mount in mounts if mount.kind == Kind.WRITE]
    read = [mount.path for mount in mounts if mount.kind == Kind.READ and mount.source is None]
    # What is hidden within a folder that may be written cannot be left out: new files in it would be out of reach.
    hidden = {path for path in hidden if not any(path.is_relative_to(folder) for folder in write)}
    found = list(around(Path("/"), hidden))
    for folder in read:
        found += around(folder, {path for path in hidden if path != folder})
    return {
        "list": ["/"],
        "read": [str(path) for path in found],
        "write": [*map(str, write), *(device for device in DEVICES if os.path.exists(device))],
    }


def around(folder: Path, hidden: Collection[Path]) -> Iterator[Path]:
    """A folder, or what is in it around what is hidden."""
    if folder in hidden:
        return
    if not any(path.is_relative_to(folder) for path in hidden):
        yield folder
        return
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if not entry.is_symlink():
            yield from around(Path(entry.path), hidden)
