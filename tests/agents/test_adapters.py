"""The ACP adapters of agents that have a plugin of their own: what is known of these agents holds for them too."""

from __future__ import annotations

import pytest
from claif_acp.presets import PRESETS
from claif_claude.provider import KEYS, ClaudeProvider
from claif_codex.provider import CodexProvider

from claif.api import AgentProvider

ADAPTERS = pytest.mark.parametrize(
    ("preset", "provider", "folder"),
    [("claude-acp", ClaudeProvider, ".claude"), ("codex-acp", CodexProvider, ".codex")],
)


@ADAPTERS
def test_its_tools_change_nothing_that_governs_the_agent(
    preset: str, provider: type[AgentProvider], folder: str
) -> None:
    assert {f"{folder}/{name}" for name in provider.governing} <= set(PRESETS[preset].governing)


@ADAPTERS
def test_it_reaches_what_the_agent_must_reach(preset: str, provider: type[AgentProvider], folder: str) -> None:
    assert provider.hosts <= PRESETS[preset].hosts
    assert folder in PRESETS[preset].places


def test_it_gets_every_login_that_is_in_a_variable() -> None:
    assert set(KEYS) <= set(PRESETS["claude-acp"].variables)
