r"""Neutralises what could drive a terminal: escape sequences, controls, overwriting, bidi overrides, tag characters.

What goes, and what stays:

1. C0 controls and DEL go, but tab and newline stay; a carriage return becomes a newline, and so does `\r\n`.
2. ESC starts a sequence. `ESC [` is a CSI, `ESC ] P X ^ _` begin a string (OSC, DCS, SOS, PM, APC), anything else ends
   with its final character. C1 characters start the same sequences in one character. The whole sequence goes.
3. A sequence that is broken off by a character that cannot belong to it ends there, and that character is text again.
   So does a string at a newline or after `LONGEST` characters: a sequence that never ends must not swallow an answer.
4. Bidi embeddings, overrides and isolates go, and so do the tag characters of plane 14. Joiners and bidi marks stay:
   writing systems and emoji need them, and they reorder nothing by force.

The state outlives a chunk: where a text is cut makes no difference.
"""

from __future__ import annotations

import re

LONGEST = 4096
"""Characters of a sequence after which it counts as broken off."""

_SUSPECT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x8f\x91-\x97\x99\x9a\x9c\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]+"
    "|\x1b+|\x9b+|[\r\x90\x98\x9d-\x9f]"
)
_STRING_END = re.compile("[\x07\x18\x1a\x1b\n\r\x9c]")

_TEXT, _ESCAPE, _CSI, _STRING = range(4)
_STRING_STARTS = frozenset("]PX^_")
_C1_STATES = {"\x9b": _CSI, "\x9d": _STRING, "\x90": _STRING, "\x98": _STRING, "\x9e": _STRING, "\x9f": _STRING}


class Sanitizer:
    """Sanitises one text that comes in chunks."""

    __slots__ = ("_after_return", "_length", "_state")

    def __init__(self) -> None:
        self._state = _TEXT
        self._length = 0
        self._after_return = False

    def feed(self, chunk: str) -> str:
        """What may be shown of this chunk."""
        if self._state == _TEXT and not self._after_return and _SUSPECT.search(chunk) is None:
            return chunk
        shown: list[str] = []
        position, end = 0, len(chunk)
        while position < end:
            if self._state == _TEXT:
                position = self._text(chunk, position, shown)
            elif self._state == _STRING:
                position = self._string(chunk, position)
            else:
                position = self._sequence(chunk, position)
        return "".join(shown)

    def _enter(self, state: int) -> None:
        self._state = state
        self._length = 0

    def _text(self, chunk: str, position: int, shown: list[str]) -> int:
        """Pass text on up to and with the next suspect; the position after it."""
        if self._after_return:
            self._after_return = False
            if chunk[position] == "\n":
                return position + 1
        found = _SUSPECT.search(chunk, position)
        if found is None:
            shown.append(chunk[position:])
            return len(chunk)
        shown.append(chunk[position : found.start()])
        suspect = found.group()[0]
        if suspect == "\x1b":
            self._enter(_ESCAPE)
        elif suspect == "\r":
            shown.append("\n")
            self._after_return = True
        else:
            self._enter(_C1_STATES.get(suspect, _TEXT))
        return found.end()

    def _sequence(self, chunk: str, position: int) -> int:
        """Swallow one character of an escape sequence or a CSI; the position of what comes next."""
        character = chunk[position]
        self._length += 1
        if self._state == _ESCAPE and self._length == 1 and character == "[":
            self._enter(_CSI)
        elif self._state == _ESCAPE and self._length == 1 and character in _STRING_STARTS:
            self._enter(_STRING)
        elif " " <= character < ("0" if self._state == _ESCAPE else "@") and self._length < LONGEST:
            pass
        else:
            self._enter(_TEXT)
            if not " " <= character <= "~":
                return position
        return position + 1

    def _string(self, chunk: str, position: int) -> int:
        """Swallow the characters of a string up to its end; the position of what comes next."""
        limit = position + LONGEST - self._length
        found = _STRING_END.search(chunk, position, limit)
        if found is None:
            stop = min(limit, len(chunk))
            self._length += stop - position
            if stop == limit:
                self._enter(_TEXT)
            return stop
        if found.group() == "\x1b":
            self._enter(_ESCAPE)
            return found.end()
        self._enter(_TEXT)
        return found.start() if found.group() in "\n\r" else found.end()


def sanitize(text: str) -> str:
    """A whole text, made harmless."""
    return Sanitizer().feed(text)


def one_line(text: str, limit: int = 2000) -> str:
    """A text made harmless and put on one line, for messages; cut at `limit` characters."""
    line = " ".join(sanitize(text[: 4 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
