"""Queries: what is asked, of whom, and how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike, fspath
from typing import Any

from attrs import field, frozen
from attrs.converters import optional

from ..errors import InvalidQueryError
from .blocks import FileBlock, ImageBlock, TextBlock
from .message import Message, Role
from .permission import PermissionMode

CACHE_MODES = ("off", "read-write", "read-only", "refresh")
"""`refresh` asks in any case, and stores what was answered."""
MAX_TAG = 100
"""Characters."""
BINARY = "Remove it; is this a binary file? Attach it with -a FILE instead."


def _texts(texts: Iterable[str]) -> tuple[str, ...]:
    return (texts,) if isinstance(texts, str) else tuple(texts)


@frozen
class Options:
    """How to answer. `None` leaves it to the provider.

    Args:
        temperature: 0 is the most likely answer; larger is more varied.
        top_p: share of the probability mass to sample from.
        max_tokens: the most tokens to answer with.
        stop: texts that end the answer.
        seed: for repeatable sampling, where the provider can.
        timeout: seconds of wall time for the whole query, over all attempts; it never stops while it runs.
        extra: options of one provider, passed through by name.
    """

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = field(default=(), converter=_texts)
    seed: int | None = None
    timeout: float | None = None
    extra: Mapping[str, Any] = field(factory=dict)


@frozen
class Tool:
    """A function that the model may ask to call; `parameters` is the JSON schema of its arguments."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(factory=lambda: {"type": "object", "properties": {}})


def _paths(paths: Iterable[str | PathLike[str]]) -> tuple[str, ...]:
    return (fspath(paths),) if isinstance(paths, str | PathLike) else tuple([fspath(path) for path in paths])


def messages_of(messages: str | Message | Iterable[Message]) -> tuple[Message, ...]:
    """The conversation that a text, a message or a sequence of them is."""
    if isinstance(messages, str):
        return (Message.user(messages),)
    return (messages,) if isinstance(messages, Message) else tuple(messages)


def _tools(tools: Iterable[Tool]) -> tuple[Tool, ...]:
    return tuple(tools)


@frozen
class Query:
    """One question to one provider.

    Args:
        messages: the conversation so far; a string becomes one message from the user.
        provider: name of the provider; the default one when `None`.
        model: name of the model; the provider's default when `None`.
        options: how to answer.
        stream: whether the answer should come piece by piece.
        tools: functions that the model may ask to call.
        schema: JSON schema that the answer must follow.
        conversation: an agent's id of the conversation to go on with; a new one when `None`.
        permission: what an agent may do; as the provider's settings say when `None`.
        directory: where an agent works; as the provider's settings say, or else the current one, when `None`.
        add_dirs: further folders that an agent may read and, where it may write at all, write; paths.
        worktree: whether an agent works in a checkout of its own of the directory's Git repository, which is removed
            afterwards; `Reply.diff` has what it changed there.
        sandbox: `auto`, `require` or `off`; as the configuration says when `None`.
        cache: whether the answer may come from the cache and is kept there: `off`, `read-write`, `read-only` or
            `refresh`; as the route and the configuration say when `None`.
        tag: what the query is for, by which its cost and its cached answer are found again.
        metadata: JSON data for layers and processors; providers do not see it.
    """

    messages: tuple[Message, ...] = field(converter=messages_of)
    provider: str | None = None
    model: str | None = None
    options: Options = field(factory=Options)
    stream: bool = True
    tools: tuple[Tool, ...] = field(default=(), converter=_tools)
    schema: Mapping[str, Any] | None = None
    conversation: str | None = None
    permission: PermissionMode | None = field(default=None, converter=optional(PermissionMode))
    directory: str | None = None
    add_dirs: tuple[str, ...] = field(default=(), converter=_paths)
    worktree: bool = False
    sandbox: str | None = None
    cache: str | None = None
    tag: str | None = None
    metadata: Mapping[str, Any] = field(factory=dict)

    @property
    def prompt(self) -> str:
        """The text of the last message from the user; empty if there is none."""
        for message in reversed(self.messages):
            if message.role is Role.USER:
                return message.text
        return ""

    @property
    def system(self) -> str:
        """The texts of all system messages, joined by blank lines."""
        return "\n\n".join([message.text for message in self.messages if message.role is Role.SYSTEM])

    def check(self) -> None:
        """Refuse what nobody could answer.

        Raises:
            InvalidQueryError: nothing is asked, a text has NUL characters or lone surrogates, or the mode of the cache
                or the tag is none.
        """
        if not any(_asks(message) for message in self.messages):
            raise InvalidQueryError("The prompt is empty.", hint='Say what you want to know: claif "…"')
        for message in self.messages:
            for block in message.content:
                if isinstance(block, TextBlock):
                    check_text(block.text)
        check_cache_mode(self.cache)
        if self.tag is not None and not (self.tag.isprintable() and 0 < len(self.tag) <= MAX_TAG):
            raise InvalidQueryError(f"A tag has at most {MAX_TAG} characters, and no control characters.")


def check_cache_mode(mode: str | None) -> str | None:
    """The mode of the cache, if it is one or `None`.

    Raises:
        InvalidQueryError: it is none.
    """
    if mode is not None and mode not in CACHE_MODES:
        raise InvalidQueryError(
            f"{str(mode)[:40]!r} is no mode of the cache.", hint=f"There are: {', '.join(CACHE_MODES)}."
        )
    return mode


def _asks(message: Message) -> bool:
    if message.role is Role.SYSTEM:
        return False
    for block in message.content:
        if isinstance(block, TextBlock):
            if block.text.strip():
                return True
        elif isinstance(block, ImageBlock | FileBlock) or message.role is not Role.USER:
            return True
    return False


def check_text(text: str, name: str = "The text", *, hint: str = BINARY) -> None:
    """Refuse what is no text.

    Args:
        text: the text.
        name: what an error calls it.
        hint: what to do about a NUL character.

    Raises:
        InvalidQueryError: it has NUL characters or lone surrogates.
    """
    if "\0" in text:
        raise InvalidQueryError(
            f"{name} has a NUL character at position {text.index(chr(0))}.",
            hint=hint,
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidQueryError(
            f"{name} has a character at position {error.start} that is not valid Unicode (a lone surrogate).",
            hint="Convert the text to UTF-8.",
        ) from None
