"""Presets: which endpoint a provider's name and settings mean."""

from __future__ import annotations

import pytest

from claif.errors import InvalidConfigError
from claif.protocols.presets import Preset, choose_preset

PRESETS = {name: Preset(f"https://{name}.example") for name in ("usual", "groq", "ollama", "openrouter")}
CUSTOM = Preset()


def chosen(provider: str, preset: str | None, base_url: str | None) -> Preset:
    return choose_preset(PRESETS, "usual", CUSTOM, provider=provider, preset=preset, base_url=base_url)


def test_the_settings_name_wins_then_the_providers_then_the_address() -> None:
    assert chosen("groq", "ollama", None) is PRESETS["ollama"]
    assert chosen("groq", None, None) is PRESETS["groq"]
    assert chosen("groq", None, "https://llm.example/v1") is PRESETS["groq"]
    assert chosen("work", None, "https://llm.example/v1") is CUSTOM
    assert chosen("work", None, None) is PRESETS["usual"]


@pytest.mark.parametrize(("preset", "hint"), [("olama", "Did you mean ollama?"), ("xyz", "openrouter")])
def test_an_unknown_preset_is_refused_with_the_nearest_name(preset: str, hint: str) -> None:
    with pytest.raises(InvalidConfigError, match="no preset") as caught:
        chosen("work", preset, None)
    assert hint in (caught.value.hint or "")
    assert caught.value.problems == (f"providers.work.preset: unknown preset {preset!r}",)
