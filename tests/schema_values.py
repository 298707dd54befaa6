"""Values that a JSON schema allows, for hypothesis: of the parts of JSON schema that the protocol's schema uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)
DEEPEST = 8


def values(schema: Mapping[str, Any], definitions: Mapping[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """What a schema allows.

    Args:
        schema: the schema.
        definitions: what its references name.
        depth: how deep it lies in another one.
    """
    if "$ref" in schema:
        return values(definitions[schema["$ref"].rpartition("/")[2]], definitions, depth)
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    if (choices := _choices(schema)) is not None:
        return st.one_of([values(each, definitions, depth + 1) for each in choices])
    if parts := schema.get("allOf"):
        rest = {name: value for name, value in schema.items() if name != "allOf"}
        return _all([values(part, definitions, depth + 1) for part in ([rest] if "properties" in rest else []) + parts])
    return {"object": _objects, "array": _arrays}.get(schema.get("type", ""), _plain)(schema, definitions, depth)


def _choices(schema: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return [{**schema, "type": kind} for kind in kinds]
    found: list[Mapping[str, Any]] | None = schema.get("anyOf") or schema.get("oneOf")
    return found


def _all(parts: list[st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """What several schemas allow together: one of them, or objects with the fields of all."""
    if len(parts) == 1:
        return parts[0]
    return st.tuples(*parts).map(lambda objects: {name: value for each in objects for name, value in each.items()})


def _plain(schema: Mapping[str, Any], _definitions: Mapping[str, Any], _depth: int) -> st.SearchStrategy[Any]:
    plain: dict[str, st.SearchStrategy[Any]] = {
        "string": st.text(max_size=8),
        "integer": st.integers(min_value=schema.get("minimum"), max_value=schema.get("maximum")),
        "number": st.floats(allow_nan=False, allow_infinity=False),
        "boolean": st.booleans(),
        "null": st.none(),
    }
    return plain.get(schema.get("type", ""), ANYTHING)


def _arrays(schema: Mapping[str, Any], definitions: Mapping[str, Any], depth: int) -> st.SearchStrategy[Any]:
    items = values(schema.get("items", {}), definitions, depth + 1)
    return st.lists(items, max_size=0 if depth > DEEPEST else 2)


def _objects(schema: Mapping[str, Any], definitions: Mapping[str, Any], depth: int) -> st.SearchStrategy[Any]:
    properties = schema.get("properties")
    if properties is None:
        return st.dictionaries(st.text(max_size=3), ANYTHING, max_size=2)
    fields = {name: values(each, definitions, depth + 1) for name, each in properties.items()}
    required = schema.get("required", ())
    return st.fixed_dictionaries(
        {name: fields[name] for name in fields if name in required},
        optional={name: fields[name] for name in fields if name not in required and depth <= DEEPEST},
    )
