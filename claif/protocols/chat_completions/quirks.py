"""How servers that speak chat completions differ in what they accept."""

from __future__ import annotations

from attrs import frozen


@frozen
class Quirks:
    """The differences of one server.

    Args:
        max_tokens: name of the field that limits the answer; OpenAI itself wants `max_completion_tokens`.
        seed: name of the field for repeatable sampling; Mistral calls it `random_seed`.
        stream_usage: whether it takes `stream_options`, with which a stream counts its tokens; Mistral refuses it and
            counts without it.
        file_urls: whether it fetches files by URL; OpenRouter does.
    """

    max_tokens: str = "max_tokens"
    seed: str = "seed"
    stream_usage: bool = True
    file_urls: bool = False


NO_QUIRKS = Quirks()
"""A server that does as most do."""
