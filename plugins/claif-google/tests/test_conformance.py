"""The provider keeps the promises of every provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claif.testing import EmbeddingConformance, ProviderConformance, ScriptedServer

COUNTED = ("after", "cut", "short")
"""Behaviours that count events. The suite counts as chat completions do, with one event before the first text."""


class TestGoogle(ProviderConformance, EmbeddingConformance):
    def settings(self, server: ScriptedServer, **behaviour: Any) -> Mapping[str, Any]:
        counted = {name: behaviour[name] - 1 for name in COUNTED if name in behaviour}
        return {"type": "google", "base_url": server.root_url(**{**behaviour, **counted})}
