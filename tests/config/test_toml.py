"""TOML that is nested too deep is refused before a parser sees it; all other TOML is parsed as ever."""

from __future__ import annotations

import time
import tomllib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from claif.config.limits import MAX_DEPTH
from claif.config.toml import parse_toml, refuse_bomb
from claif.errors import InvalidConfigError

PIECES = st.sampled_from(
    [
        "a",
        ".",
        "=",
        "[",
        "]",
        "{",
        "}",
        ",",
        '"',
        '"""',
        "'",
        "'''",
        "\\",
        "#",
        "\n",
        " ",
        "1",
        "b.c",
        "\r\n",
        '\\"',
        "é",
    ]
)


def depth(value: object) -> int:
    """How many keys and lists lead to the deepest value; for tables that are not too deep to be asked."""
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(st.lists(PIECES, max_size=60).map("".join))
@example('a = """x""""" \nb.c=1')
@example("a = '''x'''''\nb = 1")
@example('a = "\\\\"\nb = "\\""')
def test_text_that_is_not_too_deep_is_parsed_as_by_the_parser_itself(text):
    try:
        expected = tomllib.loads(text)
    except ValueError:
        expected = None
    try:
        found = parse_toml(text, "f")
    except InvalidConfigError:
        assert expected is None
    else:
        assert found == expected


@given(
    before=st.sampled_from(
        ["", "a = 1\n", 'a = """\n"x" # \'\\\\"""\n', "a = '#' # \"\n", "[t]\n", 'a = ["x", 1.5]\n']
    ),
    levels=st.integers(1, 60),
    shape=st.sampled_from(["key", "header", "quoted", "spaced", "array", "inline", "dotted inline"]),
)
def test_depth_never_gets_through_whatever_stands_before_it(before, levels, shape):
    text = {
        "key": "k." * (levels - 1) + "k = 1",
        "header": "[" + "k." * (levels - 1) + "k]",
        "quoted": '"k".' * (levels - 1) + "'k' = 1",
        "spaced": "k . " * (levels - 1) + "k = 1",
        "array": "k = " + "[" * levels + "]" * levels,
        "inline": "k = " + "{k = " * levels + "1" + "}" * levels,
        "dotted inline": "k = {" + "k." * (levels - 1) + "k = 1}",
    }[shape]
    try:
        table = parse_toml(before + text, "f")
    except InvalidConfigError as error:
        refusal = error.message
    else:
        assert depth(table) <= MAX_DEPTH + 1
        return
    assert levels > MAX_DEPTH - 3
    assert "deeper" in refusal


@pytest.mark.parametrize(
    "bomb",
    [
        "a." * 8000 + "b = 1",
        "a." * 20000 + "b = 1",
        "[" + "a." * 8000 + "b]",
        "a = " + "[" * 10_000,
        "a = " + "[" * 10_000 + "]" * 10_000,
        "a = " + "{a = " * 8_000,
        '"a".' * 8000 + "b = 1",
        "a = '''" + "'" * 60_000,
        'a = """' + '\\"""' * 15_000,
        'a = "' + "\\" * 60_000,
        "\\" * 60_000 + '"',
        "a = 1" + "0" * 60_000,
        "\n".join(["a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p = 1"] * 1000),
        '"' * 60_000,
        "'" * 60_000,
        "." * 60_000,
        "a=[" * 16_000,
        "a=[" + "1," * 30_000 + "]",
        "[[a]]\n" * 10_000,
    ],
)
def test_a_bomb_is_refused_at_once(bomb):
    began = time.process_time()
    with pytest.raises(InvalidConfigError):
        parse_toml(bomb, "f")
    assert time.process_time() - began < 1


def test_a_text_that_is_just_large_takes_no_more_than_its_length():
    with pytest.raises(InvalidConfigError, match="more than 4096 values"):
        parse_toml("\n".join([f"k{i} = 1" for i in range(6000)]), "f")
    assert parse_toml("#" * 60_000, "f") == {}
    assert len(parse_toml("a = [" + "1," * 4000 + "]", "f")["a"]) == 4000
    assert len(parse_toml("[[a]]\n" * 4000, "f")["a"]) == 4000
    assert len(parse_toml("a = '" + "=,[]{}" * 2000 + "'", "f")["a"]) == 12_000


def test_a_refusal_names_the_file_and_the_line():
    with pytest.raises(InvalidConfigError, match=r"^/x/config\.toml cannot be read: .*line 3") as caught:
        parse_toml("a = 1\n\n" + "a." * 20 + "b = 1", "/x/config.toml")
    assert caught.value.problems


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a = 1979-05-27", "date"),
        ("a = nan", "finite"),
        ("a = 1\nb 2", "line 2"),
        (f"a = '{'x' * 20_000}'", "longer than"),
        ("k" * 300 + " = 1", "key"),
        ("a = 1" + "0" * 5000, "digits"),
        ("a = 1\na = 2", "overwrite"),
    ],
)
def test_what_is_no_configuration_is_a_typed_error(text, what):
    with pytest.raises(InvalidConfigError, match=what):
        parse_toml(text, "f")


def test_a_string_over_several_lines_ends_where_the_parser_ends_it():
    for text in ('"""x"""""', "'''x'''''", '"""\\""""', '""""""', '"\\\\"', "''"):
        refuse_bomb(f"a = {text}\nb = 1\n")
        with pytest.raises(ValueError, match="line 3"):
            refuse_bomb(f"a = {text}\n\n{'a.' * 20}b = 1")


def test_dots_in_strings_comments_and_numbers_are_not_depth():
    refuse_bomb(
        'a = "' + "." * 100 + '" # ' + "." * 100 + "\nb = [" + "1.5, " * 100 + "]\nc = '''\n" + "[" * 50 + "'''"
    )
