"""The last conversation with each provider in each directory: kept for the user alone, bounded, and never a crash."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.agents.conversations import (
    FILE_NAME,
    MOST_REMEMBERED,
    Place,
    conversation_id,
    last_conversation,
    place_of,
    remember_conversation,
)
from claif.agents.settings import AgentSettings
from claif.config.limits import MAX_FILE_BYTES
from claif.errors import InvalidQueryError
from claif.models import Notice, Query
from claif.testing import strategies

HERE = Place("claude", "/project")


class Home:
    """A home, and what was warned of."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path / FILE_NAME
        self.warnings: list[Notice] = []

    def last(self, place: Place = HERE) -> str | None:
        return last_conversation(self.path, place, self.warnings.append)

    def remember(self, conversation: str, place: Place = HERE) -> None:
        remember_conversation(self.path, place, conversation, self.warnings.append)

    def write(self, text: str, mode: int = 0o600) -> None:
        self.path.mkdir(mode=0o700, exist_ok=True)
        self.file.write_text(text)
        self.file.chmod(mode)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_nothing_is_known_at_first_and_asking_creates_nothing(home: Home) -> None:
    assert home.last() is None
    assert not home.path.exists()
    assert not home.warnings


def test_the_last_one_of_its_provider_in_its_directory_is_known(home: Home) -> None:
    for place, conversation in (
        (HERE, "one"),
        (Place("codex", "/project"), "two"),
        (Place("claude", "/elsewhere"), "three"),
        (HERE, "four"),
    ):
        home.remember(conversation, place)
    assert home.last() == "four"
    assert home.last(Place("codex", "/project")) == "two"
    assert home.last(Place("claude", "/elsewhere")) == "three"
    assert home.last(Place("claude", "/project/below")) is None
    assert not home.warnings


def test_only_the_user_can_read_it_whatever_the_umask(home: Home) -> None:
    before = os.umask(0)
    try:
        home.remember("one")
    finally:
        os.umask(before)
    assert home.file.stat().st_mode & 0o777 == 0o600
    assert home.path.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in home.path.iterdir()] == [FILE_NAME]


BROKEN = ["", "{", "[1]", '[{"provider": "x"}]', '"text"', "7", "null", "[" * 60_000, '{"a": 1}', "[[]]"]
BROKEN += ['[{"provider": "claude", "directory": "/project", "conversation": "--yolo"}]']
BROKEN += ['[{"provider": "claude", "directory": "/project", "conversation": 5}]', "\0", " " * (MAX_FILE_BYTES + 1)]


@pytest.mark.parametrize("text", BROKEN, ids=lambda text: ascii(text[:20]))
def test_a_damaged_file_is_warned_of_and_written_anew(home: Home, text: str) -> None:
    home.write(text)
    assert home.last() is None
    [warning] = home.warnings
    assert warning.kind == "conversations"
    assert str(home.file) in warning.text
    home.remember("one")
    assert len(home.warnings) == 2
    assert home.last() == "one"
    assert len(home.warnings) == 2


@given(st.text() | strategies.json_values().map(json.dumps))
def test_no_text_of_the_file_is_a_crash(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    home = Home(tmp_path_factory.mktemp("any") / "home")
    home.write(text.encode("utf-8", "replace").decode())
    found = home.last()
    assert found is None or conversation_id(found)
    home.remember("one")
    assert home.last() == "one"


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o666])
def test_attack_14_a_file_that_others_can_read_or_write_is_not_used(home: Home, mode: int) -> None:
    home.write('[{"provider": "claude", "directory": "/project", "conversation": "planted"}]', mode)
    assert home.last() is None
    assert "cannot be used" in home.warnings[0].text
    home.remember("one")
    assert home.file.stat().st_mode & 0o777 == 0o600
    assert home.last() == "one"


