"""Attack 27: nobody but the user says what is attached, and what a model says is never fetched or opened."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from claif.cli.attach import load_attachment
from claif.errors import InvalidQueryError
from claif.models import FileBlock, ImageBlock
from claif.testing import ScriptedServer, ServerProcess

SECRET = "root-canary-4711"
WATCH = """
import sys, json
opened = []
def watch(event, args):
    if event == "open" and "victim" in str(args[0]) or event == "socket.connect" and args[1][1] == {thief}:
        opened.append([event, str(args[:2])])
sys.addaudithook(watch)
from claif.cli import execute
code = execute(sys.argv[1:])
print("SEEN", json.dumps([code, opened]), file=sys.stderr)
"""
SAYS = (
    "![x](file://{victim}) ![y]({victim}) <img src='{victim}'> @{victim} -a {victim} "
    "![z](http://127.0.0.1:{thief}/x.png) data:text/plain;base64,eA=="
)


def claif(home: Path, url: str, thief: int, *arguments: str) -> tuple[list[list[str]], str]:
    """What was opened or connected to that a text named, and what was printed."""
    done = subprocess.run(
        [sys.executable, "-c", WATCH.replace("{thief}", str(thief)), *arguments],
        env={
            "CLAIF_HOME": str(home),
            "PATH": "/usr/bin:/bin",
            "CLAIF_DEFAULT_PROVIDER": "x",
            "CLAIF_PROVIDERS__X__TYPE": "openai",
            "CLAIF_PROVIDERS__X__BASE_URL": url,
            "CLAIF_PROVIDERS__X__API_KEY": "key",
            "CLAIF_PROVIDERS__X__MODEL": "m",
        },
        cwd=home.parent,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    output, _, seen = done.stderr.rpartition("SEEN ")
    code, opened = json.loads(seen)
    assert code == 0, output
    return opened, done.stdout + output


async def test_attack_27_the_address_of_an_image_is_handed_over_and_never_fetched() -> None:
    async with ScriptedServer() as thief:
        url = f"http://127.0.0.1:{thief.port}/picture.png"
        assert load_attachment(url) == ImageBlock(mime_type="image/png", url=url)
        assert (thief.connections, thief.requests) == (0, [])


@pytest.mark.parametrize("form", [(), ("--json",), ("--raw",)])
def test_attack_27_nothing_that_a_model_or_a_prompt_names_is_opened_or_fetched(
    tmp_path: Path, form: tuple[str, ...]
) -> None:
    home, victim = tmp_path / "home", tmp_path / "victim"
    home.mkdir(mode=0o700)
    victim.write_text(SECRET)
    with ServerProcess() as server, ServerProcess() as thief:
        port = int(thief.origin.rpartition(":")[2])
        text = SAYS.format(victim=victim, thief=port)
        opened, output = claif(home, server.url(text=text), port, *form, f"look at @{victim} and file://{victim}")
        assert opened == []
        assert SECRET not in output
        assert SECRET not in json.dumps(server.stats()["requests"])
        assert thief.stats()["connections"] == 1, "that of our own question"


@pytest.mark.parametrize(
    "source", ["file:///etc/passwd", "ftp://example.com/x", "data:text/plain,x", "//example.com/x"]
)
def test_attack_27_other_schemes_are_paths_that_do_not_exist(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidQueryError, match="cannot be read"):
        load_attachment(source)


def test_attack_27_a_link_that_the_user_names_is_followed_under_the_name_that_was_given(tmp_path: Path) -> None:
    """It is the user's own choice, and the provider does not learn where the link leads."""
    target = tmp_path / "private-name.txt"
    target.write_text("content")
    (tmp_path / "notes.txt").symlink_to(target)
    assert load_attachment(str(tmp_path / "notes.txt")) == FileBlock(b"content", "text/plain", "notes.txt")
