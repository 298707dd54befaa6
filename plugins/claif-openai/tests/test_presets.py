"""Endpoints that need no more than their name."""

from __future__ import annotations

import pytest
from claif_openai.presets import CUSTOM, PRESETS, find_preset

from claif.api import InvalidConfigError


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


def test_the_settings_name_wins_then_the_providers_then_the_address() -> None:
    assert find_preset("groq", "ollama", None) is PRESETS["ollama"]
    assert find_preset("groq", None, None) is PRESETS["groq"]
    assert find_preset("groq", None, "https://llm.example/v1") is PRESETS["groq"]
    assert find_preset("work", None, "https://llm.example/v1") is CUSTOM
    assert find_preset("work", None, None) is PRESETS["openai"]


@pytest.mark.parametrize(("preset", "hint"), [("olama", "Did you mean ollama?"), ("xyz", "openrouter")])
def test_an_unknown_preset_is_refused_with_the_nearest_name(preset: str, hint: str) -> None:
    with pytest.raises(InvalidConfigError, match="no preset") as caught:
        find_preset("work", preset, None)
    assert hint in (caught.value.hint or "")
    assert caught.value.problems == (f"providers.work.preset: unknown preset {preset!r}",)
