"""From messages to the contents of a request: who says what, in parts; pure."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from typing import Any

from attrs import define, field

from ...errors import InvalidQueryError
from ...models import (
    ContentBlock,
    FileBlock,
    ImageBlock,
    Message,
    Role,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
)
from ..attachments import text_of_file
from .calls import call_part, result_part
from .signatures import read_signature

Part = dict[str, Any]

NO_TYPE = "application/octet-stream"
"""Says nothing: what is at a URL has its type there."""


def system_text(messages: Iterable[Message]) -> str:
    """The texts of all system messages, joined by blank lines; the API has one place for them, before all else.

    Raises:
        InvalidQueryError: there is something else than text in them.
    """
    said = [message for message in messages if message.role is Role.SYSTEM]
    for block in (block for message in said for block in message.content):
        if not isinstance(block, TextBlock):
            raise _no_form(block, Role.SYSTEM)
    return "\n\n".join([message.text for message in said if message.text])


def contents_of(messages: Iterable[Message]) -> list[dict[str, Any]]:
    """The conversation without its system messages.

    1. What the model has said in messages one after another is one content, and so are the results of tools: the API
       wants the results of all calls of an answer together.
    2. The results stand in the order of the calls, since not every call has an id to be found by.
    3. A thought goes back only as far as this API has signed it; see `signatures`.

    Raises:
        InvalidQueryError: a block has no form in this protocol.
    """
    conversation = _Conversation()
    for message in messages:
        if message.role is not Role.SYSTEM:
            conversation.add(message)
    return [turn.content() for turn in conversation.turns]


@define
class _Turn:
    """What becomes one content; each result has the number of its call."""

    role: str
    parts: list[Part] = field(factory=list)
    results: list[tuple[int, Part]] = field(factory=list)

    def content(self) -> dict[str, Any]:
        in_order = sorted(self.results, key=lambda result: result[0])
        return {"role": self.role, "parts": [*self.parts, *[part for _, part in in_order]]}


class _Conversation:
    """The turns so far, and the calls to which results may still come."""

    def __init__(self) -> None:
        self.turns: list[_Turn] = []
        self._calls: dict[str, tuple[int, str]] = {}

    def add(self, message: Message) -> None:
        results = [self._result(block) for block in message.content if isinstance(block, ToolResultBlock)]
        others = [block for block in message.content if not isinstance(block, ToolResultBlock)]
        if message.role is Role.ASSISTANT:
            self._remember(others)
            self._add_model(model_parts(others))
            self._add_results(results)
            return
        if message.role is Role.TOOL and any(not isinstance(block, ThinkingBlock) for block in others):
            raise InvalidQueryError("A message of a tool may contain tool results only.")
        self._add_results(results)
        if parts := [part for block in others if (part := _user_part(block)) is not None]:
            self.turns.append(_Turn("user", parts))

    def _remember(self, blocks: Iterable[ContentBlock]) -> None:
        for block in blocks:
            if isinstance(block, ToolUseBlock):
                self._calls[block.id] = (len(self._calls), block.tool_name)

    def _add_model(self, parts: list[Part]) -> None:
        if parts and self.turns and self.turns[-1].role == "model":
            self.turns[-1].parts += parts
        elif parts:
            self.turns.append(_Turn("model", parts))

    def _add_results(self, results: list[tuple[int, Part]]) -> None:
        if results and self.turns and self.turns[-1].results:
            self.turns[-1].results += results
        elif results:
            self.turns.append(_Turn("user", results=results))

    def _result(self, block: ToolResultBlock) -> tuple[int, Part]:
        if block.tool_use_id not in self._calls:
            raise InvalidQueryError(
                f"There is a result for the tool call {block.tool_use_id[:100]!r}, and no such call before it.",
                hint="Leave the message in which the model called the tool in the conversation.",
            )
        number, name = self._calls[block.tool_use_id]
        return number, result_part(block, name)


def model_parts(blocks: Iterable[ContentBlock]) -> list[Part]:
    """What the model has said, each signature on the part that it came with.

    Raises:
        InvalidQueryError: a block has no form in this protocol.
    """
    parts: list[Part] = []
    waiting: str | None = None
    for block in blocks:
        if isinstance(block, ThinkingBlock):
            match read_signature(block.signature):
                case ("next", signature):
                    waiting = signature
                case ("own", signature):
                    parts.append({"text": block.text, "thought": True, "thoughtSignature": signature})
                case ("empty", signature):
                    parts.append({"text": "", "thoughtSignature": signature})
            continue
        part = call_part(block) if isinstance(block, ToolUseBlock) else _part(block, Role.ASSISTANT)
        if part is not None:
            parts.append(part if waiting is None else {**part, "thoughtSignature": waiting})
            waiting = None
    return parts


def _user_part(block: ContentBlock) -> Part | None:
    return None if isinstance(block, ThinkingBlock) else _part(block, Role.USER)


def _part(block: ContentBlock, role: Role) -> Part | None:
    """The part; `None` for an empty text, which the API refuses."""
    if isinstance(block, TextBlock):
        return {"text": block.text} if block.text else None
    if isinstance(block, FileBlock) and block.url is None and (text := text_of_file(block)) is not None:
        return {"text": text}
    if isinstance(block, ImageBlock | FileBlock):
        return _media(block)
    raise _no_form(block, role)


def _media(block: ImageBlock | FileBlock) -> Part:
    if block.url is None:
        return {"inlineData": {"mimeType": block.mime_type, "data": b64encode(block.data).decode("ascii")}}
    kind = {} if block.mime_type == NO_TYPE else {"mimeType": block.mime_type}
    return {"fileData": {**kind, "fileUri": block.url}}


def _no_form(block: ContentBlock, role: Role) -> InvalidQueryError:
    return InvalidQueryError(
        f"A {type(block).__name__} in a message of the role {role.value} has no form in the Gemini API.",
        hint="Remove the block from the message.",
    )
