"""The provider: which program is run, in which environment, and what it may do."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from claif.api import (
    AgentProvider,
    InvalidQueryError,
    Job,
    PermissionMode,
    Process,
    Query,
    Secret,
    identifier,
    uuid_conversation,
)
from claif_codex.driver import CodexDriver
from claif_codex.execution import OTHER_PROTOCOL, ExecDriver, exec_arguments
from claif_codex.options import extras_of
from claif_codex.settings import CodexSettings

OPENAI = "https://api.openai.com/v1"
KEY_VARIABLE = "CLAIF_CODEX_KEY"
ENDPOINT = "claif"
"""How the configured endpoint is called inside of Codex."""


class CodexProvider(AgentProvider):
    """Codex CLI."""

    name = "codex"
    capabilities: ClassVar[frozenset[str]] = frozenset(
        {"text", "streaming", "system", "images", "files", "thinking", "schema", "agent", "conversations", "worktrees"}
    )
    Settings = CodexSettings
    settings: CodexSettings
    agent = "codex"
    login = "Run `codex login`"
    hosts: ClassVar[frozenset[str]] = frozenset({"api.openai.com", "auth.openai.com", "chatgpt.com"})
    # Settings have commands, and the trust in projects.
    governing = ("config.toml", "AGENTS.md", "AGENTS.override.md", "hooks.json", "prompts", "rules", "skills")

    @classmethod
    def logged_in(cls, environ: Mapping[str, str]) -> bool:
        """Whether there is a login in its home."""
        return (_users_home(environ) / "auth.json").exists()

    def job(self, query: Query) -> Job:
        """What is run for a query."""
        settings, mode = self.settings, self.settings.mode(query.permission)
        extras_of(query)
        if query.conversation is not None:
            uuid_conversation(query.conversation, "Codex")
        if model := query.model or settings.model:
            identifier(model, "model")
        own = settings.api_key is not None or settings.base_url is not None
        home = self.agent_home(None if own else _users_home(os.environ))
        by_exec = settings.protocol == "exec"
        if by_exec and settings.mcp_servers:
            raise InvalidQueryError("`codex exec` is given no MCP servers.", hint=OTHER_PROTOCOL)
        # The app server leaves its own sandbox out where ours confines it; the other has it always.
        policy = self.base_policy(query, home=home, nested=by_exec and mode is not PermissionMode.FULL)
        command = self.agent_command(
            arguments=[
                *self._arguments(),
                *(exec_arguments(query, mode, model, policy.more) if by_exec else ["app-server"]),
            ],
            environment=self._environment(home),
            directory=policy.directory,
        )
        return Job(query=query, mode=mode, command=command, policy=policy, open=query.conversation)

    def driver(self, process: Process, job: Job) -> CodexDriver | ExecDriver:
        """Speaks with the process."""
        return ExecDriver(self, process, job) if self.settings.protocol == "exec" else CodexDriver(self, process)

    def prewarm(self, query: Query) -> None:
        """Start an app server ahead; `codex exec` serves one query, with which it is started."""
        if self.settings.protocol != "exec":
            super().prewarm(query)

    def thread_config(self, add_dirs: Iterable[Path] = ()) -> dict[str, Any]:
        """What a conversation is configured with beyond its own fields; it never is an argument.

        Args:
            add_dirs: further folders that it may write where its own sandbox confines it, absolute.
        """
        servers = {name: dict(server) for name, server in self.settings.mcp_servers.items()}
        roots = [str(folder) for folder in add_dirs]
        found: dict[str, Any] = {"mcp_servers": servers} if servers else {}
        return found | ({"sandbox_workspace_write": {"writable_roots": roots}} if roots else {})

    def _arguments(self) -> list[str]:
        """The endpoint that the settings name, for Codex's own configuration."""
        settings = self.settings
        if settings.base_url is None and settings.api_key is None:
            return []
        fields = {
            "name": f'"{ENDPOINT}"',
            "base_url": f'"{self.base_url() or OPENAI}"',
            "wire_api": '"responses"',
            "request_max_retries": settings.max_retries,
            "stream_max_retries": settings.max_retries,
            "stream_idle_timeout_ms": round(settings.idle_timeout * 1000),
        }
        if settings.api_key is not None:
            fields["env_key"] = f'"{KEY_VARIABLE}"'
        table = ",".join([f"{name}={value}" for name, value in fields.items()])
        return ["-c", f'model_provider="{ENDPOINT}"', "-c", f"model_providers.{ENDPOINT}={{{table}}}"]

    def _environment(self, home: Path) -> dict[str, str | Secret]:
        variables: dict[str, str | Secret] = {"NO_COLOR": "1", "CODEX_HOME": str(home)}
        if self.settings.api_key is not None:
            variables[KEY_VARIABLE] = self.settings.api_key
        return variables | dict(self.settings.env)


def _users_home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("CODEX_HOME") or Path.home() / ".codex")
