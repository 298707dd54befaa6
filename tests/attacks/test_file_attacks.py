"""Attacks 12 and 13: links that are planted where Claif writes, and folders that are swapped while it writes.

The files that exist today: config.toml and keys.json; the weights and their lock have their tests in claif-local.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from claif.config import Secret
from claif.config.edit import set_value
from claif.config.keyfile import store_key, stored_keys
from claif.errors import ClaifError, ConfigurationError

TRIES = 1000
PATIENCE = 60.0
"""Seconds in which both must have happened."""
SWAP = """
import os, sys
mine, theirs, way = sys.argv[1:]
print("ready", flush=True)
while True:
    for target in (theirs, mine):
        os.symlink(target, way + ".next")
        os.replace(way + ".next", way)
"""


def write_config(home: Path, number: int) -> None:
    set_value(home / "config.toml", "general.timeout", number + 1)


def write_key(home: Path, number: int) -> None:
    store_key(home, "openai", Secret(f"sk-canary-{number:05}"))


WRITERS = [(write_config, "config.toml"), (write_key, "keys.json")]


@pytest.mark.parametrize(("write", "name"), WRITERS)
def test_attack_12_a_link_in_the_place_of_the_file_is_refused_and_its_target_stays_as_it_is(
    tmp_path: Path, write: Callable[[Path, int], None], name: str
) -> None:
    victim, home = tmp_path / "victim", tmp_path / "home"
    content = {"config.toml": "# precious", "keys.json": '{"precious": "1"}'}[name]
    victim.write_text(content)
    victim.chmod(0o600)
    home.mkdir(mode=0o700)
    (home / name).symlink_to(victim)
    with pytest.raises(ConfigurationError, match="symbolic link"):
        write(home, 1)
    assert victim.read_text() == content
    assert (home / name).is_symlink()


@pytest.mark.parametrize(("write", "name"), WRITERS)
def test_attack_12_a_link_to_nothing_creates_nothing(
    tmp_path: Path, write: Callable[[Path, int], None], name: str
) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / name).symlink_to(tmp_path / "made")
    with pytest.raises(ConfigurationError, match="symbolic link"):
        write(home, 1)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(("write", "name"), WRITERS)
def test_attack_13_a_hard_link_does_not_lead_the_new_content_anywhere_else(
    tmp_path: Path, write: Callable[[Path, int], None], name: str
) -> None:
    """The file is replaced, not written into."""
    home = tmp_path / "home"
    write(home, 1)
    other = tmp_path / "other"
    os.link(home / name, other)
    before = other.read_bytes()
    write(home, 2)
    assert other.read_bytes() == before
    assert (home / name).read_bytes() != before
    assert (home / name).stat().st_nlink == 1


def test_attack_13_a_folder_that_is_swapped_all_the_time_never_leads_a_key_elsewhere(tmp_path: Path) -> None:
    """A thousand writes, or more until both were met, while the way leads in turn to either's folder."""
    mine, theirs, way = tmp_path / "mine", tmp_path / "theirs", tmp_path / "way"
    (mine / "home").mkdir(mode=0o700, parents=True)
    (theirs / "home").mkdir(parents=True)
    (theirs / "home").chmod(0o777)
    way.symlink_to(mine)
    attacker = subprocess.Popen([sys.executable, "-c", SWAP, mine, theirs, way], stdout=subprocess.PIPE)
    assert attacker.stdout is not None
    assert attacker.stdout.readline()
    stored, refused, last = 0, 0, time.monotonic() + PATIENCE
    try:
        while stored + refused < TRIES or not ((stored and refused) or time.monotonic() > last):
            try:
                write_key(way / "home", stored + refused)
                stored += 1
            except ClaifError:
                refused += 1
    finally:
        attacker.kill()
        attacker.communicate()
    assert stored > 0
    assert refused > 0, "nothing was ever swapped at the wrong moment"
    assert everything_in(theirs) == {"home"}, "a key went into a folder that anybody may write to"
    assert stored_keys(mine / "home")["openai"].reveal().startswith("sk-canary-")


def everything_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}
