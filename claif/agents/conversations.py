"""Conversations: remembers the last one with each provider in each directory, to go on with it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from ..config.files import folder_lock, make_private_folder, read_text, write_private
from ..config.limits import MAX_FILE_BYTES
from ..errors import ConfigurationError, InvalidConfigError, InvalidQueryError
from ..models import Notice
from ..transport.process.command import identifier
from .settings import AgentSettings

if TYPE_CHECKING:
    from ..models import Query
    from ..provider import Provider

FILE_NAME = "conversations.json"
MOST_REMEMBERED = 200
"""Conversations that are remembered at most; those that were not used for the longest time go first."""

Warn = Callable[[Notice], None]


class Place(NamedTuple):
    """Where a conversation belongs: one provider in one directory, whose path is absolute and without links."""

    provider: str
    directory: str


def conversation_id(value: str) -> str:
    """The id of a conversation, if it can be one: never an option, a path or another text in disguise.

    Raises:
        InvalidQueryError: it cannot.
    """
    if "/" in value:
        raise InvalidQueryError(
            f"{value[:80]!r} cannot be the id of a conversation.", hint="An id is no path: it has no slash."
        )
    return identifier(value, "id of a conversation")


def uuid_conversation(value: str, agent: str) -> str:
    """The id of a conversation of an agent whose ids are UUIDs, in their usual spelling.

    Args:
        value: what the user gave.
        agent: how the agent is called in messages.

    Raises:
        InvalidQueryError: it cannot be one.
    """
    try:
        return str(UUID(value))
    except ValueError:
        raise InvalidQueryError(
            f"{value[:80]!r} is no conversation of {agent}.",
            hint="Its ids look like 0b5f7c1e-1111-4222-8333-123456789abc.",
        ) from None


def place_of(provider: Provider, query: Query) -> Place:
    """Where the conversation of a query belongs."""
    settings = provider.context.settings
    agent = settings if isinstance(settings, AgentSettings) else AgentSettings()
    return Place(provider.context.name, os.path.realpath(agent.workplace(query.directory)))


def last_conversation(home: Path, place: Place, warn: Warn) -> str | None:
    """The id of the conversation that was remembered last; `None` if there is none.

    Args:
        home: Claif's own folder.
        place: where it belongs.
        warn: told of a file that cannot be used.
    """
    try:
        return _read(home / FILE_NAME).get(place)
    except ConfigurationError as error:
        warn(_unusable(error))
        return None


def remember_conversation(home: Path, place: Place, conversation: str, warn: Warn) -> None:
    """Remember a conversation as the last one of its place.

    Args:
        home: Claif's own folder; created if need be.
        place: where it belongs.
        conversation: its id.
        warn: told of a file that cannot be used and is written anew, or cannot be written.
    """
    path = home / FILE_NAME
    try:
        conversation_id(conversation)
        make_private_folder(home)
        with folder_lock(home):
            try:
                known = _read(path)
            except InvalidConfigError as error:
                warn(_unusable(error))
                known = {}
            known.pop(place, None)
            known[place] = conversation
            write_private(path, _text(known))
    except InvalidQueryError as error:
        warn(Notice("conversations", f"The conversation is not remembered: {error.message}"))
    except ConfigurationError as error:
        warn(Notice("conversations", f"The conversation is not remembered: {error.message} {error.hint or ''}".strip()))
    except OSError as error:
        warn(Notice("conversations", f"The conversation is not remembered: {home}: {error.strerror}."))


def _read(path: Path) -> dict[Place, str]:
    """What is remembered, the latest last.

    Raises:
        InvalidConfigError: the file is not the user's alone, or nothing that Claif has written.
    """
    file = read_text(path, secret=True)
    if file is None:
        return {}
    try:
        found = [_entry(item) for item in json.loads(file.text)]
    except (ValueError, TypeError, KeyError, RecursionError, InvalidQueryError):
        why = "it is no list of conversations"
        raise InvalidConfigError(
            f"{path} cannot be used: {why}.", problems=(f"{path}: {why}",), hint="It is written anew."
        ) from None
    return dict(found)


def _entry(item: Any) -> tuple[Place, str]:
    provider, directory, conversation = item["provider"], item["directory"], item["conversation"]
    for text in (provider, directory, conversation):
        if not isinstance(text, str):
            raise TypeError
    return Place(provider, directory), conversation_id(conversation)


def _text(known: dict[Place, str]) -> str:
    """The file's text; of too many the oldest are left out."""
    items = [{**place._asdict(), "conversation": conversation} for place, conversation in known.items()]
    items = items[-MOST_REMEMBERED:]
    while len(text := json.dumps(items, indent=1) + "\n") > MAX_FILE_BYTES and items:
        items = items[len(items) // 2 + 1 :]
    return text


def _unusable(error: ConfigurationError) -> Notice:
    return Notice("conversations", f"The last conversations are not known: {error.message}")
