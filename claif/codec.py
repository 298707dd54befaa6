"""Messages, events, queries and replies as JSON and back: tagged by `"type"`, nothing coerced, nothing lost."""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, get_args

from cattrs import Converter
from cattrs.errors import ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn

from . import models
from ._json import dumps as _json_dumps
from ._json import loads as _json_loads
from .config.secret import Secret
from .errors import ProtocolError

T = TypeVar("T")

BLOCKS: dict[str, type] = {
    "text": models.TextBlock,
    "thinking": models.ThinkingBlock,
    "image": models.ImageBlock,
    "file": models.FileBlock,
    "tool_use": models.ToolUseBlock,
    "tool_result": models.ToolResultBlock,
}
EVENTS: dict[str, type] = {
    "started": models.Started,
    "text_delta": models.TextDelta,
    "thinking_delta": models.ThinkingDelta,
    "text_reset": models.TextReset,
    "tool_use": models.ToolUse,
    "tool_result": models.ToolResult,
    "file_change": models.FileChange,
    "diff": models.Diff,
    "plan": models.Plan,
    "permission": models.PermissionDecided,
    "notice": models.Notice,
    "usage": models.UsageReport,
    "message": models.Message,
    "finished": models.Finished,
}


def dump(value: object) -> Any:
    """JSON data of a model object; a member of a union carries its `"type"`."""
    tags = _tags()
    data = _converter().unstructure(value)
    tag = tags.get(type(value))
    return data if tag is None else {"type": tag, **data}


def load(data: Any, cls: type[T]) -> T:
    """The object that `dump` made `data` of; `cls` is a class of `claif.models`, or `Event` or `ContentBlock`.

    Raises:
        ProtocolError: the data has another shape.
    """
    try:
        return _converter().structure(data, cls)
    except RecursionError:
        raise ProtocolError("The data is nested too deep.") from None
    except (TypeError, ValueError, KeyError, AttributeError, ForbiddenExtraKeysError) as error:
        name = getattr(cls, "__name__", "value")
        raise ProtocolError(f"The data is no valid {name} ({type(error).__name__}: {str(error)[:200]}).") from None


def dumps(value: object) -> str:
    """JSON text of a model object."""
    return _json_dumps(dump(value)).decode()


def loads(text: bytes | str, cls: type[T]) -> T:
    """The object that `dumps` made `text` of.

    Raises:
        ProtocolError: the text is not JSON or has another shape.
    """
    return load(_json_loads(text), cls)


@cache
def _tags() -> dict[type, str]:
    return {cls: tag for tag, cls in (*BLOCKS.items(), *EVENTS.items())}


@cache
def _converter() -> Converter:
    converter = Converter(detailed_validation=False, forbid_extra_keys=False)
    for primitive in (str, int, bool):
        converter.register_structure_hook(primitive, _strict(primitive))
    converter.register_structure_hook(float, _float)
    converter.register_structure_hook(bytes, _bytes)
    converter.register_unstructure_hook(bytes, lambda data: binascii.b2a_base64(data, newline=False).decode())
    converter.register_unstructure_hook(Secret, _no_secret)
    for word in (models.Role, models.PermissionMode):
        converter.register_structure_hook(word, lambda value, kind: kind(_strict(str)(value, str)))
    converter.register_structure_hook_func(lambda kind: kind == Mapping[str, Any], _object)
    converter.register_unstructure_hook_func(lambda kind: kind == Mapping[str, Any], dict)
    converter.register_structure_hook_func(_is_tuple, lambda value, kind: _tuple(converter, value, kind))
    _register_union(converter, models.ContentBlock, BLOCKS, models.UnknownBlock)
    _register_union(converter, models.Event, EVENTS, models.UnknownEvent)
    return converter


def _register_union(converter: Converter, union: Any, tags: dict[str, type], unknown: Any) -> None:
    """Tagged objects; one with an unknown tag is kept as it came and written as it came."""
    for cls in tags.values():
        converter.register_unstructure_hook(cls, make_dict_unstructure_fn(cls, converter))
        converter.register_structure_hook(cls, make_dict_structure_fn(cls, converter))
    converter.register_unstructure_hook(unknown, lambda value: dict(value.raw))
    tag_of = {cls: tag for tag, cls in tags.items()}

    def dump_member(value: Any) -> Any:
        if value.__class__ is unknown:
            return dict(value.raw)
        return {"type": tag_of[value.__class__], **converter.unstructure(value)}

    def load_member(data: Any, _: Any) -> Any:
        if data.__class__ is not dict:
            raise TypeError("an object is expected")
        tag = data.get("type")
        cls = tags.get(tag) if tag.__class__ is str else None
        if cls is None:
            return unknown(data)
        return converter.structure({key: value for key, value in data.items() if key != "type"}, cls)

    converter.register_unstructure_hook_func(lambda kind: kind == union, dump_member)
    converter.register_structure_hook_func(lambda kind: kind == union, load_member)


def _strict(primitive: type) -> Any:
    def structure(value: Any, _: Any) -> Any:
        if value.__class__ is not primitive:
            raise TypeError(f"{primitive.__name__} is expected, not {value.__class__.__name__}")
        return value

    return structure


def _float(value: Any, _: Any) -> float:
    if value.__class__ is not float and value.__class__ is not int:
        raise TypeError(f"a number is expected, not {value.__class__.__name__}")
    return float(value)


def _bytes(value: Any, _: Any) -> bytes:
    return binascii.a2b_base64(_strict(str)(value, str), strict_mode=True)


def _object(value: Any, _: Any) -> dict[str, Any]:
    if value.__class__ is not dict:
        raise TypeError(f"an object is expected, not {value.__class__.__name__}")
    return dict(value)


def _is_tuple(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) is tuple


def _tuple(converter: Converter, value: Any, kind: Any) -> tuple[Any, ...]:
    if value.__class__ not in (list, tuple):
        raise TypeError(f"an array is expected, not {value.__class__.__name__}")
    member = get_args(kind)[0]
    return tuple([converter.structure(item, member) for item in value])


def _no_secret(_: Secret) -> Any:
    raise TypeError("a secret is never written")


__all__ = ["BLOCKS", "EVENTS", "dump", "dumps", "load", "loads"]
