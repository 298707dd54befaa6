"""Settings of a table `[providers.NAME]` whose type is gemini."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import in_
from claif_acp.settings import AcpSettings


@frozen(kw_only=True)
class GeminiSettings(AcpSettings):
    """A table of the type gemini.

    Args:
        protocol: `acp`, or `stream-json` for what that lacks: conversations that are gone on with and the detector of
            loops; without questions, images and warmth.
    """

    protocol: str = field(default="acp", validator=in_(("acp", "stream-json")))
