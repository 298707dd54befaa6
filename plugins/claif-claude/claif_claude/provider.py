"""The provider: which program is run, in which environment, and what it may do."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, ClassVar

from claif.api import (
    AgentProvider,
    Command,
    DependencyError,
    Job,
    Process,
    ProviderStatus,
    Query,
    Secret,
    agent_program,
    claif_home,
)
from claif_claude.arguments import arguments, extras_of
from claif_claude.driver import ClaudeDriver
from claif_claude.settings import ClaudeSettings

PROGRAM = "claude"
QUIET = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "DISABLE_TELEMETRY": "1",
}
GOVERNING = ("settings.json", "CLAUDE.md", "agents", "commands", "hooks", "output-styles", "rules", "skills")
"""What in its home decides what it does for anybody later; settings have hooks, which are commands."""


class ClaudeProvider(AgentProvider):
    """Claude Code."""

    name = "claude"
    capabilities: ClassVar[frozenset[str]] = frozenset(
        {"text", "streaming", "system", "images", "files", "thinking", "agent", "conversations"}
    )
    Settings = ClaudeSettings
    settings: ClaudeSettings
    mime_types: ClassVar[frozenset[str]] = frozenset()
    hosts: ClassVar[frozenset[str]] = frozenset(
        {"api.anthropic.com", "claude.ai", "console.anthropic.com", "platform.claude.com"}
    )

    @classmethod
    def status(cls, name: str, settings: ClaudeSettings) -> ProviderStatus:
        """Whether the program is here, and whether it seems to be logged in; nothing is run."""
        try:
            agent_program(PROGRAM, configured=settings.path, home=claif_home(), environ=os.environ)
        except DependencyError as error:
            return ProviderStatus("not installed", error.message, error.hint or "")
        if settings.api_key is None and not _logged_in(os.environ):
            return ProviderStatus(
                "no key", "it is not logged in", f"Run claude once and log in, or set providers.{name}.api_key."
            )
        return ProviderStatus()

    def job(self, query: Query) -> Job:
        """What is run for a query."""
        more = extras_of(query)
        mode = self.settings.mode(query.permission)
        environment, state = self._surroundings()
        governing = tuple(folder / name for folder in state for name in GOVERNING)
        policy = self.base_policy(query, state=state, governing=governing)
        command = Command(
            program=self.program(PROGRAM),
            arguments=arguments(query, self.settings, mode, more),
            environment=environment,
            directory=policy.directory,
        )
        return Job(
            query=query, mode=mode, directory=policy.directory, command=command, policy=policy, open=query.system
        )

    def driver(self, process: Process, job: Job) -> ClaudeDriver:
        """Speaks with the process."""
        return ClaudeDriver(self, process, job)

    def _surroundings(self) -> tuple[dict[str, str | Secret], tuple[Path, ...]]:
        """Its variables and what it must be able to write.

        With a key it gets a home of its own in Claif's; without one it uses the user's, where its login is.
        """
        settings = self.settings
        variables: dict[str, str | Secret] = {**QUIET, "CLAUDE_CODE_MAX_RETRIES": str(settings.max_retries)}
        if settings.api_key is not None:
            home = self.context.home / "agents" / self.context.name
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            variables |= {"ANTHROPIC_API_KEY": settings.api_key, "CLAUDE_CONFIG_DIR": str(home)}
        else:
            home = Path(os.environ.get("CLAUDE_CONFIG_DIR") or Path.home() / ".claude")
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            if sys.platform == "linux":
                # Else it writes beside the folder too, by a rename that a sandbox cannot let through.
                variables["CLAUDE_CONFIG_DIR"] = str(home)
        if settings.base_url is not None:
            url = self.context.http.endpoint(settings.base_url, allow_http=settings.allow_http).url
            variables["ANTHROPIC_BASE_URL"] = f"{url.origin}{url.path}"
        return variables | dict(settings.env), (home,)


def _logged_in(environ: Any) -> bool:
    if environ.get("ANTHROPIC_API_KEY") or environ.get("CLAUDE_CODE_OAUTH_TOKEN"):
        return True
    home = Path(environ.get("CLAUDE_CONFIG_DIR") or Path.home() / ".claude")
    return (home / ".credentials.json").exists() or sys.platform == "darwin"
