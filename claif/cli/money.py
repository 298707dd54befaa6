"""US dollars as people read them."""

from __future__ import annotations

_LARGE = 1.0
"""US dollars from which on a hundredth of a cent does not matter."""


def dollars(amount: float) -> str:
    """An amount of US dollars: `$0.00`, `$0.0012`, `$12.30`; less than can be shown is `<$0.0001`, not nothing."""
    if 0 < amount < 0.00005:  # noqa: PLR2004 - what would be rounded to nothing
        return "<$0.0001"
    return f"${amount:,.2f}" if amount >= _LARGE or not amount else f"${amount:.4f}"
