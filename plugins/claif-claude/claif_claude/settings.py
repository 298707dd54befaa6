"""Settings of a table `[providers.NAME]` whose type is claude."""

from __future__ import annotations

from attrs import field, frozen

from claif.api import AgentSettings

SOURCES = ("user", "project", "local")


def _sources(_instance: object, _attribute: object, value: tuple[str, ...]) -> None:
    if not set(value) <= set(SOURCES):
        raise ValueError(f"must be some of {', '.join(SOURCES)}")


@frozen(kw_only=True)
class ClaudeSettings(AgentSettings):
    """A table of the type claude.

    Args:
        allowed_tools: tools that it may use without asking, as it names them.
        denied_tools: tools that it may not use.
        setting_sources: which of Claude Code's own settings it loads: user, project, local. None by default, since its
            hooks and rules would go past Claif's permission modes.
    """

    allowed_tools: tuple[str, ...] = ()
    denied_tools: tuple[str, ...] = ()
    setting_sources: tuple[str, ...] = field(default=(), validator=_sources)
