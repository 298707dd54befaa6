"""`set` and `unset` change one value; every other line of the file stays byte for byte as it was."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from claif.config import Secret
from claif.config.edit import set_value, unset_value, value_from_text
from claif.config.edit_toml import with_value, without_value
from claif.config.merge import look
from claif.errors import ConfigurationError, InvalidConfigError

FILE = Path("config.toml")
LINES = """\
# My own configuration.
[general]  # what I like
timeout = 30  # seconds
log_level   =   "info"

# The fast one.
[providers.fast]
type = 'openai'
model = "gpt-5-mini"   # cheap

[providers.fast.options]
temperature = 0.1
stop = [
    "a",  # first
    "b",
]

[providers."llama.cpp"]
base_url = "http://127.0.0.1:8080/v1"

# The end.
"""
NAMES = st.sampled_from(
    [
        ("general", "timeout"),
        ("general", "log_level"),
        ("general", "output"),
        ("providers", "fast", "model"),
        ("providers", "fast", "idle_timeout"),
        ("providers", "fast", "options", "temperature"),
        ("providers", "fast", "options", "stop"),
        ("providers", "fast", "options", "new"),
        ("providers", "llama.cpp", "model"),
        ("providers", "new", "model"),
        ("providers", "new", "options", "deep", "x"),
        ("plugins", "disable"),
        ("project", "allow"),
    ]
)
VALUES = (
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)
    | st.integers(-(10**9), 10**9)
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.lists(st.text(st.characters(codec="utf-8"), max_size=5), max_size=3)
)


def kept_lines(old: str, new: str) -> bool:
    """Whether the lines of the old text are all in the new one, in their order."""
    lines = iter(new.splitlines(keepends=True))
    return all(line in lines for line in old.splitlines(keepends=True))


@given(NAMES, VALUES)
@example(("general", "output"), "\x00\x7f\u2028\\\"'")
def test_what_was_set_is_read_and_nothing_else_is_changed(path, value):
    new = with_value(LINES, path, value)
    before, after = tomllib.loads(LINES), tomllib.loads(new)
    assert look(after, path) == value
    existed = look(before, path) is not None
    others = [line for line in LINES.splitlines(keepends=True) if not existed or not line.startswith(path[-1])]
    if path[-1] == "stop":  # a list of several lines
        others = [line for line in others if line.strip() not in {'"a",  # first', '"b",', "]"}]
    assert kept_lines("".join(others), new)
    if not existed:
        assert kept_lines(LINES, new)


@given(NAMES, VALUES)
def test_setting_and_unsetting_a_new_value_gives_the_old_lines_back(path, value):
    if look(tomllib.loads(LINES), path) is not None:
        return
    new = without_value(with_value(LINES, path, value), path, FILE)
    added = set(new.splitlines()) - set(LINES.splitlines())
    assert kept_lines(LINES, new)
    assert all(line.startswith("[") for line in added), "only an empty table's header may stay"


@given(NAMES, VALUES, VALUES)
def test_setting_twice_is_setting_once(path, one, other):
    assert with_value(with_value(LINES, path, one), path, other) == with_value(LINES, path, other) or (
        tomllib.loads(with_value(with_value(LINES, path, one), path, other))
        == tomllib.loads(with_value(LINES, path, other))
    )


def test_the_comment_on_the_line_stays():
    assert "timeout = 60  # seconds\n" in with_value(LINES, ("general", "timeout"), 60)


def test_a_new_value_stands_with_its_own_table_and_not_below_the_next_ones_comment():
    new = with_value(LINES, ("general", "output"), "text")
    assert 'log_level   =   "info"\noutput = "text"\n\n# The fast one.\n[providers.fast]' in new


def test_unsetting_removes_the_line_or_the_whole_table():
    assert without_value(LINES, ("general", "timeout"), FILE) == LINES.replace("timeout = 30  # seconds\n", "")
    assert "fast" not in str(tomllib.loads(without_value(LINES, ("providers", "fast"), FILE)))


COMMENTED = """\
# top
[providers.a]
model = "x"

# about b
[providers.b]
model = "y"

