"""`save-code` saves what was shown, after it was shown, and says where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from claif import Client
from claif.api import InvalidConfigError, Message, Notice, Reply, Role, TextDelta
from claif.config import ConfigLoader
from claif.plugin.manager import PluginManager
from claif.testing import FakeProvider

ANSWER = "```python file=a.py\nprint('jane@example.com')\n```\n"


async def ask(home: Path, answer: Any, *, enable: tuple[str, ...] = ("save-code",), **table: Any) -> Reply:
    processors: dict[str, Any] = {"enable": enable, **({"save-code": table} if table else {})}
    config = ConfigLoader.from_mapping(
        {"general": {"default_provider": "fake"}, "processors": processors}, home=home
    ).build()
    async with Client(config, plugins=PluginManager(), providers={"fake": FakeProvider.scripted(answer)}) as client:
        return await client.query("hi")


async def test_files_go_to_claifs_own_folder_and_a_notice_names_them(tmp_path: Path) -> None:
    reply = await ask(tmp_path, ANSWER)
    folder = tmp_path / "code"
    assert (folder / "a.py").read_text() == "print('jane@example.com')\n"
    data = {"directory": str(folder), "files": ["a.py"]}
    assert reply.notices == (Notice("save-code", f"Saved in {folder}: a.py.", data),)
    assert reply.text == ANSWER


async def test_the_user_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    monkeypatch.chdir(tmp_path)
    await ask(tmp_path, ANSWER, directory="~/here")
    await ask(tmp_path, ANSWER, directory="there")
    assert (tmp_path / "me" / "here" / "a.py").exists()
    assert (tmp_path / "there" / "a.py").exists()


async def test_a_file_holds_no_more_than_was_shown(tmp_path: Path) -> None:
    await ask(tmp_path, ANSWER, enable=("save-code", "redact-pii"))
    assert (tmp_path / "code" / "a.py").read_text() == "print('[email]')\n"


async def test_what_was_extracted_is_saved_too(tmp_path: Path) -> None:
    reply = await ask(tmp_path, ANSWER, enable=("save-code", "extract-code"))
    assert (tmp_path / "code" / "a.py").read_text() == reply.text == "print('jane@example.com')\n"


async def test_without_code_nothing_is_made(tmp_path: Path) -> None:
    assert (await ask(tmp_path, "No code.")).notices == ()
    assert (await ask(tmp_path, [Message(Role.TOOL, ANSWER), TextDelta("x")])).notices == ()
    assert not (tmp_path / "code").exists()


async def test_a_failure_is_told_and_the_answer_stays(tmp_path: Path) -> None:
    (tmp_path / "code").write_text("in the way")
    reply = await ask(tmp_path, ANSWER)
    [notice] = reply.notices
    assert notice.text == f"a.py was not saved in {tmp_path / 'code'}: File exists."
    assert reply.text == ANSWER


async def test_a_path_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match=r"processors\.save-code\.directory: must be the path of a folder"):
        await ask(tmp_path, ANSWER, directory="a\nb")
