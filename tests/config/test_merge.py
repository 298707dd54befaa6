"""Later layers win, key by key, and each value knows which layer it came from."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from claif.config.merge import DEFAULT, Merged, Origin, leaves, look, walk

KEYS = st.sampled_from("abc")
SCALARS = st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
TABLES = st.dictionaries(
    KEYS, st.recursive(SCALARS, lambda inner: st.dictionaries(KEYS, inner, max_size=3), max_leaves=6)
)


def lay(*tables):
    merged = Merged()
    for index, table in enumerate(tables):
        merged.lay(table, Origin("user", str(index)))
    return merged


@given(TABLES)
def test_laying_a_table_on_nothing_or_on_itself_changes_nothing(table):
    assert lay(table).table == table
    assert lay(table, table).table == table
    assert lay({}, table, {}).table == table


@given(TABLES, TABLES)
def test_every_value_of_the_later_table_is_there_and_comes_from_it(below, above):
    merged = lay(below, above)
    for path, value in leaves(above):
        if value != {}:
            assert look(merged.table, path) == value
            assert merged.origin(path).where == "1"


@given(TABLES, TABLES)
def test_every_value_is_from_the_table_that_its_origin_names(below, above):
    merged = lay(below, above)
    for path, value in leaves(merged.table):
        source = (below, above)[int(merged.origin(path).where)]
        assert look(source, path) == value


@given(TABLES, TABLES, TABLES)
def test_merging_is_associative(one, two, three):
    assert lay(lay(one, two).table, three).table == lay(one, lay(two, three).table).table or conflicting(
        one, two, three
    )


def conflicting(*tables) -> bool:
    """Whether one table has a value where another has a table: then the grouping tells what was replaced."""
    paths = [{path for path, value in leaves(table)} for table in tables]
    return any(p != q and q[: len(p)] == p for mine in paths for theirs in paths for p in mine for q in theirs)


@given(TABLES, TABLES)
def test_origins_are_kept_for_values_only(below, above):
    merged = lay(below, above)
    assert set(merged.origins) == {path for path, _ in leaves(merged.table)}


@given(TABLES, TABLES, st.lists(KEYS, max_size=4).map(tuple))
def test_the_origin_of_any_table_is_that_of_its_first_value(below, above, path):
    merged = lay(below, above)
    table = look(merged.table, path)
    if isinstance(table, dict) and table:
        path = next(iter(leaves(table, path)))[0]
    assert merged.origin(path) is merged.origins.get(path, DEFAULT)


@given(TABLES)
def test_what_is_laid_is_not_changed_later(table):
    before = repr(table)
    lay(table, {"a": {"b": {"c": 1}}, "b": 5})
    assert repr(table) == before


def test_the_origin_of_a_table_is_that_of_its_first_value_and_of_what_is_unset_the_default():
    merged = lay({"a": {"b": [1]}})
    assert merged.origin(("a",)).where == "0"
    assert merged.origin(("a", "c")) is DEFAULT
    assert merged.origin(("x",)) is DEFAULT


def test_walking_finds_empty_lists_and_tables_and_what_stands_in_lists():
    found = list(walk({"a": [], "b": {}, "c": [{"d": 1}, [2]], "e": 3}))
    assert found == [(("a",), []), (("b",), {}), (("c", "d"), 1), (("c",), 2), (("e",), 3)]
    assert list(walk({})) == []


def test_an_origin_is_written_with_its_place():
    assert str(Origin("user", "/x")) == "user (/x)"
    assert str(DEFAULT) == "default"
