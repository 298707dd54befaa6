"""The provider: which program is run, in which environment, and what it may do."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from claif.api import (
    AgentProvider,
    AgentSettings,
    Job,
    MissingAPIKeyError,
    Process,
    ProviderStatus,
    Query,
    Secret,
)
from claif_claude.arguments import arguments, extras_of
from claif_claude.driver import ClaudeDriver
from claif_claude.settings import ClaudeSettings

QUIET = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "DISABLE_TELEMETRY": "1",
}


KEYS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN")
"""Variables with which Claude Code is logged in without a file."""


class ClaudeProvider(AgentProvider):
    """Claude Code."""

    name = "claude"
    capabilities: ClassVar[frozenset[str]] = frozenset(
        (
            *("text", "streaming", "system", "images", "files", "thinking", "agent", "conversations", "worktrees"),
            "cost_limit",
        )
    )
    Settings = ClaudeSettings
    settings: ClaudeSettings
    agent = "claude"
    login = "Run claude once and log in"
    hosts: ClassVar[frozenset[str]] = frozenset(
        {"api.anthropic.com", "claude.ai", "console.anthropic.com", "platform.claude.com"}
    )
    # Settings have hooks, which are commands.
    governing = ("settings.json", "CLAUDE.md", "agents", "commands", "hooks", "output-styles", "rules", "skills")

    @classmethod
    def status(cls, name: str, settings: AgentSettings) -> ProviderStatus:
        """Whether the program is here, and whether it has a login or a key for where it is sent."""
        found = super().status(name, settings)
        return ProviderStatus("no key", *_no_key(name)) if found.state == "ready" and _keyless(settings) else found

    @classmethod
    def logged_in(cls, environ: Mapping[str, str]) -> bool:
        """Whether there is a key or a token in the environment, or a login in its home."""
        if any(environ.get(name) for name in KEYS):
            return True
        return (_users_home(environ) / ".credentials.json").exists() or sys.platform == "darwin"

    def job(self, query: Query) -> Job:
        """What is run for a query."""
        if _keyless(self.settings):
            message, hint = _no_key(self.context.name)
            raise MissingAPIKeyError(f"{self.context.name}: {message}.", hint=hint, provider=self.context.name)
        more = extras_of(query)
        mode = self.settings.mode(query.permission)
        home = self.agent_home(_users_home(os.environ) if self.settings.api_key is None else None)
        policy = self.base_policy(query, home=home)
        command = self.agent_command(
            arguments=arguments(query, self.settings, mode, more, policy.more),
            environment=self._environment(home),
            directory=policy.directory,
        )
        return Job(query=query, mode=mode, command=command, policy=policy, open=query.system)

    def driver(self, process: Process, job: Job) -> ClaudeDriver:
        """Speaks with the process."""
        return ClaudeDriver(self, process, job)

    def _environment(self, home: Path) -> dict[str, str | Secret]:
        settings = self.settings
        variables: dict[str, str | Secret] = {**QUIET, "CLAUDE_CODE_MAX_RETRIES": str(settings.max_retries)}
        if settings.api_key is not None:
            variables["ANTHROPIC_API_KEY"] = settings.api_key
        else:
            variables |= {name: Secret(value) for name in KEYS if (value := os.environ.get(name))}
        if settings.api_key is not None or sys.platform == "linux":
            # Without it, it writes beside its home too, by a rename that a sandbox cannot let through.
            variables["CLAUDE_CONFIG_DIR"] = str(home)
        if (url := self.base_url()) is not None:
            variables["ANTHROPIC_BASE_URL"] = str(url)
        return variables | dict(settings.env)


def _keyless(settings: AgentSettings) -> bool:
    """Whether it is sent to another endpoint than its own without a key for that."""
    return settings.base_url is not None and settings.api_key is None


def _no_key(name: str) -> tuple[str, str]:
    return "it has an endpoint of its own, to which your login is not sent", f"Set providers.{name}.api_key for it."


def _users_home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("CLAUDE_CONFIG_DIR") or Path.home() / ".claude")
