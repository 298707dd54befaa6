"""Closing a schema."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.protocols.messages.schema import closed_schema
from claif.testing import strategies

OPEN = {"type": "object", "properties": {"a": {"type": "string"}}}
CLOSED = {**OPEN, "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "closed"),
    [
        (OPEN, CLOSED),
        (CLOSED, CLOSED),
        ({**OPEN, "additionalProperties": {"type": "string"}}, {**OPEN, "additionalProperties": {"type": "string"}}),
        ({"type": "array", "items": OPEN}, {"type": "array", "items": CLOSED}),
        ({"anyOf": [OPEN, {"type": "null"}]}, {"anyOf": [CLOSED, {"type": "null"}]}),
        ({"$ref": "#/$defs/x", "$defs": {"x": OPEN}}, {"$ref": "#/$defs/x", "$defs": {"x": CLOSED}}),
        ({"properties": {"properties": OPEN}}, {"properties": {"properties": CLOSED}, "additionalProperties": False}),
        ({"allOf": [OPEN, OPEN]}, {"allOf": [OPEN, OPEN]}),
        ({**OPEN, "allOf": [OPEN]}, {**OPEN, "allOf": [OPEN]}),
        ({"not": OPEN, "if": OPEN, "oneOf": [OPEN]}, {"not": OPEN, "if": OPEN, "oneOf": [OPEN]}),
        ({"type": "object"}, {"type": "object"}),
        ({"const": OPEN, "enum": [OPEN]}, {"const": OPEN, "enum": [OPEN]}),
        (True, True),
    ],
)
def test_objects_that_list_their_properties_are_closed(schema: Any, closed: Any) -> None:
    before = repr(schema)
    assert closed_schema(schema) == closed
    assert repr(schema) == before


@given(strategies.json_values())
def test_anything_can_be_given(schema: Any) -> None:
    closed_schema(schema)


NAMES = st.sampled_from(["a", "b"])
SCHEMAS = st.recursive(
    st.sampled_from([{"type": "string"}, {"type": "integer"}, {}]),
    lambda inner: (
        st.fixed_dictionaries({"type": st.just("array"), "items": inner})
        | st.fixed_dictionaries({"type": st.just("object"), "properties": st.dictionaries(NAMES, inner)})
        | st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=2)})
        | st.fixed_dictionaries({"not": inner})
        | st.fixed_dictionaries({"oneOf": st.lists(inner, min_size=1, max_size=2)})
        | st.fixed_dictionaries({"allOf": st.lists(inner, min_size=1, max_size=2)})
    ),
    max_leaves=6,
)
ANSWERS = st.recursive(
    st.integers() | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=6,
)


@given(SCHEMAS, ANSWERS)
def test_what_follows_the_closed_schema_follows_the_given_one(schema: Any, answer: Any) -> None:
    if jsonschema.Draft202012Validator(closed_schema(schema)).is_valid(answer):
        assert jsonschema.Draft202012Validator(schema).is_valid(answer)
