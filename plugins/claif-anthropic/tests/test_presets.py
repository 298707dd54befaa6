"""Endpoints that need no more than their name."""

from __future__ import annotations

import pytest
from claif_anthropic.presets import ALL, CUSTOM, PRESETS, find_preset, root_of

from claif.api import InvalidConfigError


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_is_complete(name: str) -> None:
    preset = PRESETS[name]
    assert preset.base_url.startswith("https://" if preset.needs_key else "http://127.0.0.1:")
    assert root_of(preset.base_url) == preset.base_url
    assert preset.key_variable or not preset.needs_key
    assert (preset.model is not None) == preset.needs_key
    assert preset.auth in ("x-api-key", "bearer")
    assert {"text", "streaming", "system", "models"} <= preset.capabilities <= ALL


def test_the_settings_name_wins_then_the_providers_then_the_address() -> None:
    assert find_preset("deepseek", "ollama", None) is PRESETS["ollama"]
    assert find_preset("deepseek", None, None) is PRESETS["deepseek"]
    assert find_preset("deepseek", None, "https://llm.example") is PRESETS["deepseek"]
    assert find_preset("work", None, "https://llm.example") is CUSTOM
    assert find_preset("work", None, None) is PRESETS["anthropic"]


@pytest.mark.parametrize(("preset", "hint"), [("olama", "Did you mean ollama?"), ("xyz", "openrouter")])
def test_an_unknown_preset_is_refused_with_the_nearest_name(preset: str, hint: str) -> None:
    with pytest.raises(InvalidConfigError, match="no preset") as caught:
        find_preset("work", preset, None)
    assert hint in (caught.value.hint or "")
    assert caught.value.problems == (f"providers.work.preset: unknown preset {preset!r}",)


@pytest.mark.parametrize(
    "url", ["https://x.example", "https://x.example/", "https://x.example/v1", "https://x.example/v1/"]
)
def test_an_address_may_be_copied_with_or_without_its_version(url: str) -> None:
    assert root_of(url) == "https://x.example"
