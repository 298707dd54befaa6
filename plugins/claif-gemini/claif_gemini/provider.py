"""The provider: Gemini CLI over ACP, or by its own stream for what that lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from attrs import evolve
from claif_acp.provider import AcpProvider

from claif.api import Context, InvalidQueryError, Job, Process, Query
from claif_gemini.execution import COMMAND, StreamDriver, other_way, stream_arguments
from claif_gemini.settings import GeminiSettings

if TYPE_CHECKING:
    from claif_acp.agent import Agent


ACP = frozenset({"--acp", "--experimental-acp"})
"""The options by which it speaks ACP; the second is how older versions call it, and 0.61.0 still takes it."""


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
            raise InvalidQueryError(f"`{COMMAND}` is given no MCP servers.", hint=other_way(query))
        environment = {**job.command.environment, "GEMINI_CLI_TRUST_WORKSPACE": "true"}
        arguments = [*job.command.arguments, *stream_arguments(query, job.mode)]
        command = evolve(job.command, arguments=arguments, environment=environment)
        return evolve(job, command=command)

    def words(self, query: Query) -> tuple[str, ...]:
        """What follows the program: for its own stream without what would have it speak ACP."""
        words = super().words(query)
        return tuple([word for word in words if word.partition("=")[0] not in ACP]) if self.by_stream(query) else words

    def prewarm(self, query: Query) -> None:
        """Start a process ahead that speaks ACP; one of its own stream serves one query, with which it is started."""
        if not self.by_stream(query):
            super().prewarm(query)

    def driver(self, process: Process, job: Job) -> Any:
        """Speaks with the process."""
        return StreamDriver(self, process, job) if self.by_stream(job.query) else super().driver(process, job)

    def resumes(self, agent: Agent) -> bool:  # noqa: ARG002 - its stream goes on with them, whatever it offers here
        """Whether its conversations can be gone on with."""
        return True

    def by_stream(self, query: Query) -> bool:
        """Whether a query is asked by its own stream."""
        return self.settings.protocol == "stream-json" or query.conversation is not None
