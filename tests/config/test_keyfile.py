"""The keys file is the user's alone, or it is not used."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from claif.config import Secret
from claif.config.files import folder_lock
from claif.config.keyfile import delete_key, keys_path, store_key, stored_keys
from claif.errors import ConfigurationError, InvalidConfigError

CANARY = "sk-canary-4f9a1c"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_key_is_stored_found_replaced_and_deleted(home: Path) -> None:
    assert stored_keys(home) == {}
    assert store_key(home, "openai", Secret(CANARY)) is False
    assert store_key(home, "work", Secret("other")) is False
    assert stored_keys(home)["openai"].reveal() == CANARY
    assert store_key(home, "openai", Secret("new")) is True
    assert {name: key.reveal() for name, key in stored_keys(home).items()} == {"openai": "new", "work": "other"}
    delete_key(home, "openai")
    assert list(stored_keys(home)) == ["work"]


def test_attack_14_the_file_and_its_folder_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store_key(tmp_path / "new" / "home", "a", Secret(CANARY))
    finally:
        os.umask(before)
    assert mode(keys_path(tmp_path / "new" / "home")) == 0o600
    assert mode(tmp_path / "new" / "home") == 0o700
    assert os.listdir(tmp_path / "new" / "home") == ["keys.json"]


@pytest.mark.parametrize("loose", [0o640, 0o604, 0o620, 0o644, 0o666, 0o610, 0o601])
def test_attack_14_a_file_that_others_can_touch_is_refused_with_the_exact_command(home: Path, loose: int) -> None:
    store_key(home, "a", Secret(CANARY))
    keys_path(home).chmod(loose)
    uses = (
        lambda: stored_keys(home),
        lambda: store_key(home, "b", Secret("12345678")),
        lambda: delete_key(home, "a"),
    )
    for use in uses:
        with pytest.raises(InvalidConfigError) as caught:
            use()
        assert f"chmod 600 {keys_path(home)}" in (caught.value.hint or "")
        assert CANARY not in str(caught.value.to_dict())
    keys_path(home).chmod(0o600)
    assert list(stored_keys(home)) == ["a"]


def test_the_command_can_be_copied_even_if_the_path_has_spaces(tmp_path: Path) -> None:
    home = tmp_path / "my home"
    store_key(home, "a", Secret(CANARY))
    keys_path(home).chmod(0o644)
    with pytest.raises(InvalidConfigError) as caught:
        stored_keys(home)
    assert f"chmod 600 '{keys_path(home)}'" in (caught.value.hint or "")


def test_attack_14_a_file_of_another_user_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store_key(home, "a", Secret(CANARY))
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(InvalidConfigError, match="belongs to another user") as caught:
        stored_keys(home)
    assert "chown" in (caught.value.hint or "")


def test_attack_14_a_file_in_a_folder_that_everybody_can_write_is_refused(home: Path) -> None:
    store_key(home, "a", Secret(CANARY))
    home.chmod(0o777)
    with pytest.raises(InvalidConfigError, match="every user can replace it"):
        stored_keys(home)
    with pytest.raises(InvalidConfigError, match="every user can replace it"):
        store_key(home, "b", Secret(CANARY))


def test_attack_12_a_link_in_its_place_is_not_written_through(home: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("{}")
    victim.chmod(0o600)
    keys_path(home).symlink_to(victim)
    with pytest.raises(ConfigurationError, match="symbolic link"):
        store_key(home, "a", Secret(CANARY))
    assert victim.read_text() == "{}"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "not JSON"),
        ("[" * 60_000, "not JSON"),
        ("[]", "no JSON object"),
        (f'{{"a": ["{CANARY}"]}}', "no name with a text"),
        (f'{{"{CANARY} x": "a"}}', "no name with a text"),
        ("x" * 70_000, "larger than"),
    ],
)
def test_a_broken_file_is_a_typed_error_that_shows_nothing_of_it(home: Path, text: str, what: str) -> None:
    path = keys_path(home)
    path.touch(0o600)
    path.write_text(text)
    with pytest.raises(InvalidConfigError, match=what) as caught:
        stored_keys(home)
    assert "canary" not in str(caught.value.to_dict())
    with pytest.raises(InvalidConfigError, match=what):
        store_key(home, "a", Secret(CANARY))
    assert path.read_text() == text


@pytest.mark.parametrize("key", ["", " ", "two words", "line\nbreak", "esc\x1b[2J", "x" * 20_000])
def test_what_cannot_be_a_key_is_refused(home: Path, key: str) -> None:
    with pytest.raises(InvalidConfigError, match="no key"):
        store_key(home, "a", Secret(key))
    assert not keys_path(home).exists()


@pytest.mark.parametrize("name", ["", "../x", "a b", "-x", "x" * 65, f"{CANARY}/=", "a\n"])
def test_what_is_no_name_is_refused_and_not_repeated(home: Path, name: str) -> None:
    for use in (lambda: store_key(home, name, Secret(CANARY)), lambda: delete_key(home, name)):
        with pytest.raises(InvalidConfigError, match="no name") as caught:
            use()
        assert "canary" not in str(caught.value.to_dict())


def test_deleting_what_is_not_there_names_the_nearest(home: Path) -> None:
    store_key(home, "openai", Secret(CANARY))
    with pytest.raises(InvalidConfigError, match='did you mean "openai"'):
        delete_key(home, "opnai")


def test_a_file_that_would_be_too_large_is_not_written(home: Path) -> None:
    for number in range(4):
        store_key(home, f"k{number}", Secret("x" * 16_000))
    with pytest.raises(ConfigurationError, match="too large"):
        store_key(home, "k4", Secret("x" * 16_000))
    assert len(json.loads(keys_path(home).read_text())) == 4


def test_two_processes_do_not_write_at_the_same_time(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("claif.config.keyfile.folder_lock", lambda folder: folder_lock(folder, 0.05))
    with folder_lock(home), pytest.raises(ConfigurationError, match="Another process"):
        store_key(home, "a", Secret(CANARY))
