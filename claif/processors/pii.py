"""Finds personal data in a text: addresses, numbers and accounts that name a person.

Whether something begins at a place depends only on the two characters before it and on the `LONGEST` after it. That is
why a text can be looked at while it comes: `undecided` tells from where on more text may change what is found.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import groupby
from typing import NamedTuple

from .pii_forms import AT_GROUP, AT_WORD, FORMS, HEX, LOCAL, NUMBER, SEPARATOR, Form

LONGEST = 605
"""Characters; the longest address that is found. Without an `@` it is `LONGEST_NUMBER`."""
LONGEST_NUMBER = 64
_FEW = 16

_LOCAL_PART = re.compile(rf"{AT_WORD}[^\W_]{LOCAL}{{0,63}}+\Z")
_HOST = re.compile(r"[\w.\-\u0300-\u036f]{0,540}+\Z")
_UNDECIDED = re.compile(
    rf"(?:{AT_WORD}(?:[^\W_]{LOCAL}{{0,63}}+"
    rf"|[A-Za-z]{{2}}\d\d(?:{SEPARATOR}?[A-Za-z0-9]){{0,29}}+{SEPARATOR}?)"
    rf"|{AT_GROUP}{HEX}{{1,46}}+"
    rf"|[+(\d](?<!\d.){NUMBER}{{0,63}}+)\Z"
)
"""What may become something, or more than it is, when more text comes; but an address with an `@`."""
_NUMERIC = re.compile(r"[\d+(]")
"""One of these is among the first three characters of whatever may have a space in it."""


class Found(NamedTuple):
    """Something personal: where it begins and ends, and what it is."""

    start: int
    end: int
    kind: str


class Finder:
    """Finds some of the kinds: all their forms at once, and one by one only what can begin at the same place.

    Args:
        kinds: what is found.
        addresses: whether there can be an e-mail address; looking for one takes the most time.
    """

    def __init__(self, kinds: tuple[str, ...], *, addresses: bool = True) -> None:
        self._forms: dict[str, tuple[Form, list[tuple[re.Pattern[str], Form]]]] = {}
        wanted = [form for form in FORMS if form.kind in kinds and (addresses or form.kind != "email")]
        places = []
        for before, alike in groupby(wanted, lambda form: form.before):
            patterns = []
            group = [(re.compile(form.pattern), form) for form in alike]
            for place, (_, form) in enumerate(group, 1):
                name = f"form{len(self._forms)}"
                self._forms[name] = form, group[place:]
                patterns.append(f"{form.pattern}(?P<{name}>)")
            places.append(f"{before}(?:{'|'.join(patterns)})")
        self._any = re.compile("|".join(places) or "(?!)")

    def find(self, text: str, begin: int, end: int) -> Found | None:
        """The first that begins at or after `begin` and before `end`."""
        while (match := self._first(text, begin, end)) is not None:
            begin = match.start() + 1
            form, later = self._forms[match.lastgroup or ""]
            if length := form.length(match):
                return Found(match.start(), match.start() + length, form.kind)
            for pattern, form in later:
                other = pattern.match(text, match.start())
                if other is not None and (length := form.length(other)):
                    return Found(other.start(), other.start() + length, form.kind)
        return None

    def _first(self, text: str, begin: int, end: int) -> re.Match[str] | None:
        """The first place where something looks like one of the forms."""
        if end - begin < _FEW:
            # What is held back is long in comparison, and would be searched to its end.
            for place in range(begin, end):
                if (found := self._any.match(text, place)) is not None:
                    return found
            return None
        found = self._any.search(text, begin)
        return found if found is not None and found.start() < end else None


finder = cache(Finder)
"""The finder of some kinds, which is made once."""


def undecided(text: str, begin: int) -> int:
    """The first place, at or after `begin`, from where on more text may change what is found; or the text's end."""
    if (address := _begun_address(text, begin)) is not None:
        return address
    end = len(text)
    begin = max(begin, end - LONGEST_NUMBER)
    # All but the last word can only be a part of a number or account.
    last_word = text.rfind(" ", begin) + 1
    numeric = _NUMERIC.search(text, begin)
    held = _UNDECIDED.search(text, max(begin, last_word if numeric is None else min(last_word, numeric.start() - 2)))
    return end if held is None else held.start()


def begun_address(text: str, begin: int) -> int | None:
    """Where an e-mail address begins that the end of the text cuts off."""
    return None if text.endswith("@") else _begun_address(text, begin)


def _begun_address(text: str, begin: int) -> int | None:
    at = text.rfind("@", max(begin, len(text) - LONGEST))
    if at < 0 or _HOST.match(text, at + 1) is None:
        return None
    found = _LOCAL_PART.search(text, max(begin, at - LONGEST_NUMBER), at)
    return found and found.start()