# about c
[providers.c]
model = "z"
# the end
"""


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_unsetting_a_table_keeps_the_comments_above_and_below_it(name):
    new = without_value(COMMENTED, ("providers", name), FILE)
    comments = [line for line in COMMENTED.splitlines() if line.startswith("#")]
    assert [line for line in new.splitlines() if line.startswith("#")] == comments
    assert set(tomllib.loads(new)["providers"]) == {"a", "b", "c"} - {name}
    assert "\n\n\n" not in new


@pytest.mark.parametrize("text", ["", "\n", "# nothing", "a=1", "general.timeout=1", "providers.x.model='y'\r\n"])
def test_files_of_any_shape_take_a_value(text):
    new = with_value(text, ("general", "output"), "text")
    assert tomllib.loads(new) == {
        **tomllib.loads(text),
        "general": {**tomllib.loads(text).get("general", {}), "output": "text"},
    }


def test_tables_out_of_order_are_changed_rightly_or_not_at_all():
    text = (
        '[providers.a]\nmodel = "x"\n[general]\ntimeout = 1\n[providers.b]\nmodel = "y"\n[providers.a.options]\nx = 1\n'
    )
    new = with_value(text, ("providers", "a", "type"), "openai")
    assert look(tomllib.loads(new), ("providers", "a")) == {"model": "x", "type": "openai", "options": {"x": 1}}


@pytest.mark.parametrize(
    ("path", "value", "what"),
    [
        (("general",), 1, "is a table"),
        (("general", "timeout", "deeper"), 1, "is a value, not a table"),
        (("general", "output"), "\ud800", "not valid Unicode"),
        (("general", "output"), "x" * 70_000, "cannot be made|too large"),
    ],
)
def test_a_change_that_cannot_be_is_refused(path, value, what):
    with pytest.raises(ConfigurationError, match=what):
        with_value(LINES, path, value)


@pytest.mark.parametrize("path", [("general", "timeot"), ("x",), ("general", "timeout", "x"), ("providers", "fst")])
def test_unsetting_what_is_not_there_is_an_error(path):
    with pytest.raises(InvalidConfigError, match="is not in"):
        without_value(LINES, path, FILE)


def test_the_first_value_creates_a_private_file_in_a_private_folder(tmp_path):
    file = tmp_path / "home" / "config.toml"
    set_value(file, "general.timeout", 5)
    assert file.read_text() == "[general]\ntimeout = 5\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_the_new_file_is_checked_as_a_whole_before_it_is_written(tmp_path):
    file = tmp_path / "config.toml"
    set_value(file, "general.timeout", 5)
    before = file.read_bytes()
    for name, value in [
        ("general.timeot", 5),
        ("general.timeout", -1),
        ("general.log_level", "loud"),
        ("providers.a.model", "--yolo"),
        ("providers.a.base_url", "https://${KEY}"),
        ("providers.a.api_key", "${lower}"),
        ("nothing.at.all", "x"),
        ("a" + ".a" * 20, 1),
    ]:
        with pytest.raises(InvalidConfigError):
            set_value(file, name, value)
    assert file.read_bytes() == before
    assert os.listdir(tmp_path) == ["config.toml"]


def test_a_file_with_two_mistakes_is_mended_one_by_one(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text("[general]\ntimeot = 1\noutptu = 'x'\n")
    with pytest.raises(InvalidConfigError):
        set_value(file, "general.wrong", 1)
    unset_value(file, "general.timeot")
    unset_value(file, "general.outptu")
    set_value(file, "general.timeout", 3)
    assert tomllib.loads(file.read_text()) == {"general": {"timeout": 3}}


def test_unsetting_in_a_file_that_does_not_exist_is_an_error_and_creates_none(tmp_path):
    with pytest.raises(InvalidConfigError, match="is not in"):
        unset_value(tmp_path / "home" / "config.toml", "general.timeout")
    assert os.listdir(tmp_path) == []


def test_a_malformed_file_is_not_touched(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text("[general\n")
    with pytest.raises(InvalidConfigError, match="cannot be read"):
        set_value(file, "general.timeout", 5)
    assert file.read_text() == "[general\n"


def test_a_link_in_place_of_the_file_is_not_written_through(tmp_path):
    real = tmp_path / "dotfiles.toml"
    real.write_text("# mine\n")
    link = tmp_path / "config.toml"
    link.symlink_to(real)
    with pytest.raises(ConfigurationError, match="symbolic link") as caught:
        set_value(link, "general.timeout", 5)
    assert str(real) in (caught.value.hint or "")
    assert real.read_text() == "# mine\n"


def test_a_secret_is_written_as_its_text(tmp_path):
    file = tmp_path / "config.toml"
    set_value(file, "providers.a.api_key", Secret("sk-1"))
    assert 'api_key = "sk-1"' in file.read_text()


PLACES = {
    '{stored = "work"}': {"stored": "work"},
    ' {keyring = "openai/me"} ': {"keyring": "openai/me"},
    '{cmd = ["op", "read", "x"]}': {"cmd": ["op", "read", "x"]},
}


@pytest.mark.parametrize("before", [*PLACES, "sk-in-clear-12345", None])
@pytest.mark.parametrize("text", PLACES)
def test_where_a_key_is_takes_the_place_of_what_was_there(tmp_path, before, text):
    name = "providers.a.api_key"
    files = [tmp_path / "whole" / "config.toml", tmp_path / "part" / "config.toml"]
    for file in files:
        set_value(file, "providers.a.model", "m")
        if before:
            set_value(file, name, value_from_text(name, before))
    set_value(files[0], name, value_from_text(name, text))
    [(kind, place)] = PLACES[text].items()
    part = f"{name}.{kind}"
    set_value(files[1], part, value_from_text(part, place if isinstance(place, str) else str(place).replace("'", '"')))
    assert files[0].read_text() == files[1].read_text()
    assert tomllib.loads(files[0].read_text())["providers"]["a"] == {"model": "m", "api_key": PLACES[text]}
    set_value(files[0], name, Secret("sk-1"))
    assert tomllib.loads(files[0].read_text())["providers"]["a"] == {"model": "m", "api_key": "sk-1"}


def test_where_a_key_is_may_stand_in_a_table_of_its_own_and_other_lines_stay(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text('# top\n[providers.a.api_key]\nstored = "work"\n\n# mine\n[general]  # here\ntimeout = 5\n')
    set_value(file, "providers.a.api_key.keyring", "a/b")
    new = file.read_text()
    assert tomllib.loads(new) == {"providers": {"a": {"api_key": {"keyring": "a/b"}}}, "general": {"timeout": 5}}
    assert kept_lines("# top\n\n# mine\n[general]  # here\ntimeout = 5\n", new)


def test_a_table_that_says_nothing_about_a_key_is_refused_and_a_key_may_begin_like_one(tmp_path):
    file = tmp_path / "config.toml"
    for text in ('{nothing = "x"}', "{}", '{stored = "a", keyring = "b/c"}'):
        with pytest.raises(InvalidConfigError, match="say where it is"):
            set_value(file, "providers.a.api_key", value_from_text("providers.a.api_key", text))
    for text in ('{"json": "key"}', "{", "{a}b"):
        assert value_from_text("providers.a.api_key", text) == Secret(text)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("general.timeout", "30", 30),
        ("general.timeout", "1.5", 1.5),
        ("general.output", "5", "5"),
        ("providers.a.allow_http", "true", True),
        ("providers.a.api_key", "5", Secret("5")),
        ("plugins.disable", "a,b", ["a", "b"]),
        ("plugins.providers.openai", "x", "x"),
        ("providers.a.threads", "4", 4),
        ("providers.a.args", '["--fast", 2]', ["--fast", 2]),
        ("providers.a.args", '[["deep"]]', '[["deep"]]'),
        ("providers.a.options.temperature", "0.3", 0.3),
        ("providers.a.something", "text", "text"),
        ("unknown", "5", 5),
    ],
)
def test_a_text_becomes_what_the_setting_is(name, text, value):
    found = value_from_text(name, text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "text"), [("general.timeout", "soon"), ("providers.a.options", "x"), ("providers.a.allow_http", "2")]
)
def test_a_text_that_is_nothing_for_the_setting_is_refused(name, text):
    with pytest.raises(InvalidConfigError, match=name):
        value_from_text(name, text)
