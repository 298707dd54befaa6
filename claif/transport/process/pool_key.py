"""Keys of warm processes: what two queries must have in common to be served by the same process."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from attrs import fields

from ...config.secret import Secret
from .environment import inherited

if TYPE_CHECKING:
    from ..sandbox.policy import Policy
    from .command import Command


class PoolKey(NamedTuple):
    """What a process must have been started for to be of use.

    Args:
        owner: name of the provider.
        what: all that it depends on, as a hash, so that no key holds a secret; the same in every process of Claif.
    """

    owner: str
    what: bytes = b""


def pool_key(owner: str, *parts: object) -> PoolKey:
    """A key that tells apart whatever differs in its parts, by their `repr`."""
    return PoolKey(owner, hashlib.blake2b(repr(parts).encode(errors="surrogateescape"), digest_size=32).digest())


def command_key(owner: str, command: Command, policy: Policy, *more: object) -> PoolKey:
    """The key of a process that is started by a command.

    Args:
        owner: name of the provider.
        command: what is run. Another program at the same path, or another directory, is another one.
        policy: how it is confined.
        more: what else it depends on.
    """
    variables = sorted((name, _plain(value)) for name, value in command.environment.items())
    confinement = [(field.name, _sorted(getattr(policy, field.name))) for field in fields(type(policy))]
    places = [*map(file_identity, command.files), _place(command.directory)]
    ours = sorted(inherited(os.environ).items())
    return pool_key(owner, places, command.arguments, variables, ours, confinement, more)


def file_identity(path: Path) -> tuple[object, ...]:
    """What tells a file from another one that takes its place later."""
    try:
        found = path.stat()
    except OSError:
        return (str(path),)
    return (str(path), found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _place(directory: Path) -> tuple[object, ...]:
    return file_identity(directory)[:3]


def _plain(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


def _sorted(value: object) -> object:
    """Sets have another order in every process."""
    return sorted(value) if isinstance(value, frozenset) else value
