"""Rows as a memcached keeps them: whole, or in chunks that a manifest names."""

from __future__ import annotations

from attrs import frozen

CHUNK = 900_000
"""Bytes; an item may have 1 MB (`memcached -I`), with its key and what the server adds."""
MOST_CHUNKS = 256
TOKEN = 16
"""Characters of the random texts that tell generations apart."""
_WHOLE = b"claif1 whole "
_CHUNKS = b"claif1 parts "


@frozen
class Manifest:
    """What says which chunks a row is made of.

    Args:
        generation: tells the chunks of this row from those of what was there before.
        count: how many there are.
        size: their bytes.
    """

    generation: str
    count: int
    size: int


def whole(row: bytes, space: bytes) -> bytes:
    """What is kept of a row that fits into an item.

    Args:
        row: the row.
        space: the token of the name space for which it counts.
    """
    return _WHOLE + space + row


def split(row: bytes) -> list[bytes]:
    """The chunks of a row that does not."""
    return [row[start : start + CHUNK] for start in range(0, len(row), CHUNK)]


def manifest(space: bytes, generation: str, count: int, size: int) -> bytes:
    """What is kept in the row's own place then."""
    return _CHUNKS + space + f"{generation} {count} {size}".encode()


def read(kept: bytes, space: bytes) -> bytes | Manifest | None:
    """A row, or how it is found; `None` if this is none of ours, or was forgotten together with all others."""
    start = len(_WHOLE)
    if kept[start : start + TOKEN] != space or len(space) != TOKEN:
        return None
    rest = kept[start + TOKEN :]
    if kept.startswith(_WHOLE):
        return rest
    words = rest[:100].decode("ascii", "replace").split(" ")
    if not kept.startswith(_CHUNKS) or len(words) != len(("generation", "count", "size")):
        return None
    generation, count, size = words
    if not (count.isdigit() and size.isdigit() and len(generation) == TOKEN and 0 < int(count) <= MOST_CHUNKS):
        return None
    return Manifest(generation, int(count), int(size))
