"""Endpoints that need no more than their name: addresses, keys, differences and capabilities, as data."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from claif.api import EVERYTHING
from claif.api import Preset as EndpointPreset

_LOCAL = EVERYTHING - {"files", "image_urls", "schema"}


@frozen
class Preset(EndpointPreset):
    """What is known about an endpoint; its address has no `/v1`.

    Args:
        auth: the header that takes the key: `x-api-key`, or `bearer` for `authorization`.
    """

    auth: str = "x-api-key"


PRESETS: Mapping[str, Preset] = {
    "anthropic": Preset(
        "https://api.anthropic.com", key_variable="ANTHROPIC_API_KEY", needs_key=True, model="claude-sonnet-5"
    ),
    "openrouter": Preset(
        "https://openrouter.ai/api",
        key_variable="OPENROUTER_API_KEY",
        needs_key=True,
        model="openrouter/auto",
        auth="bearer",
    ),
    "deepseek": Preset(
        "https://api.deepseek.com/anthropic",
        key_variable="DEEPSEEK_API_KEY",
        needs_key=True,
        model="deepseek-chat",
        capabilities=_LOCAL - {"images"},
    ),
    "ollama": Preset("http://127.0.0.1:11434", capabilities=_LOCAL),
    "lmstudio": Preset("http://127.0.0.1:1234", capabilities=_LOCAL),
    "vllm": Preset("http://127.0.0.1:8000", key_variable="VLLM_API_KEY", auth="bearer", capabilities=_LOCAL),
    "llamacpp": Preset("http://127.0.0.1:8080", key_variable="LLAMA_API_KEY", capabilities=_LOCAL),
}

CUSTOM = Preset()
"""An address that the user gives: nothing is known about it, so nothing is refused in advance."""


def root_of(base_url: str) -> str:
    """An address without `/v1`, which requests add themselves; people copy it with and without."""
    return base_url.rstrip("/").removesuffix("/v1")
