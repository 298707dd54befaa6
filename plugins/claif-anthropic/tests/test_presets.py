"""Endpoints that need no more than their name."""

from __future__ import annotations

import pytest
from claif_anthropic.presets import CUSTOM, PRESETS, root_of
from claif_anthropic.provider import AnthropicProvider, AnthropicSettings

from claif.api import EVERYTHING


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_is_complete(name: str) -> None:
    preset = PRESETS[name]
    assert preset.base_url.startswith("https://" if preset.needs_key else "http://127.0.0.1:")
    assert root_of(preset.base_url) == preset.base_url
    assert preset.key_variable or not preset.needs_key
    assert (preset.model is not None) == preset.needs_key
    assert preset.auth in ("x-api-key", "bearer")
    assert {"text", "streaming", "system", "models"} <= preset.capabilities <= EVERYTHING


def test_without_any_name_it_is_the_usual_one() -> None:
    find = AnthropicProvider.find_preset
    assert find("work", AnthropicSettings()) is PRESETS["anthropic"]
    assert find("work", AnthropicSettings(preset="ollama")) is PRESETS["ollama"]
    assert find("work", AnthropicSettings(base_url="https://llm.example/v1")) is CUSTOM


@pytest.mark.parametrize(
    "url", ["https://x.example", "https://x.example/", "https://x.example/v1", "https://x.example/v1/"]
)
def test_an_address_may_be_copied_with_or_without_its_version(url: str) -> None:
    assert root_of(url) == "https://x.example"
