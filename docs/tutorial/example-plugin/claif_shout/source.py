"""The source of configuration: defines one more provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from claif.api import ConfigSource, hookimpl


async def load() -> Mapping[str, Any]:
    """The configuration; it could come over the network, for this function may wait."""
    return {"providers": {"megaphone": {"type": "shout", "marks": 3}}}


@hookimpl
def claif_config_sources(register: Callable[[ConfigSource], None]) -> None:
    """Add the source."""
    register(ConfigSource("megaphone", load))
