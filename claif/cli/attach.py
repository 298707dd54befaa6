"""Attachments: a path, `-` for standard input, or a URL that is handed over and never fetched."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from ..errors import InvalidQueryError
from . import mime, stdin

if TYPE_CHECKING:
    from ..models import FileBlock, ImageBlock, TextBlock

LIMIT = 20 * 2**20
"""Bytes of one attachment that are accepted."""

PIXELS = 50_000_000
"""Pixels of an image that are accepted: a small file can unpack to gigabytes at the provider's."""

_URL = re.compile(r"https?://[^\s/]\S*", re.IGNORECASE)


def load_attachment(source: str) -> ImageBlock | FileBlock:
    """The content block of an attachment.

    Raises:
        InvalidQueryError: it cannot be read, is empty, or is too large.
    """
    if _URL.fullmatch(source):
        return _remote(source)
    if source == "-":
        return _block(stdin.read_bytes(LIMIT), "")
    return _block(_read(source), os.path.basename(source))


def load_file(path: str) -> ImageBlock | FileBlock | TextBlock:
    """The content block of a file: its text if it is text, else what `load_attachment` makes of it.

    Raises:
        InvalidQueryError: it cannot be read, is empty, or is too large.
    """
    from ..models import TextBlock

    data = _read(path)
    if data and mime.is_text(data):
        return TextBlock(data.decode("utf-8-sig"))
    return _block(data, os.path.basename(path))


def _remote(url: str) -> ImageBlock | FileBlock:
    from ..models import FileBlock, ImageBlock

    path = url.partition("?")[0].partition("#")[0]
    name = path.rpartition("/")[2]
    # A picture is what people link to most, and a URL often has no suffix.
    mime_type = mime.guess(name, "image/*")
    if mime_type.startswith("image/"):
        return ImageBlock(mime_type=mime_type, url=url)
    return FileBlock(mime_type=mime_type, name=name or None, url=url)


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            data = file.read(LIMIT + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidQueryError(
            f"The attachment {path[:200]!r} cannot be read: {reason}.", hint="Check the path and its permissions."
        ) from None
    if len(data) > LIMIT:
        raise InvalidQueryError(
            f"The attachment {path[:200]!r} has more than {LIMIT // 2**20} MiB.",
            hint="Attach a smaller file, or a part of it.",
        )
    return data


def _block(data: bytes, name: str) -> ImageBlock | FileBlock:
    from ..models import FileBlock, ImageBlock

    what = f"attachment {name!r}" if name else "attachment from standard input"
    if not data:
        raise InvalidQueryError(f"The {what} is empty.", hint="Check that it is the right file.")
    mime_type = mime.sniff(data, name)
    if not mime_type.startswith("image/"):
        return FileBlock(data, mime_type, name or None)
    width, height = mime.image_size(data) or (0, 0)
    if width * height > PIXELS:
        raise InvalidQueryError(
            f"The {what} is an image of {width} x {height} pixels.",
            hint=f"Attach one of at most {PIXELS // 1_000_000} million pixels.",
        )
    return ImageBlock(data, mime_type)
