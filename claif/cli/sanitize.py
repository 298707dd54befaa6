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

_SUSPECT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_GONE = re.compile(
    # Controls and what reorders or hides text, by themselves.
    "[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x8f\x91-\x97\x99\x9a\x9c\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]+"
    # Sequences: how each begins, what it may have in it, and its end.
    f"|(?P<csi>\x1b++\\[|\x9b++)[ -?]{{0,{LONGEST - 1}}}+([ -~])?"
    f"|(?P<string>\x1b++[]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x18\x1a\x1b\n\x9c]{{0,{LONGEST}}}+([\x07\x18\x1a\x9c])?"
    f"|(?P<escape>\x1b++)[ -/]{{0,{LONGEST - 1}}}+([ -~])?"
)
"""What goes. The kind of a sequence is the last group of its match if it has not come to its end."""
_BEGUN = {"csi": "\x1b[", "string": "\x1b]", "escape": "\x1b"}
"""How each kind of sequence can begin."""


class Sanitizer:
    """Sanitises one text that comes in chunks."""

    __slots__ = ("_after_return", "_begun", "_length")

    def __init__(self) -> None:
        self._begun = ""
        self._length = 0
        self._after_return = False

    def feed(self, chunk: str) -> str:
        """What may be shown of this chunk."""
        if not self._begun and not self._after_return and _SUSPECT.search(chunk) is None:
            return chunk
        text = self._begun + self._newlines(chunk)
        position = self._continue(text) if self._length else 0
        shown: list[str] = []
        found: re.Match[str] | None = None
        for found in _GONE.finditer(text, position):
            shown.append(text[position : found.start()])
            position = found.end()
        shown.append(text[position:])
        if found is not None:
            self._begin(found)
        return "".join(shown)

    def _newlines(self, chunk: str) -> str:
        """The chunk with newlines where carriage returns were."""
        if not chunk:
            return chunk
        start = int(self._after_return and chunk[0] == "\n")
        self._after_return = chunk[-1] == "\r"
        return chunk[start:].replace("\r\n", "\n").replace("\r", "\n")

    def _begin(self, last: re.Match[str]) -> None:
        """Keep in mind that the last sequence goes on in the next chunk, if it does."""
        kind = last.lastgroup
        self._begun, self._length = "", 0
        if kind is not None and last.end() == len(last.string):
            length = last.end() - last.end(kind)
            if length < LONGEST:
                self._begun, self._length = _BEGUN[kind], length
                if kind == "escape" and length:
                    self._begun += " "  # what follows is no beginning any more

    def _continue(self, text: str) -> int:
        """Where the sequence that has gone on for some chunks ends; where the text ends, if it does not."""
        limit = len(self._begun) + LONGEST - self._length
        found = _GONE.match(text, 0, limit)
        assert found is not None  # noqa: S101 - what has begun it stands before it
        if found.lastgroup is not None and found.end() == len(text) < limit:
            self._length += len(text) - len(self._begun)
        else:
            self._begun, self._length = "", 0
        return found.end()


def sanitize(text: str) -> str:
    """A whole text, made harmless."""
    return Sanitizer().feed(text)


def one_line(text: str, limit: int = 2000) -> str:
    """A text made harmless and put on one line, for messages; cut at `limit` characters."""
    line = " ".join(sanitize(text[: 4 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
