"""JSON on standard output, for programs: exact, and harmless on a terminal too."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from .style import is_terminal

_UNSAFE = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]")


def to_json(data: Any, *, indent: int | None = None) -> str:
    """JSON text in which characters that could drive a terminal, or that its encoding lacks, are escaped."""
    separators = None if indent else (",", ":")
    ascii_only = not (sys.stdout.encoding or "").lower().startswith("utf")
    text = json.dumps(data, ensure_ascii=ascii_only, allow_nan=False, indent=indent, separators=separators)
    return text if _UNSAFE.search(text) is None else _UNSAFE.sub(_escape, text)


def write_line(data: Any) -> None:
    """Write a value to standard output at once: on one line, or indented if a person looks at it."""
    sys.stdout.write(to_json(data, indent=2 if is_terminal(sys.stdout) else None) + "\n")
    sys.stdout.flush()


def _escape(match: re.Match[str]) -> str:
    return json.dumps(match.group())[1:-1]
