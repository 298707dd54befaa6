"""What personal data looks like: the forms in which each kind is written, and what tells that it is none after all."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv6Address
from typing import NamedTuple

_DASHES = "\\-\u2010-\u2013"
_BLANKS = " \u00a0\u2007\u2009\u202f"
_NO_SEPARATORS = dict.fromkeys(map(ord, " \u00a0\u2007\u2009\u202f.-\u2010\u2011\u2012\u2013"))
SEPARATOR = f"[{_BLANKS}.{_DASHES}]"
NUMBER = rf"[\d{_BLANKS}.{_DASHES}()/]"
LOCAL = r"[\w.%+\-\u0300-\u036f]"
"""In the part of an e-mail address before the `@`."""
HEX = "[0-9A-Fa-f:.]"
_DOMAIN = r"[\w\-\u0300-\u036f]"
_GAP = rf"[{_BLANKS}.{_DASHES}()/]{{0,2}}"
_GROUP = "[0-9A-Fa-f]{1,4}+:"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_END = r"(?!\d)"

AT_WORD = r"(?<![^\W_])"
AT_GROUP = r"(?<![\w:.])"
# Neither within a number nor behind the first part of one: 3.14…, 2024-01-02 …
_AT_NUMBER = rf"(?=\d)(?<!\d)(?<!\d[.,:/{_DASHES}])"

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
_LETTERS = {ord(letter): str(value) for value, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 10)}
_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")
_LEAST_GROUP = re.compile("[0-9A-Fa-f]{3}")


def _whole(found: re.Match[str]) -> int:
    return found.end() - found.start()


def _iban(found: re.Match[str]) -> int:
    text = found.group()
    if (wanted := _IBAN_LENGTHS.get(text[:2].upper())) is None:
        return 0
    account = text.encode("ascii", "ignore").translate(None, b" .-")[:wanted].decode()
    if len(account) < wanted or int((account[4:] + account[:4]).upper().translate(_LETTERS)) % 97 != 1:
        return 0
    length = wanted
    while sum(map(str.isalnum, text[:length])) < wanted:
        length += 1
    return length


def _ipv4(found: re.Match[str]) -> int:
    text = found.group()
    # This machine, and any address: these name nobody.
    return 0 if text.startswith("127.") or text == "0.0.0.0" else len(text)  # noqa: S104 - nothing is bound


def _ipv6(found: re.Match[str]) -> int:
    text = found.group().rstrip(".")
    for address in dict.fromkeys((text, text.rstrip(".:"))):
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
        return _whole(found)
    return len(four) if four and _luhn(four) else 0


def _luhn(text: str) -> bool:
    digits = b"%d" % int(text.translate(_NO_SEPARATORS))
    total = sum(digits[::-2]) + sum(digits[-2::-2].translate(_DOUBLED)) - len(digits) * ord("0")
    return digits != b"0" and total % 10 == 0


class Form(NamedTuple):
    """One way in which a kind is written."""

    kind: str
    before: str
    """Looks at what stands before it. Where a form fits but is none after all, only forms that share this may fit."""
    pattern: str
    length: Callable[[re.Match[str]], int]
    """How much of what looks like it is it; 0 if it is not."""


FORMS = (
    Form(
        "email",
        AT_WORD,
        rf"[^\W_]{LOCAL}{{0,63}}+@(?:{_DOMAIN}{{1,63}}+\.){{1,8}}(?:xn--[\w-]{{2,20}}|[^\W\d_]{{2,24}})",
        _whole,
    ),
    Form("iban", AT_WORD, rf"[A-Za-z]{{2}}[0-9]{{2}}(?:{SEPARATOR}?[A-Za-z0-9]){{11,29}}", _iban),
    Form(
        "ip",
        AT_GROUP,
        # Up to seven groups and a double colon, or six and more.
        rf"(?=::|{_GROUP}(?:{_GROUP}){{0,6}}+:|(?:{_GROUP}){{6}}){HEX}{{2,45}}+(?![\w:.])",
        _ipv6,
    ),
    Form("ip", _AT_NUMBER, rf"{_OCTET}(?:\.{_OCTET}){{3}}(?!\d|\.\d)", _ipv4),
    Form(
        "card",
        _AT_NUMBER,
        rf"(?:(?P<four>[2-6]\d{{3}}(?:{SEPARATOR}\d{{4}}){{3}}{_END})(?:{SEPARATOR}\d{{1,3}}{_END})?"
        rf"|3\d{{3}}{SEPARATOR}\d{{6}}{SEPARATOR}\d{{4,5}}{_END}"
        rf"|[2-6]\d{{12,18}}{_END})",
        _card,
    ),
    Form(
        "ssn",
        _AT_NUMBER,
        rf"(?!000|666|9)\d{{3}}(?P<dash>[{_BLANKS}{_DASHES}])(?!00)\d\d(?P=dash)(?!0000)\d{{4}}(?![.{_DASHES}]?\d)",
        _whole,
    ),
    Form(
        "phone",
        _AT_NUMBER,
        # No date: 01.02.2024 12:30.
        rf"(?!\d\d[./{_DASHES}]\d\d[./{_DASHES}]\d{{4}}{_END})(?:"
        # International: 00 and up to 15 digits.
        rf"00[ ]?[1-9](?:{_GAP}\d){{6,14}}{_END}"
        # North America: 212-555-0123.
        rf"|(?:1{SEPARATOR})?[2-9]\d\d{SEPARATOR}[2-9]\d\d{SEPARATOR}\d{{4}}(?![.{_DASHES}]?\d)"
        # With a leading zero: 0170 1234567, 06 12 34 56 78, 020 7946 0958, 030/1234567.
        rf"|0[1-9](?:{_GAP}\d){{7,10}}{_END}"
        # Mobile numbers of China and India: 138 1234 5678, 98765 43210.
        rf"|1[3-9]\d[ \-]?\d{{4}}[ \-]?\d{{4}}{_END}"
        rf"|[6-9]\d{{4}}[ \-]\d{{5}}{_END})",
        _whole,
    ),
    # International: +1 and ten digits, or a plus and up to 15 digits.
    Form(
        "phone",
        r"(?<![\w+])",
        rf"\+(?:1(?:{_GAP}\d){{10}}{_END}|\(?[1-9](?:{_GAP}\d){{6,14}}{_END})",
        _whole,
    ),
    # With an area code in parentheses: (212) 555-0123, (030) 1234567, (11) 91234-5678.
    Form("phone", r"(?<!\w)", rf"\(\d{{2,5}}\)[ ]?\d(?:{SEPARATOR}?\d){{5,9}}{_END}", _whole),
)
"""What begins at the same place is asked in this order."""

KINDS = tuple(dict.fromkeys([form.kind for form in FORMS]))
"""What can be found."""
