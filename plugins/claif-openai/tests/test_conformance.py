"""The provider keeps the promises of every provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claif.testing import ProviderConformance, ScriptedServer


class TestOpenAI(ProviderConformance):
    def settings(self, server: ScriptedServer, **behaviour: object) -> Mapping[str, Any]:
        return {"type": "openai", "base_url": server.url(**behaviour)}
