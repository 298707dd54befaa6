"""The Responses API: OpenAI's newer protocol, which llama.cpp, vLLM, LM Studio, Ollama and OpenRouter speak too."""

from __future__ import annotations

from claif_openai.responses.api import Responses

__all__ = ["Responses"]
