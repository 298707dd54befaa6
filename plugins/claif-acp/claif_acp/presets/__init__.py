"""The agents that are known by name."""

from __future__ import annotations

from claif.api import InvalidConfigError
from claif_acp.preset import Preset
from claif_acp.presets.copilot import COPILOT
from claif_acp.presets.gemini import GEMINI
from claif_acp.presets.opencode import OPENCODE
from claif_acp.presets.qwen import QWEN

PRESETS = {
    "claude-acp": Preset(
        title="the ACP adapter of Claude Code",
        program="claude-agent-acp",
        hosts=frozenset({"api.anthropic.com", "claude.ai", "console.anthropic.com", "platform.claude.com"}),
        places=(".claude", ".claude.json"),
        governing=(
            *(".claude/settings.json", ".claude/CLAUDE.md", ".claude/commands", ".claude/agents", ".claude/hooks"),
            *(".claude/output-styles", ".claude/rules", ".claude/skills"),
        ),
        login="Run claude once and log in",
        variables=("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"),
        mode="default",
    ),
    "codex-acp": Preset(
        title="the ACP adapter of Codex",
        program="codex-acp",
        hosts=frozenset({"api.openai.com", "auth.openai.com", "chatgpt.com"}),
        places=(".codex",),
        governing=(
            *(".codex/config.toml", ".codex/AGENTS.md", ".codex/AGENTS.override.md", ".codex/hooks.json"),
            *(".codex/prompts", ".codex/rules", ".codex/skills"),
        ),
        login="Run `codex login`",
        variables=("OPENAI_API_KEY", "CODEX_API_KEY"),
    ),
    "copilot": COPILOT,
    "gemini": GEMINI,
    "goose": Preset(
        title="goose",
        program="goose",
        arguments=("acp",),
        places=(".config/goose", ".local/share/goose", ".local/state/goose"),
        governing=(".config/goose",),
        login="Run `goose configure`",
    ),
    "kimi": Preset(
        title="Kimi CLI",
        program="kimi",
        arguments=("acp",),
        hosts=frozenset({"api.kimi.com", "api.moonshot.ai", "api.moonshot.cn", "auth.kimi.com"}),
        places=(".kimi",),
        governing=(".kimi/config.toml", ".kimi/mcp.json", ".kimi/skills"),
        login="Run kimi once and log in",
        variables=("KIMI_API_KEY",),
    ),
    "opencode": OPENCODE,
    "qwen": QWEN,
}


def find_preset(provider: str, preset: str | None, *, command: bool) -> Preset:
    """The agent that is meant.

    1. The one that the settings name,
    2. or the one of a command, of which nothing more is known,
    3. or the one of the provider's own name.

    Args:
        provider: its name.
        preset: what the settings name.
        command: whether they have a command.

    Raises:
        InvalidConfigError: there is none.
    """
    if preset is None and command:
        return Preset(title=provider)
    found = PRESETS.get(preset or provider)
    if found is not None:
        return found
    from difflib import get_close_matches

    known = ", ".join(sorted(PRESETS))
    if preset is None:
        raise InvalidConfigError(
            f"The settings of the provider {provider} say no agent.",
            problems=(f"providers.{provider}: neither command nor preset is set",),
            hint=f"Set command in your own file, or preset to one of {known}.",
        )
    near = get_close_matches(preset, PRESETS, n=1)
    raise InvalidConfigError(
        f"There is no preset {preset}.",
        problems=(f"providers.{provider}.preset: unknown preset {preset!r}",),
        hint=f"Did you mean {near[0]}?" if near else f"There are: {known}.",
    )
