"""Finds personal data in a text: addresses, numbers and accounts that name a person.

Whether something begins at a place depends only on the two characters before it and on the `LONGEST` after it. That is
why a text can be looked at while it comes: `undecided` tells from where on more text may change what is found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from ipaddress import IPv6Address
from typing import NamedTuple

LONGEST = 605
"""Characters; the longest address that is found. Without an `@` it is `LONGEST_NUMBER`."""
LONGEST_NUMBER = 64
_FEW = 16

_DASHES = "\\-\u2010-\u2013"
_BLANKS = " \u00a0\u2007\u2009\u202f"
_SEP = f"[{_BLANKS}.{_DASHES}]"
_NUMBER = rf"[\d{_BLANKS}.{_DASHES}()/]"
_GAP = rf"[{_BLANKS}.{_DASHES}()/]{{0,2}}"
_LOCAL = r"[\w.%+\-\u0300-\u036f]"
_DOMAIN = r"[\w\-\u0300-\u036f]"
_HEX = "[0-9A-Fa-f:.]"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_FIRST_LETTER = r"(?<![^\W_])"
# Neither within a number nor behind the first part of one: 3.14…, 2024-01-02 …
_FIRST_DIGIT = rf"(?<!\d)(?<!\d[.,:/{_DASHES}])"
_END = r"(?!\d)"

_SHAPES = {
    "email": (
        rf"{_FIRST_LETTER}[^\W_]{_LOCAL}{{0,63}}+@(?:{_DOMAIN}{{1,63}}\.){{1,8}}(?:xn--[\w-]{{2,20}}|[^\W\d_]{{2,24}})"
    ),
    "iban": rf"{_FIRST_LETTER}[A-Za-z]{{2}}[0-9]{{2}}(?:{_SEP}?[A-Za-z0-9]){{11,29}}",
    "ip": (
        rf"{_FIRST_DIGIT}{_OCTET}(?:\.{_OCTET}){{3}}(?!\d|\.\d)"
        rf"|(?<![\w:.])(?=[0-9A-Fa-f]{{0,4}}:)(?={_HEX}{{1,45}}:){_HEX}{{2,45}}+(?![\w:.])"
    ),
    "card": (
        rf"{_FIRST_DIGIT}(?:(?P<four>[2-6]\d{{3}}(?:{_SEP}\d{{4}}){{3}}{_END})(?:{_SEP}\d{{1,3}}{_END})?"
        rf"|3\d{{3}}{_SEP}\d{{6}}{_SEP}\d{{4,5}}{_END}"
        rf"|[2-6]\d{{12,18}}{_END})"
    ),
    "ssn": (
        rf"{_FIRST_DIGIT}(?!000|666|9)\d{{3}}(?P<dash>[{_BLANKS}{_DASHES}])(?!00)\d\d(?P=dash)(?!0000)\d{{4}}"
        rf"(?![.{_DASHES}]?\d)"
    ),
    "phone": (
        # No date: 01.02.2024 12:30.
        rf"(?!\d\d[./{_DASHES}]\d\d[./{_DASHES}]\d{{4}}{_END})(?:"
        # International: +1 and ten digits, or a plus or 00 and up to 15 digits.
        rf"(?<![\w+])\+1(?:{_GAP}\d){{10}}{_END}"
        rf"|(?:(?<![\w+])\+[ (]{{0,2}}|{_FIRST_DIGIT}00[ ]?)[1-9](?:{_GAP}\d){{6,14}}{_END}"
        # North America: 212-555-0123.
        rf"|{_FIRST_DIGIT}(?:1{_SEP})?[2-9]\d\d{_SEP}[2-9]\d\d{_SEP}\d{{4}}(?![.{_DASHES}]?\d)"
        # With an area code in parentheses: (212) 555-0123, (030) 1234567, (11) 91234-5678.
        rf"|(?<!\w)\(\d{{2,5}}\)[ ]?\d(?:{_SEP}?\d){{5,9}}{_END}"
        # With a leading zero: 0170 1234567, 06 12 34 56 78, 020 7946 0958, 030/1234567.
        rf"|{_FIRST_DIGIT}0[1-9](?:{_GAP}\d){{7,10}}{_END}"
        # Mobile numbers of China and India: 138 1234 5678, 98765 43210.
        rf"|{_FIRST_DIGIT}1[3-9]\d[ \-]?\d{{4}}[ \-]?\d{{4}}{_END}"
        rf"|{_FIRST_DIGIT}[6-9]\d{{4}}[ \-]\d{{5}}{_END})"
    ),
}
"""What each kind looks like; `_CHECKS` knows better. What comes first is asked first."""

_SHAPE = {kind: re.compile(shape) for kind, shape in _SHAPES.items()}
_ANY_SHAPE = re.compile("|".join([f"(?P<{kind}>{shape})" for kind, shape in _SHAPES.items()]))
_CANDIDATE = re.compile(
    rf"{_FIRST_LETTER}[^\W_]{_LOCAL}{{0,63}}+@{_DOMAIN}{{1,63}}\."
    rf"|{_FIRST_LETTER}[A-Za-z]{{2}}[0-9]{{2}}(?:{_SEP}?[A-Za-z0-9]){{11}}"
    rf"|(?<![\w:.])(?=[0-9A-Fa-f]{{0,4}}:{_HEX}{{0,45}}:)"
    rf"|(?<!\d)[+(]{{0,2}}\d(?:{_GAP}\d){{6}}"
    rf"|(?<!\d)(?:\d{{1,3}}\.){{3}}\d"
)
"""Where any shape may begin: much quicker to look for than the shapes."""

_UNDECIDED = re.compile(
    rf"(?:{_FIRST_LETTER}[^\W_]{_LOCAL}{{0,63}}(?:@[\w.\-\u0300-\u036f]{{0,540}})?"
    rf"|{_FIRST_LETTER}[A-Za-z](?:[A-Za-z](?:\d(?:\d(?:{_SEP}?[A-Za-z0-9]){{0,29}}{_SEP}?)?)?)?"
    rf"|(?<![\w:.]){_HEX}{{1,46}}"
    rf"|(?<!\d)[+(\d]{_NUMBER}{{0,63}})\Z"
)
"""What may become something, or more than it is, when more text comes."""

_BEGUN_ADDRESS = re.compile(rf"{_FIRST_LETTER}[^\W_]{_LOCAL}{{0,63}}+@[\w.\-\u0300-\u036f]{{1,540}}\Z")

_IBAN_LENGTHS = {
    entry[:2]: int(entry[2:])
    for entry in (  # noqa: SIM905 - a list of strings would be a page
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 "
        "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 "
        "LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 "
        "PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 "
        "YE30"
    ).split()
}
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_LEAST_GROUP = re.compile("[0-9A-Fa-f]{3}")


class Found(NamedTuple):
    """Something personal: where it begins and ends, and what it is."""

    start: int
    end: int
    kind: str


def find(text: str, begin: int, end: int, kinds: Collection[str]) -> Found | None:
    """The first of these kinds that begins at or after `begin` and before `end`."""
    while (start := _candidate(text, begin, end)) is not None:
        if (shape := _ANY_SHAPE.match(text, start)) is not None:
            for kind in KINDS[KINDS.index(shape.lastgroup or "") :]:
                found = _SHAPE[kind].match(text, start) if kind in kinds else None
                if found is not None and (length := _CHECKS[kind](found)):
                    return Found(start, start + length, kind)
        begin = start + 1
    return None


def _candidate(text: str, begin: int, end: int) -> int | None:
    """The first place at which something may begin."""
    if end - begin < _FEW:
        # What is held back is long in comparison, and would be searched to its end.
        for place in range(begin, end):
            if _CANDIDATE.match(text, place) is not None:
                return place
        return None
    found = _CANDIDATE.search(text, begin)
    return found.start() if found is not None and found.start() < end else None


def undecided(text: str, begin: int) -> int:
    """The first place, at or after `begin`, from where on more text may change what is found; or the text's end."""
    end = len(text)
    earliest = end - LONGEST_NUMBER
    if (at := text.rfind("@", max(begin, end - LONGEST))) >= 0:
        earliest = min(earliest, at - LONGEST_NUMBER)
    held = _UNDECIDED.search(text, max(begin, earliest))
    return end if held is None else held.start()


