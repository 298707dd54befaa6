"""`save-code`: saves the fenced blocks of each complete message to files, and says where."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from ..hookspecs import hookimpl
from ..models import Event, Message, Notice, Query, Role
from ..models.fences import CodeBlock, code_blocks
from ..pipeline.types import Emit, Handler, Layer, Middleware, Slot
from .files import save

if TYPE_CHECKING:
    from attrs import Attribute

    from ..client import Client
    from ..config import Config

FOLDER = "code"
"""In Claif's own folder; where files go unless the configuration says otherwise."""


def _path(_instance: Any, _attribute: Attribute[Any], value: str | None) -> None:
    if value is not None and not (value and value.isprintable()):
        raise ValueError("must be the path of a folder")


@frozen(kw_only=True)
class Settings:
    """The table `[processors.save-code]`.

    Args:
        directory: the folder for the files, made if there is none; `code` in Claif's own folder by default. `~` is
            your home; only your own file may set it.
    """

    directory: str | None = field(default=None, validator=_path)


def saving(directory: Path) -> Middleware:
    """A middleware that saves the blocks of the messages that pass, after these have been shown."""

    def wrap(handler: Handler) -> Handler:
        async def saved(query: Query, emit: Emit) -> None:
            async def pass_on(event: Event) -> None:
                await emit(event)
                if isinstance(event, Message) and event.role is Role.ASSISTANT and (blocks := code_blocks(event)):
                    for notice in await _in_thread(directory, blocks):
                        await emit(notice)

            await handler(query, pass_on)

        return saved

    return wrap


async def _in_thread(directory: Path, blocks: Sequence[CodeBlock]) -> list[Notice]:
    import trio

    # A disk that hangs must not hold up a query whose time is over.
    result = await trio.to_thread.run_sync(partial(save, directory, blocks), abandon_on_cancel=True)
    notices = [Notice("save-code", problem, {"directory": str(directory)}) for problem in result.problems]
    if result.names:
        data = {"directory": str(directory), "files": list(result.names)}
        notices.insert(0, Notice("save-code", f"Saved in {directory}: {', '.join(result.names)}.", data))
    return notices


@hookimpl
def claif_query(config: Config, client: Client) -> Layer:
    """Stand where the answer is what the user gets: no file holds more than was shown."""

    def layer() -> Layer:
        given = config.processor("save-code", Settings).directory
        directory = config.home / FOLDER if given is None else Path(given).expanduser().absolute()
        return Layer(slot=Slot.GUARD, wrap=saving(directory), name="save-code")

    return client.state("claif.processors.save-code", layer)
