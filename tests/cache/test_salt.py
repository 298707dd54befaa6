"""The salt: made once for a user, or given by those who share a store."""

from __future__ import annotations

from pathlib import Path

import pytest

from claif.cache.salt import FILE_NAME, salt_of
from claif.config.secret import Secret
from claif.errors import InvalidConfigError


def test_a_salt_is_made_once_and_is_for_its_user_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    salt = salt_of(home, None)
    assert salt_of(home, None) == salt
    assert len(salt) == 32
    assert (home / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_each_home_has_another_one(tmp_path: Path) -> None:
    assert salt_of(tmp_path / "a", None) != salt_of(tmp_path / "b", None)


def test_a_configured_one_is_the_same_everywhere_and_makes_no_file(tmp_path: Path) -> None:
    assert salt_of(tmp_path / "a", Secret("ours")) == salt_of(tmp_path / "b", Secret("ours"))
    assert salt_of(tmp_path / "a", Secret("ours")) != salt_of(tmp_path / "a", Secret("yours"))
    assert not (tmp_path / "a").exists()


def test_one_that_others_can_read_is_refused(tmp_path: Path) -> None:
    salt_of(tmp_path, None)
    (tmp_path / FILE_NAME).chmod(0o644)
    with pytest.raises(InvalidConfigError, match=FILE_NAME):
        salt_of(tmp_path, None)
