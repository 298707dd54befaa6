"""Drivers of programs that are given one prompt by standard input, answer it and end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import InvalidQueryError
from ..models import FileBlock, Query, TextBlock
from .history import agent_messages, file_text

if TYPE_CHECKING:
    from ..transport.process.process import Process
    from .base import AgentProvider, Job


class OneTurn(ABC):
    """The driver of a program whose process is never used again; subclasses read what it answers.

    Args:
        provider: whose settings count.
        process: the process.
        job: what it was started for.
    """

    def __init__(self, provider: AgentProvider, process: Process, job: Job) -> None:
        self.process = process
        self.provider = provider
        self._job = job

    @abstractmethod
    def prompt(self, query: Query) -> str:
        """What it is given; see `one_text`.

        Raises:
            InvalidQueryError: it cannot be given that.
        """

    async def open(self) -> None:
        """Give it the prompt, and nothing more."""
        await self.process.send_text(self.prompt(self._job.query))
        self.process.send_eof()

    async def healthy(self) -> bool:
        """It serves one query."""
        return False

    async def renew(self) -> bool:
        """Likewise."""
        return False

    async def interrupt(self) -> bool:
        """It knows no interruption, and is ended."""
        return False

    def state(self) -> Mapping[str, Any]:
        """Nobody goes on with it."""
        return {}

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Likewise."""
        raise ValueError(state)


def one_text(query: Query, *, agent: str, command: str, hint: str) -> str:
    """The messages of a query as one text, with text files in it.

    Args:
        query: what is asked.
        agent: how the agent is called in messages.
        command: what takes nothing but text.
        hint: how to ask with an image all the same.

    Raises:
        InvalidQueryError: there is an image or a file that is no text.
    """
    parts = []
    for block in agent_messages(query):
        match block:
            case TextBlock():
                parts.append(block.text)
            case FileBlock():
                parts.append(file_text(block, agent))
            case _:
                raise InvalidQueryError(f"`{command}` takes no images.", hint=hint)
    return "\n\n".join(parts)
