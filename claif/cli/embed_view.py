"""What `claif embed` prints: JSON lines for programs, and for people a table."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot
from typing import TYPE_CHECKING

import click

from ..models import cosine_similarity
from .render.remarks import Remarks
from .sanitize import one_line
from .style import out_style
from .table import table

if TYPE_CHECKING:
    from ..models import Embeddings

WIDEST = 60
"""Characters of a text in a table."""
FIRST = 4
"""Numbers of a vector in a table."""


def show(texts: Sequence[str], found: Embeddings, *, ranked: bool, as_json: bool) -> None:
    """Print the vectors, or how alike the texts are to the one before them.

    Args:
        texts: those that are told about.
        found: their vectors; if `ranked`, one more stands before them.
        ranked: whether the texts are compared with that one, and the most alike come first.
        as_json: JSON lines instead of a table.
    """
    if ranked:
        _show_ranks(texts, found, as_json=as_json)
    elif as_json:
        _write(
            [
                {"index": index, "text": text, "vector": list(vector)}
                for index, (text, vector) in enumerate(zip(texts, found.vectors, strict=True))
            ]
        )
    else:
        rows = [
            (
                _short(text),
                len(vector),
                f"{hypot(*vector):.3f}",
                " ".join([f"{one:.3f}" for one in vector[:FIRST]]) + " …",
            )
            for text, vector in zip(texts, found.vectors, strict=True)
        ]
        click.echo(table(("text", "dimensions", "norm", "begins with"), rows, style=_bold))
    if not as_json:
        Remarks().line(told(found))


def _show_ranks(texts: Sequence[str], found: Embeddings, *, as_json: bool) -> None:
    wanted, *vectors = found.vectors
    alike = [cosine_similarity(wanted, vector) for vector in vectors]
    order = sorted(range(len(texts)), key=lambda index: -alike[index])
    if as_json:
        _write([{"index": index, "text": texts[index], "similarity": alike[index]} for index in order])
    else:
        rows = [(f"{alike[index]:.3f}", _short(texts[index])) for index in order]
        click.echo(table(("similarity", "text"), rows, style=_bold))


def told(found: Embeddings) -> str:
    """Who made the vectors, and what that took."""
    count = len(found.vectors)
    parts = [f"{count} text{'' if count == 1 else 's'} by {found.provider}, model {found.model}"]
    if found.usage.input_tokens is not None:
        parts.append(f"{found.usage.input_tokens} tokens")
    if found.timings.total is not None:
        parts.append(f"{found.timings.total:.1f} s")
    return ", ".join(parts) + "."


def _write(rows: Sequence[dict[str, object]]) -> None:
    """One line each, also on a terminal: a vector has a thousand numbers."""
    from .jsonout import to_json

    for row in rows:
        click.echo(to_json(row))


def _short(text: str) -> str:
    return one_line(text, WIDEST)


def _bold(text: str) -> str:
    return out_style(text, bold=True)
