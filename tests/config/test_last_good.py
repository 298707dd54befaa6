"""The last good value of a source is kept, used while the source fails, and never trusted blindly."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from claif.config import ConfigLoader, ConfigSource, Secret, SourceTable, load_sources
from claif.config.last_good import age_text, keep, place, recall
from claif.errors import ConfigurationError

GOOD = {"general": {"timeout": 5}}


class Source:
    """A source that says what it is told to say."""

    def __init__(self, home: Path, *, cache: str = "https://one", fatal: bool = False, refresh: float = 0) -> None:
        self.home = home
        self.says: Any = GOOD
        self.source = ConfigSource("team", self._load, cache=cache, fatal=fatal, timeout=2, refresh=refresh)
        self.file = place(home, "team", cache)

    async def _load(self) -> Any:
        if isinstance(self.says, Exception):
            raise self.says
        if self.says == "silence":
            await trio.sleep_forever()
        return self.says

    async def ask(self) -> tuple[list[SourceTable], list[Any]]:
        return await load_sources([self.source], home=self.home)

    async def failure(self) -> str:
        tables, failures = await self.ask()
        assert tables == []
        return str(failures[0].message)


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path / "home")


async def test_a_good_value_is_kept_where_only_its_owner_can_read_it(source: Source) -> None:
    tables, failures = await source.ask()
    assert (tables, failures) == ([SourceTable("team", 0, GOOD)], [])
    assert json.loads(source.file.read_text()) == GOOD
    assert stat.S_IMODE(source.file.stat().st_mode) == 0o600
    for folder in (source.home, source.home / "cache", source.home / "cache" / "sources"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in source.file.parent.iterdir()] == [source.file.name]


@pytest.mark.mock_clock
@pytest.mark.parametrize("says", [OSError("no network"), "silence", ["no", "table"], {"general": {"timeout": "soon"}}])
async def test_while_the_source_fails_what_it_said_last_is_used_and_told(source: Source, says: Any) -> None:
    await source.ask()
    three_hours_ago = time.time() - 3 * 3600 - 60
    os.utime(source.file, (three_hours_ago, three_hours_ago))
    source.says = says
    (table,), failures = await source.ask()
    assert (table.table, failures) == (GOOD, [])
    assert "team" in table.notice
    assert "3 hours old" in table.notice
    assert json.loads(source.file.read_text()) == GOOD
    config = ConfigLoader.from_mapping({}, home=source.home).build([table])
    assert config.general.timeout == 5
    assert config.notices == (table.notice,)


async def test_without_a_value_that_was_kept_the_failure_is_told(source: Source) -> None:
    source.says = OSError("no network")
    assert await source.failure() == "OSError: no network"


async def test_a_fatal_source_is_fatal_only_without_a_value_that_was_kept(tmp_path: Path) -> None:
    source = Source(tmp_path, fatal=True)
    source.says = OSError("no network")
    with pytest.raises(ConfigurationError, match="team failed"):
        await source.ask()
    source.says = GOOD
    await source.ask()
    source.says = OSError("no network")
    (table,), _ = await source.ask()
    assert table.table == GOOD


async def test_a_new_value_takes_the_place_of_the_old_one_and_the_same_one_becomes_young_again(source: Source) -> None:
    await source.ask()
    os.utime(source.file, (1, 1))
    before = source.file.stat()
    await source.ask()
    after = source.file.stat()
    assert after.st_ino == before.st_ino
    assert after.st_mtime > 1
    source.says = {"general": {"timeout": 6}}
    await source.ask()
    assert json.loads(source.file.read_text()) == source.says


async def test_a_value_that_is_fresh_is_used_without_asking_and_an_older_one_is_not(tmp_path: Path) -> None:
    source = Source(tmp_path, refresh=300)
    await source.ask()
    source.says = {"general": {"timeout": 6}}
    assert (await source.ask())[0] == [SourceTable("team", 0, GOOD)]
    past = time.time() - 301
    os.utime(source.file, (past, past))
    assert (await source.ask())[0] == [SourceTable("team", 0, source.says)]


async def test_a_clock_that_was_set_back_does_not_make_a_value_fresh_for_ever(tmp_path: Path) -> None:
    source = Source(tmp_path, refresh=300)
    await source.ask()
    future = time.time() + 99_999
    os.utime(source.file, (future, future))
    source.says = {"general": {"timeout": 6}}
    assert (await source.ask())[0] == [SourceTable("team", 0, source.says)]


SECRETS: list[dict[str, Any]] = [
    {"providers": {"a": {"api_key": "sk-canary"}}},
    {"providers": {"a": {"api_key": "${OPENAI_API_KEY}"}}},
    {"providers": {"a": {"api_key": {"cmd": ["steal"]}}}},
    {"providers": {"a": {"api_key": ""}}},
    {"providers": {"a": {"api_key": []}}},
    {"providers": {"a": {"options": {"extra_token": "sk-canary"}}}},
    {"providers": {"a": {"model": Secret("sk-canary")}}},
]


@pytest.mark.parametrize("says", SECRETS)
async def test_a_source_that_is_kept_may_not_set_secrets(source: Source, says: dict[str, Any]) -> None:
    source.says = says
    message = await source.failure()
    assert "may not set keys" in message
    assert "canary" not in message
    assert not source.file.exists()


async def test_one_that_is_not_kept_may(tmp_path: Path) -> None:
    source = Source(tmp_path, cache="")
    source.says = SECRETS[0]
    (table,), _ = await source.ask()
    assert table.table == SECRETS[0]
    assert os.listdir(tmp_path) == []


async def test_without_a_home_nothing_is_kept(source: Source) -> None:
    await load_sources([source.source])
    assert not source.home.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"general": {"timeout": "soon"}}',
        b'{"providers": {"a": {"api_key": "x"}}}',
        b" " * 70_000,
        b'{"unknown": {}}',
        b'{"a":' * 40 + b"1" + b"}" * 40,
    ],
)
async def test_a_file_that_is_broken_counts_as_none(source: Source, content: bytes) -> None:
    await source.ask()
    source.file.write_bytes(content)
    source.says = OSError("no network")
    assert await source.failure() == "OSError: no network"


@given(st.binary(max_size=200))
def test_no_content_crashes_it(content: bytes) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        file = Path(folder) / "x.json"
        file.write_bytes(content)
        kept = recall(file, "x", Path(folder))
        assert kept is None or isinstance(kept.table, dict)


async def test_a_file_that_others_can_write_counts_as_none(source: Source) -> None:
    await source.ask()
    source.file.chmod(0o666)
    source.says = OSError("no network")
    assert await source.failure() == "OSError: no network"


async def test_a_link_in_the_place_of_the_file_is_not_followed(source: Source, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text(json.dumps(GOOD, separators=(",", ":")))
    await source.ask()
    source.file.unlink()
    source.file.symlink_to(target)
    os.utime(target, (1, 1))
    (table,), _ = await source.ask()
    assert "cannot be kept" in table.notice
    assert target.stat().st_mtime == 1


async def test_a_folder_that_cannot_be_written_is_told_and_the_value_counts(source: Source) -> None:
    source.file.parent.parent.mkdir(parents=True)
    source.file.parent.write_text("a file where the folder should be")
    (table,), failures = await source.ask()
    assert (table.table, failures) == (GOOD, [])
    assert "cannot be kept" in table.notice


async def test_another_address_has_a_value_of_its_own(tmp_path: Path) -> None:
    await Source(tmp_path, cache="https://one").ask()
    other = Source(tmp_path, cache="https://two")
    other.says = OSError("no network")
    assert await other.failure() == "OSError: no network"


def test_what_is_too_large_to_be_read_again_is_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "cache" / "sources" / "x.json"
    keep(file, {"providers": {f"p{number}": {"model": "m" * 100} for number in range(1000)}})
    assert not file.exists()


def test_a_clock_that_was_set_back_makes_no_negative_age(tmp_path: Path) -> None:
    file = tmp_path / "cache" / "sources" / "x.json"
    keep(file, GOOD)
    future = time.time() + 9999
    os.utime(file, (future, future))
    kept = recall(file, "x", tmp_path)
    assert kept is not None
    assert kept.age == 0
    assert not kept.dated


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 minute"),
        (7199, "1 hour"),
        (86_399, "23 hours"),
        (200_000, "2 days"),
    ],
)
def test_ages_are_told_in_the_largest_unit(seconds: float, text: str) -> None:
    assert age_text(seconds) == text
