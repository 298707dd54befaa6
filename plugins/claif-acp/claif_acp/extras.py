"""Options of one query that only these agents have, as `-o NAME=VALUE`."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class Extras:
    """What is given as `-o NAME=VALUE`.

    Args:
        max_turns: how often the model may be asked for one answer.
    """

    max_turns: int | None = None
