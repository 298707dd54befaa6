"""Disks that are full, homes that are read-only, odd, missing or no folder: queries are answered, files stay whole."""

from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from disk.shell import FULL_DISK, NO_PRIVILEGE, assert_told_briefly, environment, finish, run, start

import claif
from claif.config import Secret
from claif.config.edit import set_value
from claif.config.keyfile import store_key, stored_keys
from claif.testing import ServerProcess

CONFIG = "# mine\n[general]\ntimeout = 30\n"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ServerProcess() as server:
        yield server.url(text="Read.")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a configuration and a key."""
    made = tmp_path / "home"
    made.mkdir(mode=0o700)
    (made / "config.toml").touch(0o600)
    (made / "config.toml").write_text(CONFIG)
    store_key(made, "old", Secret("sk-old-4711"))
    return made


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("inside", [FULL_DISK, NO_PRIVILEGE], ids=["full", "read-only"])
@pytest.mark.parametrize("fresh", [False, True], ids=["used", "fresh"])
def test_a_query_answers_where_nothing_can_be_written(
    home: Path, tmp_path: Path, url: str, inside: str, fresh: bool
) -> None:
    if fresh:
        shutil.rmtree(home)
        home = tmp_path / "locked" / "home"
        home.parent.mkdir()
    home_or_parent = home.parent if fresh else home
    home_or_parent.chmod(0o500)
    before = contents(tmp_path)
    code, output, errors = run(environment(home, url), tmp_path, "hi", inside=inside)
    home_or_parent.chmod(0o700)
    assert (code, output) == (0, "Read.\n"), errors
    assert "Traceback" not in errors
    assert contents(tmp_path) == before


@pytest.mark.parametrize("inside", [FULL_DISK, NO_PRIVILEGE], ids=["full", "read-only"])
@pytest.mark.parametrize("arguments", [("config", "set", "general.timeout", "5"), ("keys", "set", "new")], ids=" ".join)
def test_what_cannot_be_stored_is_told_and_what_was_stored_stays(
    home: Path, tmp_path: Path, url: str, inside: str, arguments: tuple[str, ...]
) -> None:
    home.chmod(0o500)
    before = contents(home)
    child = start(environment(home, url), tmp_path, *arguments, inside=inside, stdin=subprocess.PIPE)
    code, _, errors = finish(child, "sk-new-4711\n")
    home.chmod(0o700)
    assert code not in {0, 1}
    assert_told_briefly(errors)
    assert "cannot be written" in errors
    assert contents(home) == before
    assert "sk-new" not in errors


NAMES = ["with two  spaces", "Zürich/日本語 ☃", 'it\'s $HOME "quoted"; rm -rf', "-dash", "a\nb"]


@pytest.mark.parametrize("name", NAMES)
def test_a_home_may_be_called_anything(tmp_path: Path, url: str, name: str) -> None:
    home = tmp_path / name
    home.parent.mkdir(exist_ok=True)
    environ = environment(home, url)
    assert run(environ, tmp_path, "config", "set", "general.timeout", "77")[0] == 0
    child = start(environ, tmp_path, "keys", "set", "one", stdin=subprocess.PIPE)
    assert finish(child, "sk-one-4711\n")[0] == 0
    code, output, errors = run(environ, tmp_path, "hi")
    assert (code, output) == (0, "Read.\n"), errors
    code, output, errors = run(environ, tmp_path, "config", "show", "--json")
    assert json.loads(output)["general"]["timeout"] == 77, errors
    assert stored_keys(home)["one"].reveal() == "sk-one-4711"
    assert (home / "config.toml").stat().st_mode & 0o777 == 0o600


def test_a_home_that_is_a_file_is_no_home(tmp_path: Path, url: str) -> None:
    home = tmp_path / "home"
    home.write_text("precious")
    environ = environment(home, url)
    assert run(environ, tmp_path, "hi")[:2] == (0, "Read.\n")
    code, _, errors = run(environ, tmp_path, "config", "set", "general.timeout", "5")
    assert code not in {0, 1}
    assert_told_briefly(errors)
    assert "is a file, not a folder" in errors
    assert home.read_text() == "precious"


def test_without_the_variable_home_the_system_is_asked(tmp_path: Path, url: str) -> None:
    environ = environment(tmp_path / "home", url)
    assert "HOME" not in environ
    assert run(environ, tmp_path, "hi")[:2] == (0, "Read.\n")


NOBODY = """
import pwd, sys
def unknown(uid):
    raise KeyError(uid)
pwd.getpwuid = unknown
from claif.cli import execute
sys.exit(execute(sys.argv[4:]))
"""


def test_a_user_whom_the_system_does_not_know_is_told_what_to_set(tmp_path: Path, url: str) -> None:
    code, _, errors = run(environment(None, url), tmp_path, "hi", inside=NOBODY)
    assert code == 3
    assert_told_briefly(errors)
    assert "CLAIF_HOME" in errors
    assert run(environment(tmp_path / "home", url), tmp_path, "hi", inside=NOBODY)[:2] == (0, "Read.\n")


def test_two_versions_share_a_home(tmp_path: Path, url: str) -> None:
    """Whichever writes, the other one reads all of it, and writes without losing any."""
    home = tmp_path / "home"
    environs = []
    for version in ("2.0.5", "2.7.0"):
        site = tmp_path / f"site-{version}"
        shutil.copytree(
            Path(claif.__file__).parent, site / "claif", ignore=shutil.ignore_patterns("__pycache__", "testing")
        )
        (site / "claif" / "_version.py").write_text(f'"""The version."""\n\n__version__ = "{version}"\n')
        environs.append(environment(home, url, PYTHONPATH=str(site)))
    older, newer = environs
    work = tmp_path / "work"
    work.mkdir()
    assert "2.0.5" in run(older, work, "--version")[1]
    assert "2.7.0" in run(newer, work, "--version")[1]
    for number, environ in enumerate((older, newer) * 2):
        assert run(environ, work, "config", "set", f"providers.p{number}.model", f"m{number}")[0] == 0
    both = [start(environ, work, "config", "set", f"providers.q{n}.model", "m") for n, environ in enumerate(environs)]
    assert [finish(child)[0] for child in both] == [0, 0]
    for environ in environs:
        _, output, errors = run(environ, work, "config", "show", "--json")
        providers = json.loads(output)["providers"]
        assert {"p0", "p1", "p2", "p3", "q0", "q1"} <= providers.keys(), errors
        assert run(environ, work, "hi")[:2] == (0, "Read.\n")


def test_a_setting_of_a_newer_version_is_named_and_not_lost(home: Path, tmp_path: Path, url: str) -> None:
    """An older version does not guess what it means."""
    text = CONFIG + "[general.future]\nx = 1\n"
    (home / "config.toml").write_text(text)
    code, _, errors = run(environment(home, url), tmp_path, "hi")
    assert code == 3
    assert "general.future" in errors
    set_value(home / "config.toml", "general.timeout", 31)
    table = tomllib.loads((home / "config.toml").read_text())
    assert table["general"] == {"timeout": 31, "future": {"x": 1}}
