"""`claif query -f` from end to end: one query a file, failures at the end, and nothing done twice."""

from __future__ import annotations

import json
import os
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from claif.cli.batch.journal import NAME, Journal
from claif.errors import PermissionError
from claif.testing import ServerProcess

from .terminal import OWN
from .test_mime import PNG


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with ServerProcess() as running:
        yield running


@pytest.fixture
def ask(cli, server, request):
    """A command line whose endpoint `it` behaves so, and some files."""

    def configure(**behaviour: object):
        url = server.url(tag=request.node.name[:40], **behaviour)
        cli.config(
            "retry.max_attempts = 1\n"
            f'general.default_provider = "it"\n[providers.it]\ntype = "openai"\nbase_url = "{url}"\n'
            'allow_http = true\napi_key = "sk-dummy"\nmodel = "scripted-1"\n'
        )
        cli.env.pop("CLAIF_DEFAULT_PROVIDER", None)
        return cli

    (cli.folder / "docs" / "deep").mkdir(parents=True)
    for name in ("a", "b", "deep/c"):
        (cli.folder / "docs" / f"{name}.md").write_text(f"text of {name}\n")
    return configure


def asked(server, request) -> list[str]:
    """The prompts that arrived, sorted."""
    mine = [
        one for one in server.stats()["requests"] if f"tag={request.node.name[:40]}/" in one["path"].replace("%5B", "[")
    ]
    return sorted(json.loads(one["body"])["messages"][-1]["content"] for one in mine)


def answers(cli) -> dict[str, str]:
    out = cli.folder / "out"
    return {str(path.relative_to(out)): path.read_text() for path in sorted(out.rglob("*.md"))}


ALL = {name: f"text of {name[:-3]}\n\nSum up\n" for name in ("docs/a.md", "docs/b.md", "docs/deep/c.md")}
ALL = {name: text.replace("docs/", "") for name, text in ALL.items()}


def test_each_file_is_a_query_and_the_answers_come_in_order(ask):
    done = ask(echo=True).run("query", "-f", "docs/**/*.md", "Sum up")
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode() == "".join(f"== {name} ==\n{text}\n" for name, text in ALL.items())
    assert done.stderr == b""


def test_json_is_a_line_for_each_file_failures_too(ask):
    cli = ask(echo=True)
    (cli.folder / "docs" / "aa.md").write_bytes(b"")
    done = cli.run("query", "-f", "docs/*.md", "--json", "Sum up")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted((line["file"], line["type"]) for line in lines) == [
        *(("docs/a.md", "reply"), ("docs/aa.md", "error"), ("docs/b.md", "reply"))
    ]
    assert next(line for line in lines if line["file"] == "docs/a.md")["text"] == "text of a\n\nSum up"
    assert done.returncode == 2
    assert b"1 of 3 failed:\n  docs/aa.md: The attachment 'aa.md' is empty.\n" in done.stderr


def test_what_is_no_text_is_attached(ask, server, request):
    cli = ask()
    (cli.folder / "photo.png").write_bytes(PNG)
    assert cli.run("query", "-f", "photo.png", "What is it?").returncode == 0
    [body] = [
        json.loads(one["body"]) for one in server.stats()["requests"] if f"tag={request.node.name[:40]}/" in one["path"]
    ]
    assert [part["type"] for part in body["messages"][-1]["content"]] == ["image_url", "text"]


def test_answers_are_files_and_are_not_asked_for_again(ask, server, request):
    cli = ask(echo=True)
    args = ["query", "-f", "docs/**/*.md", "--out", "out", "Sum up"]
    done = cli.run(*args)
    assert done.returncode == 0, done.stderr
    assert done.stdout == b""
    assert b"3 of 3 files answered in out." in done.stderr
    assert answers(cli) == ALL
    assert not list((cli.folder / "out").rglob("*.tmp"))

    done = cli.run(*args)
    assert b"0 of 3 files answered in out, 3 were answered before." in done.stderr
    assert len(asked(server, request)) == 3

    (cli.folder / "docs" / "a.md").write_text("another text")
    (cli.folder / "out" / "docs" / "b.md").unlink()
    assert cli.run(*args).returncode == 0
    assert asked(server, request).count("another text\n\nSum up") == 1
    assert len(asked(server, request)) == 5
    assert answers(cli) == {**ALL, "docs/a.md": "another text\n\nSum up\n"}

    assert cli.run(*args[:-1], "Say it in one word").returncode == 0
    assert len(asked(server, request)) == 8


def test_failures_are_listed_at_the_end_and_asked_for_again(ask, server, request):
    cli = ask(error=500, times=2)
    args = ["query", "-f", "docs/**/*.md", "--out", "out", "--concurrency", "1", "Sum up"]
    done = cli.run(*args)
    assert done.returncode == 4, done.stderr
    tail = done.stderr.decode().splitlines()[-3:]
    assert tail[0] == "claif: 2 of 3 failed:"
    assert tail[1].startswith("  docs/a.md: it answered 500")
    assert tail[2].startswith("  docs/b.md: it answered 500")
    assert cli.run(*args).returncode == 0
    assert len(answers(cli)) == 3
    assert len(asked(server, request)) == 5


