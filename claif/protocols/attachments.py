"""Attachments as most protocols carry them: bytes as a `data:` URL, text as text."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from ..errors import InvalidQueryError

if TYPE_CHECKING:
    from ..models import FileBlock, ImageBlock


def data_url(block: ImageBlock | FileBlock) -> str:
    """The bytes of an attachment as a `data:` URL."""
    return f"data:{block.mime_type};base64,{b64encode(block.data).decode('ascii')}"


def text_of_file(block: FileBlock) -> str | None:
    """A file of text as a piece of a message, under its name; `None` if it is of another kind.

    Servers differ in the files that they read, and most read only PDFs.

    Raises:
        InvalidQueryError: it says that it is text, and is not UTF-8.
    """
    if not block.mime_type.startswith("text/"):
        return None
    try:
        text = block.data.decode()
    except UnicodeDecodeError:
        raise InvalidQueryError(
            f"The attachment {block.name or ''} is not valid UTF-8.", hint="Convert it to UTF-8."
        ) from None
    return f"{block.name}:\n\n{text}\n\n" if block.name else f"{text}\n\n"
