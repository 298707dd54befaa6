"""Keys of warm processes: what two queries must have in common to be served by the same process."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Hashable
from typing import TYPE_CHECKING

from ..config.secret import Secret

if TYPE_CHECKING:
    from ..transport.process.command import Command
    from ..transport.sandbox.policy import Policy

_SALT = os.urandom(16)


def fingerprint(provider: str, command: Command, policy: Policy, more: Hashable = None) -> bytes:
    """A key that tells apart whatever differs in program, arguments, variables, directory or confinement.

    Secrets go into it as a hash with a salt of this process, so that no key of the pool holds one.
    """
    variables = sorted((name, _plain(value)) for name, value in command.environment.items())
    files = tuple(map(str, command.files))
    parts = (provider, files, command.arguments, variables, str(command.directory), policy, more)
    return hashlib.blake2b(repr(parts).encode(errors="surrogateescape"), key=_SALT).digest()


def _plain(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value
