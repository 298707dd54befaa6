"""`redact-pii`: puts `[email]`, `[phone]` and the like in place of personal data, before anybody sees it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from ..hookspecs import hookimpl
from ..pipeline.rewrite import rewriting
from ..pipeline.types import Layer, Slot
from .pii import begun_address, finder, undecided
from .pii_forms import KINDS

if TYPE_CHECKING:
    from attrs import Attribute

    from ..client import Client
    from ..config import Config

_CONTEXT = 2
"""Characters before a place that decide whether something begins there."""
_NUMBER = re.compile(r"[\d:]")


def _known(_instance: Any, _attribute: Attribute[Any], value: tuple[str, ...]) -> None:
    if not value or not set(value) <= set(KINDS):
        raise ValueError(f"must be a list of some of these: {', '.join(KINDS)}")


@frozen(kw_only=True)
class Settings:
    """The table `[processors.redact-pii]`.

    Args:
        kinds: what is redacted: `email`, `iban`, `ip`, `card`, `ssn`, `phone`; all of them by default.
    """

    kinds: tuple[str, ...] = field(default=KINDS, validator=_known)


class Redactor:
    """Redacts one text that comes in pieces; holds back only what may still become personal data.

    Args:
        kinds: what is redacted.
    """

    def __init__(self, kinds: tuple[str, ...] = KINDS) -> None:
        self._kinds = kinds
        self._before = ""
        self._held = ""

    def feed(self, text: str) -> str:
        """Take a piece, and give what can be shown."""
        text = f"{self._before}{self._held}{text}"
        shown, begin, end = self._redact(text, undecided)
        self._before, self._held = text[max(0, end - _CONTEXT) : end], text[end:]
        return shown + text[begin:end]

    def end(self, *, cut: bool = False) -> str:
        """No more comes: give the rest. An address that is not complete is one too, and of a cut text any number."""
        text = f"{self._before}{self._held}"
        shown, begin, _ = self._redact(text, lambda text, _begin: len(text))
        self._before = self._held = ""
        if "email" in self._kinds and (address := begun_address(text, begin)) is not None:
            return f"{shown}{text[begin:address]}[email]"
        end = undecided(text, begin) if cut else len(text)
        return shown + text[begin:end] + ("[cut off]" if _NUMBER.search(text, end) else text[end:])

    def _redact(self, text: str, undecided: Callable[[str, int], int]) -> tuple[str, int, int]:
        """Redact what is certain; gives that, where the rest begins, and from where on it is undecided."""
        shown = []
        begin = len(self._before)
        end = undecided(text, begin)
        find = finder(self._kinds, addresses="@" in text).find
        while (found := find(text, begin, end)) is not None:
            shown += [text[begin : found.start], f"[{found.kind}]"]
            begin = found.end
            if begin > end:
                end = undecided(text, begin)
        return "".join(shown), begin, end


@hookimpl
def claif_query(config: Config, client: Client) -> Layer:
    """Redact deltas, thinking, messages, tools and what errors leave, as close to the provider as can be."""

    def layer() -> Layer:
        kinds = config.processor("redact-pii", Settings).kinds
        return Layer(slot=Slot.REDACT, wrap=rewriting(lambda: Redactor(kinds)), name="redact-pii")

    return client.state("claif.processors.redact-pii", layer)
