"""Imports one hook module, and keeps account of what that cost."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import PluginError
from .guard import Failed, load
from .heavy import heavy_among

if TYPE_CHECKING:
    from .state import Plugin


def load_hook_module(plugin: Plugin, value: str, add: Callable[[object], None]) -> str:
    """Import a hook module and add it.

    Args:
        plugin: what it belongs to; it is told what happened.
        value: the module.
        add: registers it, or raises `PluginError`.

    Returns:
        Why it was left out; empty if it was not.
    """
    if problem := plugin.usable.detail:
        return problem
    before = set(sys.modules)
    try:
        module, seconds = load(value)
        plugin.took(value, seconds)
        add(module)
    except Failed as failure:
        plugin.failure = f"Its hook module {value} cannot be loaded ({failure})."
    except PluginError as error:
        plugin.failure = error.message
    if heavy := heavy_among(set(sys.modules) - before):
        plugin.note(f"Its hook module imports {', '.join(heavy)}, which makes every query start later.")
    return plugin.failure
