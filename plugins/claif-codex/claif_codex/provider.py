"""The provider: which program is run, in which environment, and what it may do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, ClassVar

from claif.api import (
    AgentProvider,
    Command,
    DependencyError,
    Job,
    PermissionMode,
    Process,
    ProviderStatus,
    Query,
    Secret,
    agent_program,
    claif_home,
    identifier,
)
from claif_codex.driver import CodexDriver
from claif_codex.execution import ExecDriver, exec_arguments
from claif_codex.options import extras_of, thread_id
from claif_codex.settings import CodexSettings

PROGRAM = "codex"
OPENAI = "https://api.openai.com/v1"
KEY_VARIABLE = "CLAIF_CODEX_KEY"
ENDPOINT = "claif"
"""How the configured endpoint is called inside of Codex."""
GOVERNING = ("config.toml", "AGENTS.md", "AGENTS.override.md", "hooks.json", "prompts", "rules", "skills")
"""What in its home decides what it does for anybody later; settings have commands, and the trust in projects."""


class CodexProvider(AgentProvider):
    """Codex CLI."""

    name = "codex"
    capabilities: ClassVar[frozenset[str]] = frozenset(
        {"text", "streaming", "system", "images", "files", "thinking", "schema", "agent", "conversations"}
    )
    Settings = CodexSettings
    settings: CodexSettings
    hosts: ClassVar[frozenset[str]] = frozenset({"api.openai.com", "auth.openai.com", "chatgpt.com"})

    @classmethod
    def status(cls, name: str, settings: CodexSettings) -> ProviderStatus:
        """Whether the program is here, and whether it seems to be logged in; nothing is run."""
        try:
            agent_program(PROGRAM, configured=settings.path, home=claif_home(), environ=os.environ)
        except DependencyError as error:
            return ProviderStatus("not installed", error.message, error.hint or "")
        if settings.api_key is None and not (_users_home() / "auth.json").exists():
            return ProviderStatus(
                "no key", "it is not logged in", f"Run `codex login`, or set providers.{name}.api_key."
            )
        return ProviderStatus()

    def job(self, query: Query) -> Job:
        """What is run for a query."""
        extras_of(query)
        if query.conversation is not None:
            thread_id(query.conversation)
        if model := query.model or self.settings.model:
            identifier(model, "model")
        mode = self.settings.mode(query.permission)
        environment, home = self._surroundings()
        governing = tuple(home / name for name in GOVERNING)
        # The app server leaves its own sandbox out where ours confines it; the other has it always.
        policy = self.base_policy(
            query,
            state=(home,),
            governing=governing,
            nested=self.settings.protocol == "exec" and mode is not PermissionMode.FULL,
        )
        if self.settings.protocol == "exec":
            words = [*self._arguments(), *exec_arguments(query, mode, query.model or self.settings.model)]
        else:
            words = ["app-server", *self._arguments()]
        command = Command(
            program=self.program(PROGRAM),
            arguments=words,
            environment=environment,
            directory=policy.directory,
        )
        return Job(
            query=query, mode=mode, directory=policy.directory, command=command, policy=policy, open=query.conversation
        )

    def driver(self, process: Process, job: Job) -> CodexDriver | ExecDriver:
        """Speaks with the process."""
        return ExecDriver(self, process, job) if self.settings.protocol == "exec" else CodexDriver(self, process)

    def thread_config(self) -> dict[str, Any]:
        """What a conversation is configured with beyond its own fields; it never is an argument."""
        servers = {name: dict(server) for name, server in self.settings.mcp_servers.items()}
        return {"mcp_servers": servers} if servers else {}

    def _arguments(self) -> list[str]:
        """The endpoint that the settings name, for Codex's own configuration."""
        settings = self.settings
        if settings.base_url is None and settings.api_key is None:
            return []
        url = self.context.http.endpoint(settings.base_url or OPENAI, allow_http=settings.allow_http).url
        fields = {
            "name": f'"{ENDPOINT}"',
            "base_url": f'"{url.origin}{url.path}"',
            "wire_api": '"responses"',
            "request_max_retries": settings.max_retries,
            "stream_max_retries": settings.max_retries,
            "stream_idle_timeout_ms": round(settings.idle_timeout * 1000),
        }
        if settings.api_key is not None:
            fields["env_key"] = f'"{KEY_VARIABLE}"'
        table = ",".join([f"{name}={value}" for name, value in fields.items()])
        return ["-c", f'model_provider="{ENDPOINT}"', "-c", f"model_providers.{ENDPOINT}={{{table}}}"]

    def _surroundings(self) -> tuple[dict[str, str | Secret], Path]:
        """Its variables and its home: one of its own in Claif's with a key, else the user's, where its login is."""
        settings = self.settings
        variables: dict[str, str | Secret] = {"NO_COLOR": "1"}
        if settings.api_key is not None or settings.base_url is not None:
            home = self.context.home / "agents" / self.context.name
        else:
            home = _users_home()
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        variables["CODEX_HOME"] = str(home)
        if settings.api_key is not None:
            variables[KEY_VARIABLE] = settings.api_key
        return variables | dict(settings.env), home


def _users_home() -> Path:
    return Path(os.environ.get("CODEX_HOME") or Path.home() / ".codex")
