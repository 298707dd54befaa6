"""Message processors: which of them run, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from .scan import normalize

if TYPE_CHECKING:
    from ..config import Config, Processors
    from ..models import Message, Query
    from .binding import Implementation
    from .caller import HookCaller


SHIPPED = "claif.processors:"
"""What the name of a shipped processor begins with where it is registered."""


class Processor(NamedTuple):
    """A `claif_process_message` that is ready to be called.

    Args:
        distribution: what brought it.
        name: the entry point of its hook module, which tells several processors of one distribution apart.
        keeps_text: whether it never changes a text, so that deltas need not be held back for it.
        apply: process a message of the answer to a query. A failing processor gives the message back as it was; that
            of a critical plugin raises `PluginError`.
        shipped: whether it comes with Claif, so that it is off until it is enabled.
    """

    distribution: str
    name: str
    keeps_text: bool
    apply: Callable[[Message, Query], Message | None]
    shipped: bool = False

    def is_named(self, name: str) -> bool:
        """Whether the user means this processor: by its distribution, by `distribution:name`, or as it is shipped."""
        if self.shipped:
            return name == self.name
        distribution, colon, part = name.partition(":")
        return normalize(distribution) == self.distribution and (not colon or part == self.name)


def is_on(implementation: Implementation, table: Processors) -> bool:
    """Whether what a shipped processor implements is to be called; what is installed is not asked about here."""
    return not implementation.shipped or (
        implementation.name in table.enable and implementation.name not in table.disable
    )


def processor(caller: HookCaller, implementation: Implementation, config: Config) -> Processor:
    """Make a processor of an implementation of `claif_process_message`."""
    from .results import message as checked

    keeps_text = implementation.keeps_text

    def apply(message: Message, query: Query) -> Message | None:
        def accept(result: object) -> Message | None:
            return checked(result, message, keeps_text=keeps_text)

        return caller.call(implementation, (message, query, config), accept, message)

    return Processor(implementation.plugin.name, implementation.name, keeps_text, apply, implementation.shipped)


def arrange(processors: Iterable[Processor], table: Processors) -> tuple[Processor, ...]:
    """Leave out the disabled processors and sort the others as `[processors]` says.

    What is installed is on, also where it is disabled as a whole and enabled in part. What is shipped is not given here
    unless it is on.

    Those that `order` does not name come after those that it names; they stay in the order in which they are given.
    """
    disabled, enabled, order = table.disable, table.enable, table.order
    kept = [processor for processor in processors if not _named(processor, disabled) or _named(processor, enabled)]
    kept.sort(key=lambda processor: _position(processor, order))
    return tuple(kept)


def _named(processor: Processor, names: Sequence[str]) -> bool:
    return any(processor.is_named(name) for name in names)


def _position(processor: Processor, order: Sequence[str]) -> int:
    for position, name in enumerate(order):
        if processor.is_named(name):
            return position
    return len(order)
