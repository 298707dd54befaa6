"""Endpoints that need no more than their name: addresses, keys, differences and capabilities, as data."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from claif.api import EVERYTHING, NO_QUIRKS, Quirks
from claif.api import Preset as EndpointPreset

_NO_FILES = EVERYTHING - {"files"}
_TEXT = EVERYTHING - {"images", "image_urls", "files"}


@frozen
class Preset(EndpointPreset):
    """What is known about an endpoint.

    Args:
        quirks: what it wants differently.
    """

    quirks: Quirks = NO_QUIRKS


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
