"""The provider: Gemini CLI over ACP, or by its own stream for what that lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from attrs import evolve
from claif_acp.provider import AcpProvider

from claif.api import Context, InvalidQueryError, Job, Process, Query
from claif_gemini.execution import StreamDriver, stream_arguments
from claif_gemini.settings import GeminiSettings

if TYPE_CHECKING:
    from claif_acp.agent import Agent


class GeminiProvider(AcpProvider):
    """Gemini CLI."""

    name = "gemini"
    Settings = GeminiSettings
    settings: GeminiSettings
    known_as: ClassVar[str] = "gemini"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.capabilities = type(self).capabilities  # type: ignore[misc] # conversations are gone on with by its stream

    def job(self, query: Query) -> Job:
        """What is run for a query."""
        job = super().job(query)
        if not self.by_stream(query):
            return job
        if self.settings.mcp_servers:
            raise InvalidQueryError("`gemini -o stream-json` is given no MCP servers.", hint="Use the protocol acp.")
        kept = [word for word in job.command.arguments if word not in self.preset.arguments]
        environment = {**job.command.environment, "GEMINI_CLI_TRUST_WORKSPACE": "true"}
        arguments = [*kept, *stream_arguments(query, job.mode)]
        command = evolve(job.command, arguments=arguments, environment=environment)
        return evolve(job, command=command)

    def driver(self, process: Process, job: Job) -> Any:
        """Speaks with the process."""
        return StreamDriver(self, process, job) if self.by_stream(job.query) else super().driver(process, job)

    def resumes(self, agent: Agent) -> bool:  # noqa: ARG002 - its stream goes on with them, whatever it offers here
        """Whether its conversations can be gone on with."""
        return True

    def by_stream(self, query: Query) -> bool:
        """Whether a query is asked by its own stream."""
        return self.settings.protocol == "stream-json" or query.conversation is not None
