"""Files that Claif reads and writes for an agent, as its sandbox shows them.

https://agentclientprotocol.com/protocol/file-system
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import trio

from claif.api import ClaifError, Emit, Job, PermissionRequest, SandboxError, SandboxView
from claif_acp.parts import number, text
from claif_acp.tools import diff_of

if TYPE_CHECKING:
    from claif_acp.provider import AcpProvider

READ = "fs/read_text_file"
WRITE = "fs/write_text_file"
MOST = 16 * 1024 * 1024
"""Bytes of a file that is read or written."""


class Files:
    """Serves the files of one turn.

    Args:
        provider: decides what may be written.
        job: the query, and its sandbox.
    """

    def __init__(self, provider: AcpProvider, job: Job) -> None:
        self._provider = provider
        self._job = job
        self._view: SandboxView | None = None
        self._allowed: set[str] = set()

    def allow(self, path: str) -> None:
        """Let the agent write a file once: it was asked about already."""
        self._allowed.add(self._place(path))

    async def read(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The result of `fs/read_text_file`.

        Raises:
            ClaifError: it may not be read.
            OSError: it cannot be read.
            UnicodeDecodeError: it is no text.
        """
        view = await self._open()
        data = await trio.to_thread.run_sync(view.read, text(params.get("path")), MOST)
        content = data.decode()
        first, count = number(params.get("line")), number(params.get("limit"))
        if first is not None or count is not None:
            lines = content.splitlines(keepends=True)[max((first or 1) - 1, 0) :]
            content = "".join(lines if count is None else lines[:count])
        return {"content": content}

    async def write(self, params: Mapping[str, Any], conversation: str, emit: Emit) -> dict[str, Any]:
        """The result of `fs/write_text_file`.

        Args:
            params: of the request.
            conversation: the id of the session.
            emit: told what was decided.

        Raises:
            ClaifError: it may not be written.
            OSError: it cannot be written.
            UnicodeEncodeError: it is no valid Unicode.
        """
        path, content = text(params.get("path")), text(params.get("content"))
        data = content.encode()
        if len(data) > MOST:
            raise SandboxError(f"Claif writes no file of more than {MOST} bytes.")
        place = self._place(path)
        if place in self._allowed:
            self._allowed.discard(place)
        elif not await self._asked(path, content, conversation, emit):
            raise SandboxError("The user has not allowed this.")
        view = await self._open()
        await trio.to_thread.run_sync(view.write, path, data)
        return {}

    async def _asked(self, path: str, content: str, conversation: str, emit: Emit) -> bool:
        view = await self._open()
        try:
            old = (await trio.to_thread.run_sync(view.read, path, MOST)).decode(errors="replace")
        except (ClaifError, OSError):
            old = ""
        request = PermissionRequest(
            id=path, tool_name=WRITE, kind="edit", subject=path, diff=diff_of(old, content), conversation=conversation
        )
        return (await self._provider.decide(self._job, request, emit)).allowed

    def _place(self, path: str) -> str:
        return os.path.normpath(self._job.directory / path)

    async def _open(self) -> SandboxView:
        if self._view is None:
            self._view = await trio.to_thread.run_sync(SandboxView, self._job.policy, self._provider.context.home)
        return self._view
