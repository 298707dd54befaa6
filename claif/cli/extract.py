"""The first fenced code block of an answer."""

from __future__ import annotations

import re

from ..errors import ClaifError

_FENCE = re.compile(r"(?P<indent>[ \t]*)(?P<marks>`{3,}|~{3,})(?P<info>.*)")


def first_code_block(text: str) -> str:
    """The code inside the first fence, ending with a newline; up to the end of the text when the fence is never closed.

    Raises:
        ClaifError: there is none.
    """
    code: list[str] | None = None
    indent = marks = ""
    for line in text.replace("\r\n", "\n").split("\n"):
        fence = _FENCE.fullmatch(line)
        if code is None:
            if fence and not (fence["marks"][0] == "`" and "`" in fence["info"]):
                code, indent, marks = [], fence["indent"], fence["marks"]
        elif fence and not fence["info"].strip() and fence["marks"].startswith(marks):
            break
        else:
            code.append(_dedent(line, indent))
    if code is None:
        raise ClaifError("The answer has no fenced code block.", hint="See the whole answer by leaving out -x.")
    return "".join(f"{line}\n" for line in code)


def _dedent(line: str, indent: str) -> str:
    """The line without as much leading white space as the fence has."""
    depth = 0
    while depth < len(indent) and depth < len(line) and line[depth] in " \t":
        depth += 1
    return line[depth:]
