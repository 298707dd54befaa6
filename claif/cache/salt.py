"""The salt: without it nobody can tell what a key stands for, find a row, or make one that is taken for true."""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import TYPE_CHECKING

from ..config.files import folder_lock, make_private_folder, read_text, write_private
from ..config.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "cache.salt"
_BYTES = 32


def salt_of(home: Path, configured: Secret | None) -> bytes:
    """The salt that is configured, else that of Claif's folder, which is made when it is first needed; it blocks.

    Raises:
        InvalidConfigError: the file is not the user's alone.
        ConfigurationError: it cannot be written.
    """
    if configured is not None:
        return sha256(b"claif.cache\0" + configured.reveal().encode("utf-8", "surrogatepass")).digest()
    path = home / FILE_NAME
    if (found := read_text(path, secret=True)) is None:
        make_private_folder(home)
        with folder_lock(home):
            if (found := read_text(path, secret=True)) is None:
                write_private(path, secrets.token_hex(_BYTES) + "\n")
                found = read_text(path, secret=True)
    text = Secret("" if found is None else found.text.strip())
    return sha256(b"claif.cache\0" + text.reveal().encode("utf-8", "surrogatepass")).digest()