def test_attack_12_a_link_in_its_place_is_not_written_through(home: Home, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    home.path.mkdir(mode=0o700)
    home.file.symlink_to(victim)
    home.remember("one")
    assert victim.read_text() == "precious"
    assert "symbolic link" in home.warnings[-1].text


def test_where_nothing_can_be_written_it_is_said_and_nothing_else_happens(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for path in (file, file / "below"):
        home = Home(path)
        home.remember("one")
        assert "is not remembered" in home.warnings[0].text
        assert home.last() is None


@pytest.mark.parametrize("conversation", ["--yolo", "a/b", "../x", "", "a b", "\u202ex", "x" * 300])
def test_what_an_agent_calls_an_id_and_is_none_is_not_remembered(home: Home, conversation: str) -> None:
    home.remember(conversation)
    assert "is not remembered" in home.warnings[0].text
    assert not home.file.exists()


def test_of_very_many_the_latest_are_kept(home: Home) -> None:
    for number in range(MOST_REMEMBERED + 5):
        home.remember(f"id-{number}", Place("claude", f"/project/{number}"))
    home.remember("again", Place("claude", "/project/10"))
    home.remember("last", Place("claude", "/last"))
    assert len(json.loads(home.file.read_text())) == MOST_REMEMBERED
    assert home.last(Place("claude", "/project/0")) is None
    assert home.last(Place("claude", "/project/10")) == "again"
    assert home.last(Place("claude", f"/project/{MOST_REMEMBERED + 4}")) == f"id-{MOST_REMEMBERED + 4}"
    assert not home.warnings


def test_very_long_directories_never_make_the_file_too_large_to_be_read(home: Home) -> None:
    for number in range(40):
        place = Place("claude", f"/{number}/" + "\u65e5" * 1300)
        home.remember(f"id-{number}", place)
        assert home.last(place) == f"id-{number}"
    assert home.file.stat().st_size <= MAX_FILE_BYTES
    assert not home.warnings


@given(st.dictionaries(st.tuples(strategies.words(), st.text(max_size=20)), strategies.conversation_ids(), max_size=8))
def test_any_directory_comes_back(tmp_path_factory: pytest.TempPathFactory, known: dict[tuple[str, str], str]) -> None:
    """Also names that are no valid text, as Python hands them out."""
    home = Home(tmp_path_factory.mktemp("any") / "home")
    for (provider, directory), conversation in known.items():
        home.remember(conversation, Place(provider, f"/{directory}\udcff"))
    for (provider, directory), conversation in known.items():
        assert home.last(Place(provider, f"/{directory}\udcff")) == conversation
    assert not home.warnings


def test_processes_that_write_at_once_lose_nothing(home: Home) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom claif.agents.conversations import *\n"
        "for number in range(10):\n"
        "    remember_conversation(Path(sys.argv[1]), Place(sys.argv[2], f'/{number}'), f'id-{number}', sys.exit)\n"
    )
    names = ["a", "b", "c", "d"]
    children = [subprocess.Popen([sys.executable, "-c", code, str(home.path), name]) for name in names]
    assert [child.wait(60) for child in children] == [0] * len(names)
    assert {home.last(Place(name, f"/{number}")) for name in names for number in range(10)} == {
        f"id-{number}" for number in range(10)
    }


def provider(settings: Any = None) -> Any:
    return SimpleNamespace(context=SimpleNamespace(name="claude", settings=settings))


def test_a_conversation_belongs_to_the_directory_in_which_the_agent_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it is written."""
    work = tmp_path / "here"
    work.mkdir()
    (tmp_path / "link").symlink_to(work)
    monkeypatch.chdir(tmp_path)
    place = Place("claude", str(work))
    for written in (str(work), "here", "./here/", "link", "here/../link"):
        assert place_of(provider(AgentSettings()), Query("hi", directory=written)) == place
        assert place_of(provider(AgentSettings(directory=written)), Query("hi")) == place
        assert place_of(provider(object()), Query("hi", directory=written)) == place
    assert place_of(provider(AgentSettings(directory="elsewhere")), Query("hi", directory="here")) == place
    assert place_of(provider(AgentSettings()), Query("hi")) == Place("claude", str(tmp_path))


@given(st.text(max_size=30))
def test_an_id_is_one_word_that_no_program_takes_for_an_option_or_a_path(text: str) -> None:
    try:
        assert conversation_id(text) == text
    except InvalidQueryError:
        return
    assert text.isascii()
    assert text[0].isalnum()
    assert not set(text) & set("/\\ \t\n'\"$`;&|<>*?~")
