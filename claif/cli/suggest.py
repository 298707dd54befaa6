"""Refuses a mistyped command before it is sent to a model as a prompt."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence

from ..errors import InvalidQueryError

CUTOFF = 0.75
"""Likeness from which on a word counts as a mistyped command: all swaps and most slips, few words of a language."""


_FLAGS = {"help": "--help", "version": "--version"}
"""What other programs have as commands."""


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The name that `word` is or nearly is."""
    from difflib import get_close_matches

    close = get_close_matches(word.lower(), list(names), n=1, cutoff=CUTOFF)
    return close[0] if close else None


def refuse_mistyped_command(words: Sequence[str], commands: Callable[[], Iterable[str]]) -> None:
    """Refuse a prompt whose first word, standing alone, is or nearly is a command.

    Args:
        words: the prompt.
        commands: gives the names of all commands; it is called only if the first word could be one.

    Raises:
        InvalidQueryError: naming the command, and how to send the words all the same.
    """
    if not words or any(character.isspace() for character in words[0]):
        return
    command = _FLAGS.get(words[0]) or nearest(words[0], commands())
    if command is None:
        return
    anyway = f"To send it as a prompt: claif -- {shlex.join(words)}"
    if command == words[0]:
        raise InvalidQueryError(
            f"`{command}` is a command, and options stand before it.",
            hint=f"Write them after it: claif {command} … {anyway}",
        )
    raise InvalidQueryError(f"There is no command `{words[0]}`.", hint=f"Did you mean `claif {command}`? {anyway}")
