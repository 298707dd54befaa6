"""Endpoints that need no more than their name: addresses, keys, differences and capabilities, as data."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from claif.api import NO_QUIRKS, Quirks, choose_preset

ALL = frozenset(
    ("text", "streaming", "system", "images", "image_urls", "files", "tools", "schema", "thinking", "models")
)
"""Everything that the protocol can say."""

_NO_FILES = ALL - {"files"}
_TEXT = ALL - {"images", "image_urls", "files"}


@frozen
class Preset:
    """What is known about an endpoint.

    Args:
        base_url: where its API is.
        key_variable: the environment variable in which its key is by convention.
        needs_key: whether it answers nobody without a key.
        model: the model that is asked when nobody names one; `None` asks a local server what it has.
        quirks: what it wants differently.
        capabilities: what it takes and gives.
    """

    base_url: str = ""
    key_variable: str | None = None
    needs_key: bool = False
    model: str | None = None
    quirks: Quirks = NO_QUIRKS
    capabilities: frozenset[str] = ALL


PRESETS: Mapping[str, Preset] = {
    "openai": Preset(
        "https://api.openai.com/v1",
        key_variable="OPENAI_API_KEY",
        needs_key=True,
        model="gpt-5-mini",
        quirks=Quirks(max_tokens="max_completion_tokens"),
    ),
    "openrouter": Preset(
        "https://openrouter.ai/api/v1",
        key_variable="OPENROUTER_API_KEY",
        needs_key=True,
        model="openrouter/auto",
        quirks=Quirks(file_urls=True),
    ),
    "groq": Preset(
        "https://api.groq.com/openai/v1",
        key_variable="GROQ_API_KEY",
        needs_key=True,
        model="llama-3.3-70b-versatile",
        capabilities=_NO_FILES,
    ),
    "mistral": Preset(
        "https://api.mistral.ai/v1",
        key_variable="MISTRAL_API_KEY",
        needs_key=True,
        model="mistral-small-latest",
        quirks=Quirks(seed="random_seed", stream_usage=False),
        capabilities=_NO_FILES,
    ),
    "deepseek": Preset(
        "https://api.deepseek.com/v1",
        key_variable="DEEPSEEK_API_KEY",
        needs_key=True,
        model="deepseek-chat",
        capabilities=_TEXT - {"schema"},
    ),
    "ollama": Preset("http://127.0.0.1:11434/v1", capabilities=_NO_FILES - {"image_urls"}),
    "lmstudio": Preset("http://127.0.0.1:1234/v1", capabilities=_NO_FILES - {"image_urls"}),
    "vllm": Preset("http://127.0.0.1:8000/v1", key_variable="VLLM_API_KEY", capabilities=_NO_FILES),
    "llamacpp": Preset("http://127.0.0.1:8080/v1", key_variable="LLAMA_API_KEY", capabilities=_NO_FILES),
}

CUSTOM = Preset()
"""An address that the user gives: nothing is known about it, so nothing is refused in advance."""


def find_preset(provider: str, preset: str | None, base_url: str | None) -> Preset:
    """The preset that the settings of a provider of this name mean; OpenAI if they mean none.

    Raises:
        InvalidConfigError: there is no preset of the name that they give.
    """
    return choose_preset(PRESETS, "openai", CUSTOM, provider=provider, preset=preset, base_url=base_url)
