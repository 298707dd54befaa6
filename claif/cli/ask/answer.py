"""What was typed as an answer: a key, or a word and Enter."""

from __future__ import annotations

import re
from typing import Literal

Answer = Literal["yes", "no", "always", "more", "unknown"]

_WORDS: dict[str, Answer] = {
    **dict.fromkeys(("y", "yes"), "yes"),
    **dict.fromkeys(("n", "no", ""), "no"),
    **dict.fromkeys(("a", "always"), "always"),
    **dict.fromkeys(("m", "more"), "more"),
}

_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O[ -~]|[^\[O])")
"""A key that is no character, such as an arrow."""
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|O)?$")
_END = re.compile(r"\r|\x04")
"""Enter, and the end of input (Ctrl-D), which ends a word too."""


def edited(typed: str) -> str:
    """What is typed once the keys that erase, and those that are no characters, have done their work."""
    text = _END.sub("\n", _UNFINISHED.sub("", _SEQUENCE.sub("", typed)))
    kept: list[str] = []
    for character in text:
        if character in "\x15\x17":  # Ctrl-U and Ctrl-W
            while kept and kept[-1] != "\n":
                kept.pop()
        elif character not in "\x7f\b":
            kept.append(character)
        elif kept and kept[-1] != "\n":
            kept.pop()
    return "".join(kept)


def answer(line: str, *, complete: bool) -> Answer | None:
    """What the line means; `None` as long as it may become a word.

    A single key counts at once if nothing follows it, a word when Enter ends it. Enter alone is no.

    Args:
        line: what is typed.
        complete: whether nothing has followed for a while.
    """
    word, enter, _ = line.partition("\n")
    if enter or (complete and len(word) == 1):
        return _WORDS.get(word.strip().lower(), "unknown")
    return None
