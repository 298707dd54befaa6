"""The client of a command line: with the plugins and the log that its switches ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ..client import Client
from ..config import ConfigLoader
from ..plugin.manager import PluginManager
from .log import start_log
from .render.remarks import Remarks

if TYPE_CHECKING:
    from ..permission import Approver
    from .session import Session


@asynccontextmanager
async def open_client(
    state: Session,
    *,
    progress: Callable[[str, int, int | None], None] | None = None,
    remarks: Remarks | None = None,
    approver: Approver | None = None,
) -> AsyncIterator[Client]:
    """Open a client, and tell the user what there is to say about the configuration and the plugins.

    Args:
        state: the switches of the command line.
        progress: see `Client`.
        remarks: how the user is told.
        approver: see `Client`.

    Raises:
        ClaifError: it cannot be opened.
    """
    loader = ConfigLoader.read()
    config = loader.build()
    start_log(config, state)
    plugins = PluginManager.for_config(config, off=state.no_plugins)
    async with Client(loader, plugins=plugins, progress=progress, approver=approver) as client:
        # A source of configuration may have set another level.
        start_log(client.config, state)
        remarks = remarks or Remarks()
        remarks.lines(client.config.notices)
        remarks.lines(f"{plugin}: {message}" for plugin, message in client.plugins.warnings)
        yield client
