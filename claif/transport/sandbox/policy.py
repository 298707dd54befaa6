"""Policies: what a child process may write, reach and use up."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from attrs import field, frozen

Level = Literal["bubblewrap", "landlock", "group", "environment"]
"""What confines a child, the strongest first:

- `bubblewrap`: namespaces for files, processes and, if wished, the network; everything ends with it.
- `landlock`: rules of the kernel for files (and TCP ports), without namespaces.
- `group`: a process group of its own with limits, a private TMPDIR and a small environment; no rules for files.
- `environment`: a small environment only (`--sandbox=off`, and systems that have nothing else).
"""

Wish = Literal["auto", "require", "off"]
Network = Literal["open", "proxy", "none"]


def _paths(paths: Iterable[Path]) -> tuple[Path, ...]:
    return tuple(paths)


@frozen(kw_only=True)
class Limits:
    """What a child may use up; `None` is no limit.

    Args:
        memory: bytes of data of one process.
        cpu: seconds of processor time of one process.
        processes: how many processes.
        file_size: bytes of the largest file that it writes.
    """

    memory: int | None = None
    cpu: int | None = None
    processes: int | None = None
    file_size: int | None = None


@frozen(kw_only=True)
class Policy:
    """How a child is confined.

    Args:
        wish: `auto` takes the best level there is, `require` refuses less than `landlock`, `off` takes `environment`.
        directory: the working directory, absolute.
        writable: whether it may write there; governance files (`.git`, `.claude`, …) stay read-only all the same.
        state: files and folders of its own outside of the working directory that it must write, such as its home.
        governing: files and folders within `state` that decide what programs do later, such as settings with hooks;
            those that exist stay read-only.
        more: further folders that it may write, if the working directory is writable, and else read.
        readable: files and folders that it may read wherever they are.
        network: `open`, `proxy` or `none`.
        hosts: what the proxy lets through, as `name` or `name:port`; port 443 where none is said.
        nested: it confines its own tools with bubblewrap; as root it then gets no bubblewrap from us, since the inner
            one would fail.
        limits: what it may use up.
    """

    wish: Wish = "auto"
    directory: Path
    writable: bool = False
    state: tuple[Path, ...] = field(default=(), converter=_paths)
    governing: tuple[Path, ...] = field(default=(), converter=_paths)
    more: tuple[Path, ...] = field(default=(), converter=_paths)
    readable: tuple[Path, ...] = field(default=(), converter=_paths)
    network: Network = "open"
    hosts: frozenset[str] = frozenset()
    nested: bool = False
    limits: Limits = field(factory=Limits)
