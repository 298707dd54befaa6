"""Settings of a table `[providers.NAME]` whose type is codex."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import in_

from claif.api import AgentSettings


@frozen(kw_only=True)
class CodexSettings(AgentSettings):
    """A table of the type codex.

    Args:
        protocol: `app-server`, or `exec` for a version that has no app server: without deltas, questions and warmth.
    """

    protocol: str = field(default="app-server", validator=in_(("app-server", "exec")))