def test_a_failure_that_all_would_have_ends_it(ask, server, request):
    cli = ask(error=401)
    done = cli.run("query", "-f", "docs/**/*.md", "--concurrency", "1", "Sum up")
    assert done.returncode == 5
    assert b"2 files were not asked about" in done.stderr
    assert len(asked(server, request)) <= 2


def test_what_is_done_stays_done_when_it_is_interrupted(ask, server, request):
    cli = ask(first=4, text="one two three")
    args = ["query", "-f", "docs/**/*.md", "--out", "out", "--concurrency", "1", "Sum up"]
    child = cli.start(*args)
    first = cli.folder / "out" / "docs" / "a.md"
    deadline = time.monotonic() + 20
    while not first.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=20)
    assert child.returncode == 130
    assert b"1 of 3 files answered in out." in err
    assert b"2 files were not asked about; the same command goes on with them." in err
    assert first.read_text() == "one two three\n"
    ask(text="one two three")
    assert cli.run(*args).returncode == 0
    assert len(answers(cli)) == 3
    # The second may have been asked about just before it was interrupted.
    assert asked(server, request).count("text of a\n\nSum up") == 1


def test_a_folder_that_cannot_be_written_ends_it_with_a_reason(ask):
    cli = ask(echo=True)
    (cli.folder / "out").write_text("a file")
    done = cli.run("query", "-f", "docs/*.md", "--out", "out", "Sum up")
    assert done.returncode == 9
    assert b"out cannot be written" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("args", "says"),
    [
        *((["--out", "x", "hi"], "with -f"), (["--concurrency", "2", "hi"], "with -f")),
        *((["-f", "docs/*.md"], "prompt is empty"), (["-f", "docs/*.md", "-x", "hi"], "--json")),
        *((["-f", "docs/*.md", "--continue", "hi"], "of one query"), (["-f", "n*", "hi"], "No file matches")),
        *(
            (["-f", "docs/*.md", "-a", "-", "hi"], "not read"),
            (["-f", "docs/*.md", "--concurrency", "0", "hi"], "1 on"),
        ),
        (["-f", "docs/*.md", "--out", ".", "hi"], "take the place"),
    ],
)
def test_what_does_not_go_together_is_refused(ask, args, says):
    done = ask(echo=True).run("query", *args)
    assert done.returncode == 2
    assert says in done.stderr.decode()


def test_a_bar_on_the_terminal_counts_the_files(ask):
    cli = ask(echo=True, first=0.1)
    with cli.terminal("query", "-f", "docs/**/*.md", "--out", "out", "--concurrency", "1", "Sum up") as terminal:
        assert terminal.end() == 0
    for number in range(4):
        assert f"{number} of 3" in terminal.text
    assert "━" in terminal.text
    assert terminal.text.rstrip().endswith("3 of 3 files answered in out.")
    assert b"\x1b" not in OWN.sub(b"", terminal.seen)


def test_hostile_answers_and_names_are_made_harmless(ask):
    cli = ask(text="\x1b]0;owned\x07\x1b[2Jevil\u202etxet")
    name = "docs/\x1b[31mred\n.txt"
    (cli.folder / name).write_text("x")
    done = cli.run("query", "-f", "docs/*.txt", "Sum up")
    assert done.returncode == 0, done.stderr
    assert b"\x1b" not in done.stdout
    assert done.stdout.decode() == "== docs/red .txt ==\neviltxet\n\n"
    cli.run("query", "-f", "docs/*.txt", "--out", "out", "Sum up")
    [answer] = answers(cli).values()
    assert answer == "eviltxet\n"


# The journal.


def test_a_line_that_was_cut_off_is_passed_over_and_followed_by_a_whole_one(tmp_path: Path) -> None:
    place = str(tmp_path / "x.md")
    Journal(str(tmp_path)).write(place, "1", "one")
    with (tmp_path / NAME).open("ab") as file:
        file.write(b'{"answer": "y.md", "ke')
    journal = Journal(str(tmp_path))
    assert journal.has(place, "1")
    journal.write(str(tmp_path / "z.md"), "3", "three")
    again = Journal(str(tmp_path))
    assert again.has(place, "1")
    assert again.has(str(tmp_path / "z.md"), "3")
    assert not again.has(place, "2")
    assert not again.has(str(tmp_path / "y.md"), "2")


@pytest.mark.parametrize("line", ["", "null", "[]", '{"answer": 1}', '"x"', "\xff", '{"answer": "x.md"}'])
def test_a_line_that_is_none_is_passed_over(tmp_path: Path, line: str) -> None:
    (tmp_path / NAME).write_text(line + "\n", encoding="latin-1")
    assert not Journal(str(tmp_path)).has(str(tmp_path / "x.md"), "1")


def test_an_answer_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "x.md"
    journal = Journal(str(tmp_path))
    journal.write(str(place), "1", "one")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PermissionError, match="No space left"):
        journal.write(str(place), "2", "two")
    monkeypatch.undo()
    assert place.read_text() == "one"
    assert journal.has(str(place), "1")
    assert sorted(path.name for path in tmp_path.iterdir()) == [NAME, "x.md"]
    assert stat.S_ISREG(place.stat().st_mode)
