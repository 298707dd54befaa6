"""The promises that every provider makes, as tests: subclass `ProviderConformance`, and pytest collects them.

Example:
    class TestMine(ProviderConformance):
        def settings(self, server, **behaviour):
            return {"type": "mine", "base_url": server.url(**behaviour)}
"""

from __future__ import annotations

from .answers import Answers
from .cancellation import Cancellation
from .embedding import EmbeddingConformance
from .failures import Failures
from .lifetimes import Lifetimes

__all__ = ["EmbeddingConformance", "ProviderConformance"]


class ProviderConformance(Answers, Failures, Lifetimes, Cancellation):
    """Subclass it, say how your provider is configured, and run pytest.

    Tests that make no sense for a provider are named in `lacks` and are not collected.
    """
