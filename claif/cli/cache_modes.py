"""The options that say how the cache is used; the model that knows its modes is not loaded for `--help`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

CACHE_MODES = ("off", "read-write", "read-only", "refresh")


def cache_options(command: F) -> F:
    """Give a command `--cache` and `--no-cache`."""
    mode = click.option(
        "--cache",
        "cache",
        type=click.Choice(CACHE_MODES),
        help="Take what was answered before from the cache, and keep what is new; see `claif cache --help`.",
    )
    return mode(click.option("--no-cache", "cache", flag_value="off", help="The same as --cache off.")(command))
