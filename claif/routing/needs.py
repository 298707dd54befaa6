"""What a query needs of a provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import InvalidQueryError
from ..models import FileBlock, ImageBlock, Query

if TYPE_CHECKING:
    from ..provider import Provider


def check_needs(query: Query, provider: Provider, name: str) -> None:
    """Refuse a query that the provider cannot take, before it is asked.

    Raises:
        InvalidQueryError: an attachment, a tool or a schema that the provider does not take, something that only an
            agent can heed, or a conversation whose id is none.
    """
    able = provider.capabilities
    for message in query.messages:
        for block in message.content:
            if isinstance(block, ImageBlock | FileBlock):
                _check_attachment(block, provider, name)
    if query.tools and "tools" not in able:
        raise _refused(name, "tools")
    if query.schema is not None and "schema" not in able:
        raise _refused(name, "answers that follow a schema")
    if query.conversation is not None:
        from ..agents.conversations import conversation_id

        check_keeps_conversations(provider, name)
        conversation_id(query.conversation)
    _check_agent(query, able, name)


def _check_agent(query: Query, able: frozenset[str], name: str) -> None:
    """Refuse what only an agent can heed, and a conversation where it could not be gone on with."""
    if query.worktree and query.conversation is not None:
        raise InvalidQueryError(
            "A conversation cannot be gone on with in a worktree: it belongs to the directory in which it began.",
            provider=name,
            hint="Leave out --worktree, or begin a new conversation.",
        )
    if query.worktree and "worktrees" not in able:
        raise _refused(name, "a worktree", "Agents do, such as claude and codex: name one with -p.")
    if "agent" not in able:
        for what, value in (
            ("a permission mode", query.permission),
            ("a working directory", query.directory),
            ("further folders", query.add_dirs or None),
            ("a sandbox", query.sandbox),
        ):
            if value is not None:
                raise _refused(name, what, "Only agents do, such as claude and codex: name one with -p.")


def check_keeps_conversations(provider: Provider, name: str) -> None:
    """Refuse to go on with a conversation where none is kept.

    Raises:
        InvalidQueryError: the provider keeps none.
    """
    if "conversations" not in provider.capabilities:
        raise _refused(name, "conversations to go on with", "Only agents keep them, such as claude and codex.")


def _check_attachment(block: ImageBlock | FileBlock, provider: Provider, name: str) -> None:
    kind = "images" if isinstance(block, ImageBlock) else "files"
    if kind not in provider.capabilities:
        raise _refused(name, kind)
    if block.url is not None:
        if "image_urls" not in provider.capabilities:
            raise _refused(name, "URLs", "Download the file and attach it by its path.")
    elif provider.mime_types and block.mime_type not in provider.mime_types:
        known = ", ".join(sorted(provider.mime_types))
        raise _refused(name, f"attachments of type {block.mime_type}", f"It takes {known}.")


def _refused(name: str, what: str, hint: str | None = None) -> InvalidQueryError:
    return InvalidQueryError(
        f"The provider {name} does not take {what}.",
        provider=name,
        hint=hint or "See who does with `claif providers status`.",
    )
