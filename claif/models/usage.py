"""What a query consumed."""

from __future__ import annotations

from attrs import fields, frozen


@frozen
class Usage:
    """Tokens consumed, as the provider counted them; `None` is unknown, never zero.

    `cached_tokens`, which the provider had in its cache, and `cache_write_tokens`, which it put there, are parts of
    `input_tokens`; `cache_write_1h_tokens`, which it keeps for an hour, are part of those. `reasoning_tokens` are part
    of `output_tokens`. `cost` is in US dollars.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost: float | None = None
    cache_write_tokens: int | None = None
    cache_write_1h_tokens: int | None = None

    @property
    def total_tokens(self) -> int | None:
        """Input and output together, if both are known."""
        if self.input_tokens is None or self.output_tokens is None:
            return None
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        """The sum; a part that only one side knows is taken from it."""
        merged = {}
        for name in (attribute.name for attribute in fields(Usage)):
            mine, theirs = getattr(self, name), getattr(other, name)
            merged[name] = theirs if mine is None else mine if theirs is None else mine + theirs
        return Usage(**merged)
