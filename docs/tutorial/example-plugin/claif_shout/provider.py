"""The provider: answers with the question, in capital letters."""

from __future__ import annotations

from attrs import frozen

from claif.api import Emit, Provider, ProviderSettings, Query, TextDelta


@frozen(kw_only=True)
class ShoutSettings(ProviderSettings):
    """A table `[providers.NAME]` with `type = "shout"`; `marks` is how many exclamation marks it ends with."""

    marks: int = 1


class ShoutProvider(Provider):
    """Shouts."""

    name = "shout"
    capabilities = frozenset({"text", "streaming"})
    Settings = ShoutSettings

    async def query(self, query: Query, emit: Emit) -> None:
        """Emit word by word."""
        for number, word in enumerate(query.prompt.upper().split()):
            await emit(TextDelta(word if number == 0 else f" {word}"))
        await emit(TextDelta("!" * self.context.settings.marks))
