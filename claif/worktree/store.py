"""Stores: folders for the objects of a checkout, so that the repository gets none."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .git import Git
    from .place import Place
    from .repository import Repository

_SHA256 = 64
"""Characters of an object's id of that kind."""


def private_git(repository: Repository, place: Place) -> Git:
    """Git that writes objects beside the checkout."""
    return repository.git.at(place.folder, GIT_OBJECT_DIRECTORY=place.folder / "objects")


def make_store(folder: Path, repository: Repository) -> None:
    """Make a folder for objects, which has those of the repository too."""
    info = folder / "objects" / "info"
    info.mkdir(parents=True)
    (info / "alternates").write_bytes(quoted(os.fsencode(repository.objects)) + b"\n")


def quoted(path: bytes) -> bytes:
    """A path as git reads it whatever is in it."""
    return (
        b'"'
        + b"".join([b"\\%03o" % each if each < ord(" ") or each in b'"\\' else b"%c" % each for each in path])
        + b'"'
    )


def make_bare(folder: Path, start: str, attributes: str = "") -> None:
    """Make an empty repository, anew if it is there.

    Args:
        folder: where it is.
        start: an id of the kind that its objects have.
        attributes: all that it has, as lines of `info/attributes`.
    """
    for name in ("objects", "refs", "info"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
    (folder / "info" / "attributes").write_text(attributes, encoding="ascii")
    kind = "1\n[extensions]\n\tobjectFormat = sha256\n" if len(start) == _SHA256 else "0\n"
    (folder / "config").write_text(f"[core]\n\tbare = true\n\trepositoryFormatVersion = {kind}", encoding="ascii")
