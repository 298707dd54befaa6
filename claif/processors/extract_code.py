"""`extract-code`: makes the code in the answer the answer, for programs that want nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import frozen

from ..hookspecs import hookimpl
from ..models import Message, Role
from ..models.fences import code_blocks

if TYPE_CHECKING:
    from ..config import Config


@frozen(kw_only=True)
class Settings:
    """The table `[processors.extract-code]`.

    Args:
        blocks: `first` is the first fenced block of a message, `all` is all of them, with blank lines between.
    """

    blocks: Literal["first", "all"] = "first"


@hookimpl(trylast=True)
def claif_process_message(message: Message, config: Config) -> Message:
    """Replace the text by its code; a message without any stays as it is. All blocks are kept in the metadata."""
    blocks = code_blocks(message) if message.role is Role.ASSISTANT else []
    if not blocks:
        return message
    wanted = blocks if config.processor("extract-code", Settings).blocks == "all" else blocks[:1]
    text = "\n".join([block.code for block in wanted])
    return message.replace_text(text).with_metadata(code_blocks=[block.to_dict() for block in blocks])
