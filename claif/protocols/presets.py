"""Presets: endpoints that need no more than their name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from ..errors import InvalidConfigError

P = TypeVar("P")


def choose_preset(
    presets: Mapping[str, P], usual: str, custom: P, *, provider: str, preset: str | None, base_url: str | None
) -> P:
    """The preset that is meant.

    1. The one that the settings name,
    2. or the one of the provider's own name,
    3. or, for an address that the settings give, none in particular,
    4. or the usual one.

    Args:
        presets: those that there are, by name.
        usual: the name of the usual one.
        custom: what is known of an address that nobody knows.
        provider: the name under which the user configured the provider.
        preset: the one that the settings name.
        base_url: the address that the settings give.

    Raises:
        InvalidConfigError: there is no preset of the name that the settings give.
    """
    if preset is None:
        return presets.get(provider) or (custom if base_url else presets[usual])
    found = presets.get(preset)
    if found is None:
        from difflib import get_close_matches

        near = get_close_matches(preset, presets, n=1)
        raise InvalidConfigError(
            f"There is no preset {preset}.",
            problems=(f"providers.{provider}.preset: unknown preset {preset!r}",),
            hint=f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(presets))}.",
        )
    return found
