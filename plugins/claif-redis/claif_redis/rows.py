"""Rows as a Redis keeps them: one string each, so that labels and row come and go together; the labels first."""

from __future__ import annotations

import json

from claif.api import Labels

MAGIC = b"claif1 "
"""How what is kept begins; another layout will begin with another number."""
END = b"\n"
"""Between labels and row: JSON in ASCII has none."""
HEAD = 1024
"""Bytes in which labels fit as a rule."""
LONGEST_HEAD = 65_536
"""Bytes in which they fit in any case, or the row is none of ours."""


def pack(row: bytes, labels: Labels) -> bytes:
    """What is kept for a row."""
    words = [labels.provider, labels.model, labels.tag, labels.created, labels.expires]
    return MAGIC + json.dumps(words, separators=(",", ":")).encode() + END + row


def row_of(kept: bytes) -> bytes | None:
    """The row; `None` if this is none of ours."""
    end = kept.find(END, 0, LONGEST_HEAD)
    return kept[end + 1 :] if end >= 0 and kept.startswith(MAGIC) else None


def labels_of(head: bytes) -> tuple[Labels, int] | None:
    """The labels, and how many bytes they take; `None` if there are none, or not all of them."""
    end = head.find(END)
    if end < 0 or not head.startswith(MAGIC):
        return None
    try:
        provider, model, tag, created, expires = json.loads(head[len(MAGIC) : end])
        return Labels(str(provider), str(model), str(tag), float(created), float(expires)), end + 1
    except (ValueError, TypeError):
        return None
