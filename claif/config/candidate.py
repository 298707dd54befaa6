"""Who may be asked: a provider, and which of its models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen
from attrs.validators import optional

from .schema import is_name, model_name, not_negative, positive


@frozen
class Candidate:
    """A member of a route, or another provider that may be asked.

    Args:
        provider: its name.
        model: the model that it is asked for; its usual one when not given.
        weight: its share where the strategy is `weighted`.
        cost: what a million tokens cost, in US dollars, where the strategy is `cost`; as prices say when not given.
    """

    provider: str
    model: str | None = None
    weight: float = field(default=1.0, validator=positive)
    cost: float | None = field(default=None, validator=optional(not_negative))

    @classmethod
    def of(cls, written: object) -> Candidate:
        """A member as it is written: `"openai"`, `"openai/gpt-5"`, or a table.

        Raises:
            ValueError: it is none of these.
        """
        if isinstance(written, Candidate):
            return written
        if isinstance(written, str):
            name, _, model = written.partition("/")
            written = {"provider": name, **({"model": model} if model else {})}
        if not isinstance(written, Mapping) or not written.keys() <= {"provider", "model", "weight", "cost"}:
            raise ValueError('a member is written "NAME", "NAME/MODEL" or { provider = "NAME", weight = 2 }')
        provider: Any = written.get("provider")
        if not isinstance(provider, str) or not is_name(provider.replace(":", "-")):
            raise ValueError(f"{str(provider)[:64]!r} is no name of a provider")
        for key, kind in (("model", str), ("weight", (int, float)), ("cost", (int, float))):
            if key in written and (not isinstance(written[key], kind) or isinstance(written[key], bool)):
                raise ValueError(f"the {key} of the member {provider} is of a wrong type")
        if "model" in written:
            model_name(None, None, written["model"])
        return cls(**written)

    def __str__(self) -> str:
        return self.provider if self.model is None else f"{self.provider}/{self.model}"
