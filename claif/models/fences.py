"""Fenced blocks of code in Markdown: the one parser of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from .message import Message

EXTRACTED = "code_blocks"
"""The metadata of a message whose text is no longer the Markdown that the model wrote: the blocks that were in it."""

_FENCE = re.compile(r"(?P<indent>[ \t]*)(?P<marks>`{3,}+|~{3,}+)(?P<info>.*)")


@frozen
class CodeBlock:
    """A fenced block of code.

    Args:
        code: what is between the fences, without their indentation; each line ends with a newline.
        info: what follows the opening fence, such as `python`.
        closed: whether the closing fence came.
    """

    code: str
    info: str = ""
    closed: bool = True

    @property
    def language(self) -> str:
        """The first word of the info; empty if there is none."""
        return next(iter(self.info.split()), "")

    def to_dict(self) -> dict[str, Any]:
        """The block as JSON data."""
        return {"code": self.code, "info": self.info, "closed": self.closed}


def code_blocks(source: str | Message) -> list[CodeBlock]:
    """The fenced blocks of a Markdown text, or of a message, in their order.

    A block that is never closed ends with the text. Blocks that `extract-code` found in a message are in its metadata.
    """
    if isinstance(source, Message):
        extracted = source.metadata.get(EXTRACTED)
        if isinstance(extracted, list | tuple):
            return [_block(item) for item in extracted if isinstance(item, Mapping)]
        source = source.text
    blocks: list[CodeBlock] = []
    code: list[str] | None = None
    indent = marks = info = ""
    for line in source.replace("\r\n", "\n").split("\n"):
        fence = _FENCE.fullmatch(line)
        if code is None:
            if fence and not (fence["marks"][0] == "`" and "`" in fence["info"]):
                code, indent, marks, info = [], fence["indent"], fence["marks"], fence["info"].strip()
        elif fence and not fence["info"].strip() and fence["marks"].startswith(marks):
            blocks.append(CodeBlock("".join(code), info))
            code = None
        else:
            code.append(f"{_dedent(line, indent)}\n")
    if code is not None:
        blocks.append(CodeBlock("".join(code), info, closed=False))
    return blocks


def _block(item: Mapping[str, Any]) -> CodeBlock:
    return CodeBlock(str(item.get("code", "")), str(item.get("info", "")), closed=item.get("closed") is not False)


def _dedent(line: str, indent: str) -> str:
    """The line without as much leading white space as the fence has."""
    depth = 0
    while depth < len(indent) and depth < len(line) and line[depth] in " \t":
        depth += 1
    return line[depth:]
