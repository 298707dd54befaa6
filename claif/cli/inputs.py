"""What the user gave, as messages: words, standard input, attachments, system prompt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import InvalidQueryError
from . import stdin
from .attach import load_attachment

if TYPE_CHECKING:
    from ..models import ContentBlock, Message

SILENT_STDIN = "Standard input is a pipe that nobody writes to; it is not read. < /dev/null spares the wait."


def build_messages(
    words: Sequence[str], *, system: str | None = None, attachments: Sequence[str] = (), piped: bool = True
) -> tuple[tuple[Message, ...], list[str]]:
    """The messages of a query, and remarks for the user.

    The text of standard input comes first and the prompt after it, with a blank line between: what to do with a long
    text is best said at its end. When an attachment is `-`, standard input is that attachment.

    Args:
        words: the prompt; several words are joined by spaces.
        system: the system prompt.
        attachments: paths, URLs, or `-`.
        piped: read standard input, if something is piped in.

    Raises:
        InvalidQueryError: nothing is asked, or something cannot be read.
    """
    from ..models import Message, TextBlock

    if attachments.count("-") > 1:
        raise InvalidQueryError("Standard input can be attached only once.", hint="Give one -a - only.")
    prompt = " ".join(words)
    remarks: list[str] = []
    if piped and "-" not in attachments:
        text, silent = stdin.read_text(optional=bool(prompt.strip() or attachments))
        prompt = join_prompt(text, prompt)
        if silent:
            remarks.append(SILENT_STDIN)
    if not prompt.strip() and not attachments:
        raise InvalidQueryError("The prompt is empty.", hint='Say what you want to know: claif "…"')
    blocks: list[ContentBlock] = [load_attachment(source) for source in attachments]
    if prompt.strip():
        blocks.append(TextBlock(prompt))
    messages = (Message.user(blocks),)
    return ((Message.system(system), *messages) if system else messages), remarks


def join_prompt(piped: str, prompt: str) -> str:
    """Standard input, a blank line, the prompt; one of them alone when the other is blank."""
    if not piped.strip():
        return prompt
    return f"{piped.rstrip()}\n\n{prompt}" if prompt.strip() else piped
