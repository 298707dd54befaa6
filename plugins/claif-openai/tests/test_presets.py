"""Endpoints that need no more than their name."""

from __future__ import annotations

import pytest
from claif_openai.presets import CUSTOM, PRESETS
from claif_openai.provider import OpenAIProvider, OpenAISettings


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_is_complete(name: str) -> None:
    preset = PRESETS[name]
    assert preset.base_url.startswith("http://127.0.0.1:" if preset.key_variable is None else "http")
    assert preset.base_url.startswith("https://") == preset.needs_key
    assert preset.key_variable or not preset.needs_key
    assert (preset.model is not None) == preset.needs_key
    assert {"text", "streaming", "system", "models"} <= preset.capabilities


def test_only_openai_itself_has_its_own_name_for_the_limit_of_an_answer() -> None:
    assert {name for name, preset in PRESETS.items() if preset.quirks.max_tokens != "max_tokens"} == {"openai"}


def test_without_any_name_it_is_the_usual_one() -> None:
    find = OpenAIProvider.find_preset
    assert find("work", OpenAISettings()) is PRESETS["openai"]
    assert find("work", OpenAISettings(preset="ollama")) is PRESETS["ollama"]
    assert find("work", OpenAISettings(base_url="https://llm.example/v1")) is CUSTOM
