"""The provider keeps the promises of every provider, in both of its protocols."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claif.testing import EmbeddingConformance, ProviderConformance, ScriptedServer


class TestChatCompletions(ProviderConformance, EmbeddingConformance):
    def settings(self, server: ScriptedServer, **behaviour: object) -> Mapping[str, Any]:
        return {"type": "openai", "base_url": server.url(**behaviour)}


class TestResponses(ProviderConformance, EmbeddingConformance):
    def settings(self, server: ScriptedServer, **behaviour: object) -> Mapping[str, Any]:
        return {"type": "openai", "api": "responses", "base_url": server.url(**behaviour)}
