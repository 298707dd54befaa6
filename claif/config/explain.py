"""Explaining: looks at a value that does not fit with cattrs, strictly, and says what is wrong and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

from cattrs import BaseValidationError, Converter, transform_error
from cattrs.strategies import configure_union_passthrough
from cattrs.v import format_exception

from .secret import Secret

if TYPE_CHECKING:
    from attrs import Attribute

_UNIONS = (Union, UnionType)
_TABLES = (dict, Mapping)
_LISTS = (tuple, list, set, frozenset, Sequence, AbstractSet)
_WANTED = "must be "
_EXPECTED = {str: "text", bool: "true or false", int: "a whole number", float: "a number", Secret: "text"}


@cache
def strict_converter() -> Converter:
    """The converter for configuration: guesses nothing, refuses unknown keys, never writes a secret."""
    converter = Converter(detailed_validation=True, forbid_extra_keys=True)
    for kind in (str, bool, int):
        converter.register_structure_hook(kind, _exactly(kind))
    converter.register_structure_hook(float, _float)
    converter.register_structure_hook(Secret, _secret)
    converter.register_structure_hook(Path, lambda value, _: Path(_exactly(str)(value, str)))
    converter.register_unstructure_hook(Secret, _refuse)
    configure_union_passthrough(str | bool | int | float | None, converter)
    return converter


def _exactly(kind: type) -> Callable[[Any, Any], Any]:
    def check(value: Any, _: Any) -> Any:
        if value.__class__ is not kind:
            raise TypeError(_must_be(kind, value))
        return value

    return check


def _float(value: Any, _: Any) -> float:
    if value.__class__ is not float and value.__class__ is not int:
        raise TypeError(_must_be(float, value))
    return float(value)


def _secret(value: Any, _: Any) -> Secret:
    if not isinstance(value, str | Secret):
        raise TypeError(_must_be(Secret, value))
    return Secret(value)


def _refuse(_: Secret) -> None:
    raise TypeError("a secret cannot be copied, pickled or serialized")


def _must_be(kind: type, value: Any) -> str:
    return f"must be {_EXPECTED[kind]}, not {_what(value)}"


def _what(value: Any) -> str:
    if isinstance(value, dict):
        return "a table"
    return "a list" if isinstance(value, list | tuple) else _EXPECTED.get(value.__class__, value.__class__.__name__)


def field_problems(value: Any, kind: Any, attribute: Attribute[Any]) -> tuple[Any, list[tuple[str, str]]]:
    """Give a value its declared type and let the field's validator look at it.

    Returns:
        The typed value, and what is wrong with it: pairs of where within the value (`[0]`, or nothing) and a text.
    """
    if expected := _collection_amiss(value, kind):
        return None, [("", f"must be {expected}, not {_what(value)}")]
    try:
        typed = strict_converter().structure(value, kind)
        if attribute.validator is not None:
            attribute.validator(None, attribute, typed)
    except BaseValidationError as error:
        lines = [line.rpartition(" @ ") for line in transform_error(error, "", format_exception=_reason)]
        return None, [(where, what) for what, _, where in lines]
    except Exception as error:  # whatever a type's own hook raises is a problem of the value
        return None, [("", _demand(attribute.validator, error) or _reason(error, None))]
    return typed, []


def _demand(validator: Any, error: Exception) -> str | None:
    """What one of attrs' own validators demands; its error would quote the value, which may be a secret."""
    if not isinstance(error, ValueError) or str(error).startswith(_WANTED):
        return None
    inner = getattr(validator, "validator", validator)  # `optional` wraps another one
    if (options := getattr(inner, "options", None)) is not None:
        return f"{_WANTED}one of {', '.join(map(str, options))}"
    if (bound := getattr(inner, "bound", None)) is not None:
        return f"{_WANTED}{inner.compare_op} {bound}"
    if (pattern := getattr(inner, "pattern", None)) is not None:
        return f"{_WANTED}of the form {pattern.pattern}"
    return None


def _collection_amiss(value: Any, kind: Any) -> str | None:
    """What is expected where a collection is declared and the value is another thing, which cattrs would take apart."""
    kinds = [choice for choice in get_args(kind) if choice is not NoneType] if get_origin(kind) in _UNIONS else [kind]
    if len(kinds) != 1:
        return None
    outer = get_origin(kinds[0]) or kinds[0]
    if outer in _TABLES:
        return None if isinstance(value, Mapping) else "a table"
    return "a list" if outer in _LISTS and not isinstance(value, list | tuple) else None


def _reason(error: BaseException, kind: type | None) -> str:
    known: tuple[type[BaseException], ...] = (TypeError, ValueError)
    if isinstance(error, known) and str(error).startswith(_WANTED):
        return str(error)
    return format_exception(error, kind)
