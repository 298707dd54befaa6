"""Standard input: read to its end when somebody writes to it, and never waited for when nobody will."""

from __future__ import annotations

import os
import stat
import sys

from ..errors import InvalidQueryError

PATIENCE = 0.3
"""Seconds that a pipe is given to say something when there is a prompt without it."""

LIMIT = 64 * 2**20
"""Bytes of text that are accepted."""


def read_bytes(limit: int) -> bytes:
    """Standard input up to its end.

    Raises:
        InvalidQueryError: it is a terminal, closed, or has more than `limit` bytes.
    """
    descriptor = _descriptor()
    if descriptor is None:
        raise InvalidQueryError("Standard input is closed.", hint="Pipe something into claif.")
    if os.isatty(descriptor):
        raise InvalidQueryError("Standard input is a terminal.", hint="Pipe the file into claif: claif -a - … < FILE")
    return _read(descriptor, limit)


def read_text(*, optional: bool) -> tuple[str, bool]:
    """The text of standard input, and whether a pipe was left alone because nobody wrote to it.

    A terminal or a closed descriptor has no text. A file is read. So is a pipe or socket, to its end; but when the text
    is `optional`, because there is a prompt, one that stays silent for `PATIENCE` seconds is waited for only if a
    process of the same pipeline holds its other end. What cron, ssh, an editor or a service left open is not read.

    Raises:
        InvalidQueryError: it is not text, or more than `LIMIT` bytes.
    """
    descriptor = _descriptor()
    if descriptor is None or os.isatty(descriptor):
        return "", False
    if optional and _may_be_silent(descriptor):
        from .pipes import has_writer, speaks

        # Who wrote and ended while we looked for a writer has written all the same.
        if not speaks(descriptor, PATIENCE) and not has_writer(descriptor) and not speaks(descriptor, 0):
            return "", True
    return _decode(_read(descriptor, LIMIT)), False


def is_terminal() -> bool:
    """Whether a person could type, that is: whether nothing is piped in."""
    descriptor = _descriptor()
    return descriptor is None or os.isatty(descriptor)


def _descriptor() -> int | None:
    """The descriptor of standard input, if it is open."""
    try:
        descriptor = sys.stdin.fileno()
        os.fstat(descriptor)
    except (AttributeError, OSError, ValueError):
        return None
    return descriptor


def _may_be_silent(descriptor: int) -> bool:
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _read(descriptor: int, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := os.read(descriptor, 2**20):
        size += len(chunk)
        if size > limit:
            raise InvalidQueryError(
                f"Standard input has more than {limit // 2**20} MiB.", hint="Give it a shorter text or a smaller file."
            )
        chunks.append(chunk)
    return b"".join(chunks)


def _decode(data: bytes) -> str:
    """Text in UTF-8, or in UTF-16 with a byte order mark as some shells write it."""
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidQueryError(
            f"Standard input is not UTF-8 text: byte {error.start} is invalid.",
            hint="Convert it to UTF-8, or attach it as a file with -a -",
        ) from None
