"""Settings of a table `[providers.NAME]` whose type is codex."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import in_

from claif.api import AgentSettings


def _retries(_instance: object, _attribute: object, value: int) -> None:
    if not 0 <= value <= 20:  # noqa: PLR2004 - more are hours
        raise ValueError("must be a number from 0 to 20")


@frozen(kw_only=True)
class CodexSettings(AgentSettings):
    """A table of the type codex.

    Args:
        protocol: `app-server`, or `exec` for a version that has no app server: without deltas, questions and warmth.
        max_retries: how often Codex itself asks its API again, and how many broken connections are borne.
    """

    protocol: str = field(default="app-server", validator=in_(("app-server", "exec")))
    max_retries: int = field(default=2, validator=_retries)
