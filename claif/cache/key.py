"""Keys: under which an answer is kept. They depend on everything that the answer depends on, and tell nothing of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from hmac import digest
from typing import TYPE_CHECKING, Any

from attrs import fields, has

from ..config.secret import Secret
from ..models import TextBlock

if TYPE_CHECKING:
    from ..models import Message, Options, Query
    from ..provider import Identity

VERSION = 1
"""Of what the keys are made of; another one finds nothing that was stored before."""

_encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":"), sort_keys=True).encode


def member_key(salt: bytes, kind: str, identity: Identity) -> str:
    """What stands for a member of a route in the keys of its answers.

    Args:
        salt: the same for all who share their answers.
        kind: the type of the provider.
        identity: where it is, and whose account it uses; a key in it goes in as an HMAC only.

    Raises:
        TypeError: the identity has something that is neither JSON data nor a `Secret`.
    """
    named = (identity.place, identity.account, identity.settings)
    parts = [VERSION, kind, *(_plain(part, salt) for part in named)]
    return digest(salt, _encode(parts).encode(), sha256).hex()


def query_key(salt: bytes, member: str, model: str, query: Query) -> str:
    """The key of the answer of a member to a query, 64 hexadecimal digits.

    Two queries have the same key if a provider sees the same of both. How the answer is to be delivered (in one piece
    or not, within what time, for which purpose) is no part of it.

    Args:
        salt: as for `member_key`.
        member: what `member_key` gave.
        model: the model that answers.
        query: the question, with the member's own options in it.

    Raises:
        TypeError: an option, a schema or a tool has something that is no JSON data.
        ValueError: a number is not finite.
    """
    parts: list[Any] = [member, model, [_message(message) for message in query.messages], _options(query.options)]
    if query.tools or query.schema is not None:
        tools = [[tool.name, tool.description, _plain(tool.parameters, salt)] for tool in query.tools]
        parts += [tools, _plain(query.schema, salt)]
    return digest(salt, _encode(parts).encode(), sha256).hex()


def text_key(salt: bytes, member: str, model: str, text: str, **options: Any) -> str:
    """The key of what a member makes of one text, such as its embedding; see `query_key`."""
    return digest(salt, _encode([member, model, "text", text, options]).encode(), sha256).hex()


def _message(message: Message) -> list[Any]:
    content = [block.text if block.__class__ is TextBlock else _block(block) for block in message.content]
    if message.metadata:
        return [message.role.value, content, _plain(message.metadata, b"")]
    return [message.role.value, content]


def _block(block: Any) -> Any:
    from ..codec import dump

    return dump(block)


def _options(options: Options) -> list[Any]:
    heat = None if options.temperature is None else float(options.temperature)
    given: list[Any] = [heat, options.top_p, options.max_tokens, list(options.stop), options.seed]
    if options.extra:
        given.append(_plain(options.extra, b""))
    return given


def _plain(value: Any, salt: bytes) -> Any:
    """The value as JSON data; a secret is what its HMAC is."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Secret):
        return {"secret": digest(salt, b"account\0" + value.reveal().encode("utf-8", "surrogatepass"), sha256).hex()}
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("the keys of an object in JSON are texts")
        return {key: _plain(item, salt) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, salt) for item in value]
    if isinstance(value, frozenset | set):
        return sorted(_encode(_plain(item, salt)) for item in value)
    if has(type(value)):
        return {each.name: _plain(getattr(value, each.name), salt) for each in fields(type(value))}
    raise TypeError(f"a {type(value).__name__} is no JSON data")
