"""A lease: the use of one process for one query, and what the pool needs of who speaks with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from attrs import define, field

from .shelf import Wear

if TYPE_CHECKING:
    from .process import Process


class Warm(Protocol):
    """What speaks with a process that can be used again."""

    @property
    def process(self) -> Process:
        """The process."""

    async def healthy(self) -> bool:
        """Whether it can take another query; quickly, since one waits for it."""

    async def renew(self) -> bool:
        """Get it ready for the next query, which must know nothing of the last; whether that worked."""

    async def interrupt(self) -> bool:
        """Have it stop what it does; whether it can take another query."""

    def state(self) -> Mapping[str, Any]:
        """What another Claif must know, as JSON, to go on with the process after `renew`."""


D = TypeVar("D", bound=Warm)


@define(eq=False)
class Lease(Generic[D]):
    """The use of a process for one query.

    Args:
        value: what speaks with it.
        turns: how often it was used before.
        seconds: how long it is kept for the next query.
        wear: when it is too old for that.
        renewing: whether it has still to get ready after a query, and what it says until then is nobody else's.
    """

    value: D
    turns: int = 0
    seconds: float = 0.0
    wear: Wear = field(factory=Wear)
    renewing: bool = False

    @property
    def worn_out(self) -> bool:
        """Whether it is too old, or has become too large, to be used again."""
        most = self.wear.memory
        return self.turns >= self.wear.turns or (most is not None and self.value.process.memory() > most)

    @property
    def usable(self) -> bool:
        """Whether it runs and has said nothing that nobody has asked for."""
        return self.value.process.alive and (self.renewing or self.value.process.quiet)

    def keep(self, seconds: float, wear: Wear | None = None) -> None:
        """It may be used again within this time; 0 ends it."""
        self.seconds = seconds
        self.wear = wear or self.wear