def begun_address(text: str, begin: int) -> int | None:
    """Where an e-mail address begins that the end of the text cuts off."""
    found = _BEGUN_ADDRESS.search(text, max(begin, len(text) - LONGEST))
    return found and found.start()


def _whole(found: re.Match[str]) -> int:
    return len(found.group())


def _iban(found: re.Match[str]) -> int:
    text = found.group()
    wanted = _IBAN_LENGTHS.get(text[:2].upper(), 0)
    account = ""
    for length, char in enumerate(text, 1):
        account += char if char.isalnum() else ""
        if len(account) == wanted:
            number = "".join([str(int(char, 36)) for char in account[4:] + account[:4]])
            return length if int(number) % 97 == 1 else 0
    return 0


def _ip(found: re.Match[str]) -> int:
    text = found.group()
    if ":" not in text:
        # This machine, and any address: these name nobody.
        return 0 if text.startswith("127.") or text == "0.0.0.0" else len(text)  # noqa: S104 - nothing is bound
    for address in dict.fromkeys((text, text.rstrip("."), text.rstrip(".:"))):
        # Shorter groups stand in programs: [1::2].
        if _LEAST_GROUP.search(address) and _is_ipv6(address):
            return len(address)
    return 0


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True


def _card(found: re.Match[str]) -> int:
    four = found["four"]
    if _luhn(found.group()):
        return len(found.group())
    return len(four) if four and _luhn(four) else 0


def _luhn(text: str) -> bool:
    digits = [int(char) for char in reversed(text) if char.isdecimal()]
    return any(digits) and (sum(digits[::2]) + sum([_DOUBLED[digit] for digit in digits[1::2]])) % 10 == 0


_CHECKS: Mapping[str, Callable[[re.Match[str]], int]] = {
    "email": _whole,
    "iban": _iban,
    "ip": _ip,
    "card": _card,
    "ssn": _whole,
    "phone": _whole,
}
"""How much of what looks like a kind is it; 0 if it is not."""

KINDS = tuple(_CHECKS)
"""What can be found."""
