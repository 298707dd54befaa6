"""Building a query from what a caller has at hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from attrs import evolve

from .message import Message
from .permission import PermissionMode
from .query import Options, Query, Tool, messages_of

if TYPE_CHECKING:
    from .blocks import ContentBlock

Prompt = str | Message | Iterable[Message] | Query
"""What can be asked: a text, a message, a conversation, or a whole query."""


class How(TypedDict, total=False):
    """How to ask; everything is optional. The names are those of `Query` and `Options`."""

    provider: str | None
    model: str | None
    system: str | None
    attachments: Iterable[ContentBlock]
    options: Options
    temperature: float | None
    top_p: float | None
    max_tokens: int | None
    stop: Iterable[str]
    seed: int | None
    timeout: float | None
    extra: Mapping[str, Any]
    tools: Iterable[Tool]
    schema: Mapping[str, Any] | None
    conversation: str | None
    permission: PermissionMode | str | None
    directory: str | None
    add_dirs: Iterable[str | PathLike[str]]
    worktree: bool
    sandbox: str | None
    cache: str | None
    tag: str | None
    metadata: Mapping[str, Any]


_OPTIONS = frozenset(("temperature", "top_p", "max_tokens", "stop", "seed", "timeout", "extra"))
_QUERY = frozenset(
    (
        *("provider", "model", "tools", "schema", "conversation", "permission", "directory", "add_dirs", "worktree"),
        *("sandbox", "cache", "tag", "metadata"),
    )
)


def build_query(prompt: Prompt, *, stream: bool, **how: Unpack[How]) -> Query:
    """The query that asks `prompt`; what `how` gives wins over what a given `Query` has.

    Args:
        prompt: what is asked.
        stream: whether the answer should come piece by piece.
        **how: fields of `Query` and `Options`; `system` and `attachments` are added to the messages.

    Raises:
        TypeError: `how` has a name that is none of these.
    """
    given = prompt if isinstance(prompt, Query) else None
    messages = prompt.messages if isinstance(prompt, Query) else messages_of(prompt)
    if not how:
        return Query(messages, stream=stream) if given is None else evolve(given, stream=stream)
    changes: dict[str, Any] = {}
    options: dict[str, Any] = {}
    for name, value in how.items():
        if name in _OPTIONS:
            options[name] = value
        elif name in _QUERY:
            changes[name] = value
        elif name not in ("system", "attachments", "options"):
            raise TypeError(f"{name!r} is neither a field of Query nor one of Options")
    base = how.get("options", None if given is None else given.options)
    if options or "options" in how:
        changes["options"] = Options(**options) if base is None else evolve(base, **options)
    if attachments := tuple(how.get("attachments", ())):
        last = messages[-1]
        messages = (*messages[:-1], evolve(last, content=(*attachments, *last.content)))
    if system := how.get("system"):
        messages = (Message.system(system), *messages)
    if given is None:
        return Query(messages, stream=stream, **changes)
    return evolve(given, stream=stream, messages=messages, **changes)
