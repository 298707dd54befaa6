"""A conversation that is passed by its messages, as one message of the user: agents take no other."""

from __future__ import annotations

from ..errors import InvalidQueryError
from ..models import (
    ContentBlock,
    FileBlock,
    ImageBlock,
    Message,
    Query,
    Role,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
)

_SPEAKERS = {Role.USER: "User", Role.ASSISTANT: "Assistant", Role.TOOL: "Tool"}


def agent_messages(query: Query) -> list[ContentBlock]:
    """The blocks of the last message; what was said before stands in front of it as a text, with its attachments.

    System messages are left out: `query.system` has them.

    Raises:
        InvalidQueryError: the last message is not the user's.
    """
    messages = [message for message in query.messages if message.role is not Role.SYSTEM]
    if not messages or messages[-1].role is not Role.USER:
        raise InvalidQueryError("An agent answers the user, so the last message has to be the user's.")
    *before, last = messages
    if not before:
        return list(last.content)
    said = [f"{_SPEAKERS[message.role]}: {_plain(message)}" for message in before]
    attached = [block for message in before for block in message.content if isinstance(block, ImageBlock | FileBlock)]
    return [TextBlock("\n\n".join(["What was said before:", *said])), *attached, *last.content]


def file_text(block: FileBlock, agent: str) -> str:
    """A text file as a part of the prompt.

    Args:
        block: the file.
        agent: how the agent is called in messages.

    Raises:
        InvalidQueryError: it is no text, or only a URL.
    """
    name = block.name or "attached"
    if block.url is not None:
        raise InvalidQueryError(f"{agent} takes no attachment by URL.", hint="Attach the file itself.")
    try:
        return f"The file {name}:\n\n{block.data.decode()}"
    except UnicodeDecodeError:
        raise InvalidQueryError(
            f"{agent} cannot be given the file {name}: it is no text.", hint="Let the agent read it by its path."
        ) from None


def _plain(message: Message) -> str:
    parts = []
    for block in message.content:
        if isinstance(block, TextBlock):
            parts.append(block.text)
        elif isinstance(block, ToolUseBlock):
            parts.append(f"[called {block.tool_name}]")
        elif isinstance(block, ToolResultBlock):
            parts.append(block.content)
    return "\n".join(parts)
