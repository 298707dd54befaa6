"""The providers: which program is run, in which environment, and what it may do."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import evolve

from claif.api import (
    AgentProvider,
    ClaifError,
    Context,
    DependencyError,
    InvalidQueryError,
    Job,
    PermissionMode,
    Policy,
    Process,
    ProviderStatus,
    Query,
    Secret,
    agent_program,
    find_program,
    flag,
    identifier,
    read_extras,
)
from claif_acp.driver import AcpDriver
from claif_acp.extras import Extras
from claif_acp.preset import Launch, Preset
from claif_acp.presets import PRESETS, find_preset
from claif_acp.settings import AcpSettings

if TYPE_CHECKING:
    from claif_acp.agent import Agent

OURS = "claif"
"""The folder in an agent's home with what Claif writes for it."""


class AcpProvider(AgentProvider):
    """Any agent that speaks the Agent Client Protocol: one with a preset, or a command of the user's file."""

    name = "acp"
    capabilities: ClassVar[frozenset[str]] = frozenset(
        {"text", "streaming", "system", "images", "files", "thinking", "agent", "conversations", "worktrees"}
    )
    Settings = AcpSettings
    settings: AcpSettings
    known_as: ClassVar[str | None] = None
    """The preset of a provider that is there for one agent."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.preset = self.preset_of(context.name, self.settings)
        if not self.preset.resumes:
            self.capabilities = self.capabilities - {"conversations"}  # type: ignore[misc] # known with the settings only

    @classmethod
    def preset_of(cls, name: str, settings: AcpSettings) -> Preset:
        """What is peculiar to the agent that is meant.

        Raises:
            InvalidConfigError: the settings name none.
        """
        return find_preset(name, settings.preset or cls.known_as, command=bool(settings.command))

    @classmethod
    def status(cls, name: str, settings: Any) -> ProviderStatus:
        """Whether the program is here, and whether it seems to be logged in; nothing is run."""
        if not (settings.command or settings.preset or cls.known_as or name in PRESETS):
            hint = f"Ask one as {name}:PRESET, or set preset or command in [providers.NAME]."
            return ProviderStatus("not installed", "it names no agent", hint)
        try:
            return super().status(name, settings)
        except ClaifError as error:
            return ProviderStatus("broken", error.message, error.hint or "")

    @classmethod
    def find_program(cls, name: str, settings: Any, home: Path) -> Path:
        """The program of the preset, or that of the user's command."""
        preset = cls.preset_of(name, settings)
        if settings.command:
            return find_program(preset.title, configured=settings.command[0], environ=os.environ)
        if preset.installable:
            return agent_program(preset.program, configured=settings.path, home=home, environ=os.environ)
        try:
            return find_program(preset.program, configured=settings.path, environ=os.environ)
        except DependencyError as error:
            error.hint = f"Install {preset.title} as its makers say, or set path for its provider."
            raise

    @classmethod
    def missing_login(cls, name: str, settings: Any) -> str:
        """What to do for a login; of an agent that tells no place for it, it is believed."""
        preset = cls.preset_of(name, settings)
        return preset.login if preset.logins and not any(map(_is_there, preset.logins)) else ""

    def job(self, query: Query) -> Job:
        """What is run for a query."""
        mode = self.settings.mode(query.permission)
        launch = self._launch(query)
        setup = self.preset.setup(launch)
        policy = self._policy(query, launch)
        command = self.agent_command(
            arguments=[
                *self.words(query),
                *setup.arguments,
                *self._add_dirs(policy.more),
            ],
            environment={**self._login(launch), **setup.environment, **self.settings.env},
            directory=policy.directory,
        )
        bound = (query.conversation, self.settings.serve_files)
        return Job(query=query, mode=mode, command=command, policy=policy, open=bound)

    def driver(self, process: Process, job: Job) -> Any:
        """Speaks with the process."""
        return AcpDriver(self, process, job)

    def words(self, query: Query) -> tuple[str, ...]:  # noqa: ARG002 - subclasses use it
        """What follows the program so that it speaks the protocol: of the user's command, else of the preset."""
        return self.settings.command[1:] or self.preset.arguments

    def client_capabilities(self, mode: PermissionMode) -> dict[str, Any]:
        """What is offered to the agent; terminals are not: it runs its commands itself, within its sandbox."""
        serves = self.settings.serve_files and self.preset.serves_files
        return {
            "fs": {"readTextFile": serves, "writeTextFile": serves and mode is not PermissionMode.PLAN},
            "terminal": False,
        }

    def model_of(self, query: Query) -> str | None:
        """The model that is asked, if anybody names one."""
        return query.model or self.settings.model

    def model_in_session(self, query: Query) -> str | None:
        """The model that is chosen in the session, for agents that are not started with one."""
        return None if self.preset.takes_key else self.model_of(query)

    def resumes(self, agent: Agent) -> bool:
        """Whether its conversations can be gone on with."""
        return self.preset.resumes and (agent.load or agent.resume)

    def _launch(self, query: Query) -> Launch:
        more = read_extras(query.options, Extras, self.preset.title)
        settings = self.settings
        if model := self.model_of(query):
            identifier(model, "model")
        if not self.preset.takes_key and (settings.api_key is not None or settings.base_url is not None):
            raise InvalidQueryError(
                f"Claif does not know how to give {self.preset.title} a key or an endpoint.",
                hint=f"Give it variables that it reads: providers.{self.context.name}.env.",
            )
        url = self.base_url()
        if more.max_turns is not None and not self.preset.takes_turns:
            raise InvalidQueryError(f"{self.preset.title} has no option max_turns.")
        folder = self.agent_home(None)
        if more.max_turns is not None:
            # Settings limit the turns, and a warm process reads them for each session. No provider's name has a "+", so
            # that this is nobody's home; in the other home its tools could write what governs here.
            folder = folder.with_name(f"{folder.name}+turns-{more.max_turns}")
            folder.mkdir(mode=0o700, exist_ok=True)
        files = folder / OURS
        files.mkdir(mode=0o700, exist_ok=True)
        return Launch(
            folder=folder,
            files=files,
            key=settings.api_key,
            url=None if url is None else str(url),
            model=self.model_of(query),
            system=query.system,
            retries=settings.max_retries,
            turns=more.max_turns,
            servers=bool(settings.mcp_servers),
        )

    def _add_dirs(self, folders: Iterable[Path]) -> list[str]:
        """Options for further folders; agents that are not told of one find it in their sandbox all the same."""
        if not self.preset.add_dir:
            return []
        return [flag(self.preset.add_dir, str(folder)) for folder in folders if "," not in str(folder)]

    def _policy(self, query: Query, launch: Launch) -> Policy:
        """The policy: it writes its own folder, and its places in the home where its login is."""
        home = launch.folder if launch.own else Path.home()
        policy = self.base_policy(query, home=launch.folder)
        places = [launch.folder] if launch.own else [launch.folder, *[home / place for place in self.preset.places]]
        return evolve(
            policy,
            state=[place for place in places if place.exists()],
            governing=[launch.files, *[home / place for place in self.preset.governing]],
            hosts=policy.hosts | self.preset.hosts,
        )

    def _login(self, launch: Launch) -> Mapping[str, Secret]:
        """Variables of the user that are the agent's login."""
        if launch.own:
            return {}
        return {name: Secret(os.environ[name]) for name in self.preset.variables if os.environ.get(name)}


class CopilotProvider(AcpProvider):
    """Copilot CLI."""

    name = "copilot"
    known_as = "copilot"


class OpenCodeProvider(AcpProvider):
    """OpenCode."""

    name = "opencode"
    known_as = "opencode"


class QwenProvider(AcpProvider):
    """Qwen Code."""

    name = "qwen"
    known_as = "qwen"


def _is_there(login: str) -> bool:
    """Whether a login is there: a variable (`$NAME`), or a file."""
    return bool(os.environ.get(login[1:])) if login.startswith("$") else Path(login).expanduser().exists()
