"""Settings of a table `[providers.NAME]` whose type is claude."""

from __future__ import annotations

from attrs import field, frozen

from claif.api import AgentSettings

SOURCES = ("user", "project", "local")


def _sources(_instance: object, _attribute: object, value: tuple[str, ...]) -> None:
    if not set(value) <= set(SOURCES):
        raise ValueError(f"must be some of {', '.join(SOURCES)}")


def _retries(_instance: object, _attribute: object, value: int) -> None:
    if not 0 <= value <= 20:  # noqa: PLR2004 - more are hours
        raise ValueError("must be a number from 0 to 20")


@frozen(kw_only=True)
class ClaudeSettings(AgentSettings):
    """A table of the type claude.

    Args:
        setting_sources: which of Claude Code's own settings it loads: user, project, local. None by default, since its
            hooks and rules would go past Claif's permission modes.
        max_retries: how often Claude Code itself asks its API again.
    """

    setting_sources: tuple[str, ...] = field(default=(), validator=_sources)
    max_retries: int = field(default=2, validator=_retries)
