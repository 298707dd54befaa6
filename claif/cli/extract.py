"""The first fenced code block of an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ClaifError
from ..models.fences import code_blocks

if TYPE_CHECKING:
    from ..models import Message


def first_code_block(*sources: str | Message) -> str:
    """The code of the first fenced block of these texts or messages, ending with a newline.

    Raises:
        ClaifError: there is none.
    """
    for source in sources:
        for block in code_blocks(source):
            return block.code
    raise ClaifError("The answer has no fenced code block.", hint="See the whole answer by leaving out -x.")
