"""Ties options and arguments to what completes them; nothing else is loaded until a shell asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

    Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def values(kind: str) -> Completer:
    """What completes a parameter.

    Args:
        kind: a function of `completers`, which takes the context.
    """

    def complete(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from . import completers

        return completers.matching(getattr(completers, kind)(context), incomplete)

    return complete
