"""Presets: endpoints that need no more than their name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from attrs import frozen

from ..errors import InvalidConfigError

EVERYTHING = frozenset(
    ("text", "streaming", "system", "images", "image_urls", "files", "tools", "schema", "thinking", "models")
)
"""All capabilities that answers in a protocol of models can have."""


@frozen
class Preset:
    """What is known about an endpoint; protocols add what differs in theirs.

    Args:
        base_url: where its API is.
        key_variable: the environment variable in which its key is by convention.
        needs_key: whether it answers nobody without a key.
        model: the model that is asked when nobody names one; `None` asks a local server what it has.
        capabilities: what it takes and gives.
        embedding_model: the model that turns texts into vectors when nobody names one; `None` wants one named.
    """

    base_url: str = ""
    key_variable: str | None = None
    needs_key: bool = False
    model: str | None = None
    capabilities: frozenset[str] = EVERYTHING
    embedding_model: str | None = None


P = TypeVar("P", bound=Preset)


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
