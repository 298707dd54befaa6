"""Reads what a distribution's METADATA says about the versions that it needs: only the headers, only on demand."""

from __future__ import annotations

from typing import NamedTuple

from .scan import normalize

_MOST_BYTES = 256 * 1024


class Requirement(NamedTuple):
    """What a `Requires-Dist` line says: a distribution's name, version specifiers, and the marker after `;`."""

    name: str
    specifiers: str
    marker: str


def read_headers(folder: str) -> list[tuple[str, str]]:
    """The headers of `METADATA` (or of `PKG-INFO`), names in lower case; none if there is no such file."""
    for name in ("METADATA", "PKG-INFO"):
        try:
            with open(f"{folder}/{name}", "rb") as file:
                head = bytearray()
                for line in file:
                    if not line.strip() or len(head) > _MOST_BYTES:
                        break
                    head += line
        except OSError:
            continue
        return _headers(head.decode("utf-8", "replace"))
    return []


def _headers(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon and not line[0].isspace():
            found.append((name.strip().lower(), value.strip()))
    return found


def requirement(text: str) -> Requirement:
    """Take a `Requires-Dist` line apart: `claif[testing] (>=2) ; extra == "test"`."""
    body, _semicolon, marker = text.partition(";")
    end = 0
    while end < len(body) and (body[end].isalnum() or body[end] in "-_."):
        end += 1
    rest = body[end:].strip()
    if rest.startswith("["):
        rest = rest.partition("]")[2].strip()
    if rest.startswith("(") and rest.endswith(")"):
        rest = rest[1:-1].strip()
    return Requirement(normalize(body[:end]), rest, marker.strip())
