"""The redactor: masks known secrets, in every form they are likely to be written in, and whatever looks like a key.

Exact values first: every known secret of at least `SHORTEST` characters as it is, URL-quoted, JSON-escaped, and in
base64, also as part of something longer that was encoded (three alignments). Then patterns of well-known keys. Every
text is looked at in linear time, however hostile it is: literals are searched one by one, and each pattern either
cannot fail or has a bounded length.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from ..errors import ClaifError
from . import secret as secrets
from .secret import MASK

T = TypeVar("T")

SHORTEST = 8
"""Characters of the shortest text that is masked: shorter ones stand in any text by chance."""
_MOST = 12
"""Characters of the beginning of a secret that are masked where a text ends with it."""
_PIECE = 512
"""Characters that are looked for at once; a longer secret (a certificate's key) is looked for in pieces."""
_BEFORE = "\0"
"""Stands before each form where all of them are in one text."""

_KEY = r"[A-Za-z0-9_-]"
_PATTERNS = (
    r"(?<![A-Za-z0-9])sk-(?:ant-|proj-)?" + _KEY + "{20,}+",
    r"AIza" + _KEY + "{30,}+",
    r"gh[opsur]_[A-Za-z0-9]{20,}+",
    r"github_pat_[A-Za-z0-9_]{20,}+",
    r"(?:AKIA|ASIA)[A-Z0-9]{16}",
    r"xox[abeoprs]-[A-Za-z0-9-]{10,}+",
    # These three match whatever begins like them, so that no character is looked at twice; `_masked` decides.
    r"(?P<jwt>eyJ[A-Za-z0-9_-]*+(?:\.[A-Za-z0-9_-]++){0,2})",
    r"(?P<scheme>\b[Bb](?:earer|EARER|asic|ASIC)[ \t]{1,8})(?P<token>[A-Za-z0-9._~+/=-]{8,}+)",
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*+(?:-(?!----END )[^-]*+)*+(?:-----END [A-Z ]{0,40}-----)?",
    r"(?P<address>://)[^\s/@?#]{1,512}@",
)
_TOLD = ("message", "hint", "code", "request_id")
_JWT_PARTS = 3
_LONG_TOKEN = 20


def redact(text: str) -> str:
    """The text with known secrets and whatever looks like one masked; for errors, logs and records."""
    return _patterns().sub(_masked, matcher().mask(text))


def redact_known(value: T) -> T:
    """A text or data without the known secrets; for what models and servers say, where a look-alike may be wanted.

    Args:
        value: a text, a number, a mapping, a sequence, or an attrs object of such; returned itself if it has none.
    """
    found = matcher()
    changed: T = _walk(value, found) if found.forms else value
    return changed


def redact_error(error: BaseException) -> None:
    """Mask secrets in what an error, and those that led to it, say and advise."""
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        current = todo.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        todo += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            todo += current.exceptions
        elif any(isinstance(part, str) for part in current.args):
            current.args = tuple([redact(part) if isinstance(part, str) else part for part in current.args])
        if isinstance(current, ClaifError):
            for name in _TOLD:
                if text := getattr(current, name):
                    setattr(current, name, redact(text))


def _walk(value: Any, found: Matcher) -> Any:
    if isinstance(value, str):
        return found.mask(value)
    if isinstance(value, Mapping):
        items = {_walk(key, found): _walk(item, found) for key, item in value.items()}
        return value if all(map(_same, items.items(), value.items())) else items
    if isinstance(value, list | tuple):
        members = [_walk(item, found) for item in value]
        return value if all(new is old for new, old in zip(members, value, strict=True)) else type(value)(members)
    if not hasattr(value, "__attrs_attrs__"):
        return value
    changes = {}
    for attribute in value.__attrs_attrs__:
        old = getattr(value, attribute.name)
        if attribute.init and (new := _walk(old, found)) is not old:
            changes[attribute.alias] = new
    if not changes:
        return value
    from attrs import evolve

    return evolve(value, **changes)


def _same(one: tuple[Any, Any], other: tuple[Any, Any]) -> bool:
    return one[0] is other[0] and one[1] is other[1]


def matcher() -> Matcher:
    """What finds the secrets that are known now."""
    found: Matcher | None = secrets.derived.get("matcher")
    if found is None:
        found = secrets.derived["matcher"] = Matcher(secrets.known_texts())
    return found


class Matcher:
    """Finds secrets.

    Args:
        texts: the secrets.
    """

    __slots__ = ("_beginnings", "_start", "forms", "longest")

    def __init__(self, texts: Iterable[str]) -> None:
        forms = {piece for text in texts for form in _forms(text) for piece in _pieces(form)}
        self.forms = sorted(forms, key=len, reverse=True)
        self.longest = max(map(len, forms), default=0)
        self._beginnings = _BEFORE + _BEFORE.join(self.forms)
        heads = sorted({form[:2] for form in forms})
        # Where one of the forms can begin: its first two characters, or its first one at the end of the text.
        either = "|".join([*map(re.escape, heads), *[rf"{re.escape(head[0])}\Z" for head in heads]])
        self._start = re.compile(either) if heads else None

    def may_begin(self, text: str) -> bool:
        """Whether a secret may begin in this text; cheap, and mostly no."""
        return self._start is not None and self._start.search(text) is not None

    def mask(self, text: str) -> str:
        """The text with the secrets masked; overlapping ones together."""
        return _covered(text, self.spans(text)) if self.may_begin(text) else text

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where secrets stand, in order; those that overlap are one."""
        found: list[tuple[int, int]] = []
        for form in self.forms:
            start = text.find(form)
            while start >= 0:
                end = start + len(form)
                found.append((start, end))
                start = text.find(form, end)
        joined: list[tuple[int, int]] = []
        for start, end in sorted(found):
            if joined and start < joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        return joined

    def unfinished(self, text: str) -> int:
        """Where in the text the beginning of a secret stands whose rest may come; the text's length if nowhere."""
        if self._start is None:
            return len(text)
        for match in self._start.finditer(text, max(0, len(text) - self.longest + 1)):
            start = match.start()
            if _BEFORE + text[start:] in self._beginnings:
                return start
        return len(text)


class StreamRedactor:
    """Masks known secrets in a text that comes in chunks, also one that is split over several.

    It holds back only what may be the beginning of a secret: at most one character less than the longest form has.

    Args:
        matcher: what finds the secrets.
    """

    __slots__ = ("_held", "_matcher")

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._held = ""

    def feed(self, chunk: str) -> str:
        """What may be shown now; mostly the chunk itself, in which no secret can begin."""
        found = self._matcher
        if not self._held and not found.may_begin(chunk):
            return chunk
        text = self._held + chunk
        spans = found.spans(text)
        end = found.unfinished(text)
        for start, stop in spans:
            if start < end < stop:
                # Another secret may begin within this one: both are masked when that is known, or it takes too long.
                end = start if stop - start < 2 * found.longest else stop
        self._held = text[end:]
        return _covered(text[:end], [span for span in spans if span[1] <= end])

    def end(self, *, cut: bool = False) -> str:  # noqa: ARG002 - as every rewriter's
        """What was held back, now that nothing follows; most of a secret is a secret too."""
        held, self._held = self._held, ""
        if len(held) - (start := self._matcher.unfinished(held)) >= _MOST:
            return self._matcher.mask(held[:start]) + MASK
        return self._matcher.mask(held)


def _covered(text: str, spans: Iterable[tuple[int, int]]) -> str:
    parts: list[str] = []
    position = 0
    for start, end in spans:
        parts += [text[position:start], MASK]
        position = end
    return "".join([*parts, text[position:]])


def _forms(text: str) -> Iterable[str]:
    """How a secret may be written; what is no longer telling is left out."""
    if len(text) < SHORTEST:
        return
    for scheme in ("Bearer ", "Basic "):
        if text.startswith(scheme):
            yield from _forms(text[len(scheme) :])
            return
    from json import dumps
    from urllib.parse import quote, quote_plus

    yield text
    data = text.encode("utf-8", "surrogatepass")
    for quoted in (quote(data, safe=""), quote(data), quote_plus(data)):
        yield quoted
        yield re.sub("%[0-9A-F]{2}", lambda match: match.group().lower(), quoted)
    for escaped in (dumps(text), dumps(text, ensure_ascii=False)):
        yield escaped[1:-1]
        yield escaped[1:-1].replace("/", "\\/")
    for before in range(3):
        # Characters of base64 that depend on this secret alone, with 0, 1 or 2 bytes of something else before it.
        encoded = b2a_base64(bytes(before) + data, newline=False).decode()
        telling = encoded[(0, 2, 3)[before] : (before + len(data)) * 8 // 6]
        yield telling
        yield telling.replace("+", "-").replace("/", "_")


def _pieces(form: str) -> Iterable[str]:
    if len(form) <= _PIECE:
        return [form]
    starts = [*range(0, len(form) - _PIECE, _PIECE), len(form) - _PIECE]
    return [form[start : start + _PIECE] for start in starts]


def _patterns() -> re.Pattern[str]:
    global _compiled  # noqa: PLW0603 - compiled when first needed
    if _compiled is None:
        _compiled = re.compile("|".join(_PATTERNS))
    return _compiled


_compiled: re.Pattern[str] | None = None


def _masked(match: re.Match[str]) -> str:
    text = match.group()
    if (jwt := match["jwt"]) is not None:
        return MASK if jwt.count(".") == _JWT_PARTS - 1 and len(jwt) > _LONG_TOKEN else text
    if (token := match["token"]) is not None:
        # "bearer authentication" is no token.
        is_token = len(token) >= _LONG_TOKEN or any(character.isdigit() for character in token)
        return f"{match['scheme']}{MASK}" if is_token else text
    return f"{match['address']}{MASK}@" if match["address"] else MASK
