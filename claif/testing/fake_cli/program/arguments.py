"""Options on the command line, as `--name=value` or `--name value`."""

from __future__ import annotations

import sys


def value(name: str) -> str:
    """The value of an option; empty if it is not there."""
    for number, argument in enumerate(sys.argv):
        if argument == "--":
            return ""
        if argument.startswith(f"{name}="):
            return argument.partition("=")[2]
        if argument == name:
            return sys.argv[number + 1] if number + 1 < len(sys.argv) else ""
    return ""


def has(name: str) -> bool:
    """Whether an option without a value is there."""
    return name in sys.argv


def command_words() -> list[str]:
    """The command of Codex and what follows it, without the `-c NAME=VALUE` that may stand before."""
    words = sys.argv[1:]
    while words[:1] == ["-c"]:
        words = words[2:]
    return words
