"""The driver of `gemini -o stream-json`: the prompt goes in by standard input, and never is an argument."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio
from claif_acp.prompt import JOINER

from claif.api import (
    ClaifError,
    Emit,
    Job,
    OneTurn,
    PermissionMode,
    Query,
    flag,
    one_text,
    uuid_conversation,
)
from claif_gemini.failures import refined
from claif_gemini.stream import Turn

if TYPE_CHECKING:
    from claif_gemini.provider import GeminiProvider

NAME = "Gemini CLI"
COMMAND = "gemini -o stream-json"
MODES = {
    PermissionMode.ASK: "default",
    PermissionMode.PLAN: "plan",
    PermissionMode.EDIT: "auto_edit",
    PermissionMode.FULL: "yolo",
}
LAST_WAIT = 2.0
"""Seconds after its last record within which its exit code comes."""


def stream_arguments(query: Query, mode: PermissionMode) -> list[str]:
    """What follows `gemini`.

    Raises:
        InvalidQueryError: the conversation cannot be one of Gemini CLI's.
    """
    found = [flag("--output-format", "stream-json"), flag("--approval-mode", MODES[mode])]
    if query.conversation is not None:
        found.append(flag("--resume", uuid_conversation(query.conversation, NAME)))
    return found


def prompt_text(query: Query) -> str:
    """The prompt as one text, in which nothing is a command or names a file to put in.

    Raises:
        InvalidQueryError: it has an image.
    """
    text = one_text(query, agent=NAME, command=COMMAND, hint=other_way(query)).replace("@", f"@{JOINER}")
    return f"{JOINER}{text}" if text.lstrip().startswith("/") else text


def other_way(query: Query) -> str:
    """How to ask, as a hint, with what the stream does not take."""
    if query.conversation is None:
        return "Use the protocol acp."
    return "Conversations are gone on with by this stream alone: begin a new one, by the protocol acp."


class StreamDriver(OneTurn):
    """Reads one process to its end."""

    provider: GeminiProvider

    def prompt(self, query: Query) -> str:
        """The prompt as one text."""
        return prompt_text(query)

    async def turn(self, job: Job, emit: Emit) -> bool:
        """The one query."""
        name, model = self.provider.context.name, self.provider.model_of(job.query)
        turn = Turn(name, model)
        while (record := await self.process.receive()) is not None:
            try:
                for event in turn.feed(record):
                    await emit(event)
            except ClaifError as error:
                raise refined(error, await self._code(), provider=name, model=model) from None
            if turn.done:
                return False
        raise refined(self.process.ended(NAME), self.process.returncode, provider=name, model=model)

    async def _code(self) -> int | None:
        with trio.move_on_after(LAST_WAIT):
            await self.process.wait()
        return self.process.returncode
