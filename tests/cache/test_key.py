"""Keys: what an answer depends on changes them, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve, fields
from hypothesis import given
from hypothesis import strategies as st

from claif.cache.key import member_key, query_key, text_key
from claif.config.secret import Secret
from claif.models import FileBlock, ImageBlock, Message, Options, Query, Role, TextBlock, ThinkingBlock, Tool
from claif.provider import Identity

SALT = b"salt"
IDENTITY = Identity("https://api.example/v1", Secret("key-of-alice", known=False), "m", {"organization": "o"})
QUERY = Query("Why is the sky blue?", options=Options(temperature=0))

texts = st.text(max_size=12)


def key(query: Query = QUERY, *, salt: bytes = SALT, member: str = "member", model: str = "m") -> str:
    return query_key(salt, member, model, query)


def test_a_key_is_64_hexadecimal_digits() -> None:
    assert len(key()) == len(member_key(SALT, "openai", IDENTITY)) == len(text_key(SALT, "a", "m", "t")) == 64
    assert set(key()) <= set("0123456789abcdef")


def test_the_same_has_the_same_key() -> None:
    assert key() == key(Query([Message.user("Why is the sky blue?")], options=Options(temperature=0.0)))


CHANGES: list[dict[str, Any]] = [
    {"messages": "Why is the sky red?"},
    {"messages": [Message.system("Be brief."), *QUERY.messages]},
    {"messages": [Message(Role.ASSISTANT, "Why is the sky blue?")]},
    {"messages": [Message.user([TextBlock("Why is "), TextBlock("the sky blue?")])]},
    {"messages": [Message.user([ThinkingBlock("Why is the sky blue?")])]},
    {"messages": [Message.user([TextBlock("Why is the sky blue?"), ImageBlock(b"1", "image/png")])]},
    {"messages": [Message.user([TextBlock("Why is the sky blue?"), ImageBlock(b"2", "image/png")])]},
    {"messages": [Message.user([TextBlock("Why is the sky blue?"), FileBlock(b"1", "text/plain", "a")])]},
    {"messages": [Message("user", "Why is the sky blue?", {"signature": "s"})]},
    {"options": Options(temperature=0.5)},
    {"options": Options()},
    {"options": Options(temperature=0, top_p=0.5)},
    {"options": Options(temperature=0, max_tokens=7)},
    {"options": Options(temperature=0, stop=["x"])},
    {"options": Options(temperature=0, seed=7)},
    {"options": Options(temperature=0, extra={"reasoning_effort": "low"})},
    {"tools": [Tool("weather")]},
    {"tools": [Tool("weather", "of a place")]},
    {"tools": [Tool("weather", parameters={"type": "object"})]},
    {"schema": {"type": "object"}},
    {"schema": {}},
    {"schema": {"enum": ["a"]}},
    {"schema": {"enum": ["b"]}},
    {"tools": [Tool("weather", parameters={"type": "array"})]},
    {"tools": [Tool("weather")], "schema": {"type": "object"}},
    {"messages": [Message("user", "Why is the sky blue?", {"signature": "t"})]},
    {"messages": [Message("user", "b", {"type": "thinking", "text": "a"})]},
    {"messages": [Message("user", [ThinkingBlock("a"), TextBlock("b")])]},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_what_the_provider_sees_changes_the_key(change: dict[str, Any]) -> None:
    changed = key(evolve(QUERY, **change))
    assert changed != key()
    assert changed == key(evolve(QUERY, **change))


def test_no_two_of_them_have_the_same_key() -> None:
    keys = [key(evolve(QUERY, **change)) for change in CHANGES]
    assert len(set(keys)) == len(CHANGES)


@pytest.mark.parametrize(
    "change",
    [
        {"stream": False},
        {"provider": "other"},
        {"model": "alias"},
        {"tag": "nightly"},
        {"cache": "refresh"},
        {"metadata": {"a": 1}},
        {"options": Options(temperature=0, timeout=5)},
    ],
    ids=str,
)
def test_what_it_does_not_see_changes_nothing(change: dict[str, Any]) -> None:
    assert key(evolve(QUERY, **change)) == key()


def test_salt_member_and_model_change_the_key() -> None:
    assert len({key(), key(salt=b"other"), key(member="other"), key(model="other")}) == 4


def test_each_part_of_an_identity_changes_what_stands_for_it() -> None:
    """Address, key, settings: another one of any is another tenant, or another server."""
    others = [
        evolve(IDENTITY, place="https://api.example/v2"),
        evolve(IDENTITY, account=Secret("key-of-bob", known=False)),
        evolve(IDENTITY, account=None),
        evolve(IDENTITY, settings={"organization": "p"}),
        evolve(IDENTITY, settings={"organization": Secret("o", known=False)}),
    ]
    keys = {member_key(SALT, "openai", each) for each in [IDENTITY, *others]}
    assert len(keys) == len(others) + 1
    names = {"place", "account", "settings"} | {"model", "embedding_model", "greedy"}
    assert {each.name for each in fields(Identity)} == names, "the model is a part of the key of each answer"
    same = evolve(IDENTITY, model="n", embedding_model="e", greedy=True)
    assert member_key(SALT, "openai", same) in keys
    assert member_key(SALT, "anthropic", IDENTITY) not in keys
    assert member_key(b"other", "openai", IDENTITY) not in keys
    assert member_key(SALT, "openai", evolve(IDENTITY, account=Secret("key-of-alice", known=False))) in keys


def test_what_is_no_json_is_refused() -> None:
    for wrong in ({"a": object()}, {7: "a"}, {"a": b"bytes"}):
        with pytest.raises(TypeError, match="JSON"):
            key(evolve(QUERY, options=Options(extra=wrong)))  # type: ignore[arg-type]  # that is the point
    with pytest.raises(ValueError, match="JSON"):
        key(evolve(QUERY, options=Options(extra={"a": float("nan")})))


def test_settings_may_have_tuples_sets_and_objects() -> None:
    def of(value: Any) -> str:
        return member_key(SALT, "t", Identity("p", settings={"x": value}))

    assert of((1, 2)) == of([1, 2])
    assert of(frozenset("ab")) == of({"b", "a"})
    assert len({of(frozenset("ab")), of(frozenset("ac")), of(["a", "b"]), of(["a", "c"]), of("ab")}) == 5
    assert len({of([Secret("a", known=False)]), of([Secret("b", known=False)]), of(["a"])}) == 3
    assert of(Secret("\ud800", known=False)) != of(Secret("?", known=False))
    with pytest.raises(TypeError, match="a object is no JSON data"):
        of(object())
    assert of(Options(seed=1)) != of(Options(seed=2))


def test_texts_have_keys_of_their_own() -> None:
    keys = [
        text_key(SALT, "member", "m", "t"),
        text_key(SALT, "member", "m", "u"),
        text_key(SALT, "member", "n", "t"),
        text_key(SALT, "other", "m", "t"),
        text_key(b"other", "member", "m", "t"),
        text_key(SALT, "member", "m", "t", dimensions=7),
    ]
    assert len({*keys, key(Query("t"))}) == len(keys) + 1


queries = st.builds(
    Query,
    messages=st.lists(
        st.builds(Message, st.sampled_from(list(Role)), st.lists(st.builds(TextBlock, texts), max_size=3)), max_size=3
    ),
    options=st.builds(Options, stop=st.lists(texts, max_size=2), seed=st.none() | st.integers(0, 3)),
    schema=st.none() | st.dictionaries(texts, texts, max_size=2),
)


@given(queries, queries)
def test_attack_11_two_queries_have_the_same_key_only_if_they_are_the_same(one: Query, other: Query) -> None:
    """Nothing runs together: no text can look like the end of one field and the beginning of the next."""
    assert (key(one) == key(other)) == (one == other)
