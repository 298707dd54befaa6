"""`claif query --worktree`: the answer comes with what was changed, and nothing of that is lost."""

from __future__ import annotations

import json
import os
import signal

import pytest
from worktree.repo import Repo, leftovers

from claif.testing import FakeCLI, Pause
from claif.testing.fake_cli import Change, Fail, Shell

pytestmark = pytest.mark.skipif(os.name == "nt", reason="fake CLIs run on POSIX systems")


class Agent:
    """A repository beside a command line whose agent is a fake Claude Code."""

    def __init__(self, cli) -> None:
        self.cli = cli
        self.repo = Repo.make(cli.folder / "greeter", {"a.txt": "one\n", "sub/x.txt": "x\n"})

    def plays(self, *turns) -> Agent:
        self.fake = FakeCLI.claude(self.cli.folder, *turns)
        self.cli.config(
            f'[providers.claude]\npath = "{self.fake.program}"\napi_key = "sk-dummy"\npermission = "full"\n'
        )
        return self

    def arguments(self, *args: str) -> list[str]:
        return ["query", "-p", "claude", "--directory", str(self.repo.path), "--worktree", *args, "Do it."]

    def run(self, *args: str, **env: str):
        return self.cli.run(*self.arguments(*args), **env)

    @property
    def kept(self):
        return sorted((self.cli.folder / "home" / "diffs").glob("*.diff"))


@pytest.fixture
def agent(cli) -> Agent:
    return Agent(cli)


CHANGED = [Change("a.txt", "one\ntwo\n"), Change("new.txt", "n\n"), "Done."]


def test_applied_the_changes_are_in_the_files(agent):
    done = agent.plays(CHANGED).run("--apply")
    assert (done.returncode, done.stdout) == (0, b"Done.\n")
    assert b"claif: Applied: 2 files." in done.stderr
    assert (agent.repo.path / "a.txt").read_text() == "one\ntwo\n"
    assert (agent.repo.path / "new.txt").read_text() == "n\n"
    assert agent.kept == []
    assert leftovers(agent.cli.folder / "home") == []


def test_else_they_are_kept_and_the_command_that_applies_them_is_told(agent):
    before = agent.repo.state()
    done = agent.plays(CHANGED).run()
    assert (done.returncode, done.stdout) == (0, b"Done.\n")
    (path,) = agent.kept
    assert f"apply them with: git -C {agent.repo.path} apply {path}".encode() in done.stderr
    assert agent.repo.state() == before
    agent.repo.git("apply", str(path))
    assert (agent.repo.path / "a.txt").read_text() == "one\ntwo\n"


def test_programs_get_the_whole_diff(agent):
    done = agent.plays(CHANGED).run("--json")
    reply = json.loads(done.stdout)
    assert "+two\n" in reply["diff"]
    assert reply["conversation"] is None
    assert agent.kept == []
    events = [json.loads(line) for line in agent.run("--events").stdout.splitlines()]
    assert [event["text"] for event in events if event["type"] == "diff"] == [reply["diff"]]
    assert events[-1]["diff"] == reply["diff"]


def test_without_a_change_it_says_so(agent):
    done = agent.plays("Nothing to do.").run("--apply")
    assert (done.returncode, done.stdout) == (0, b"Nothing to do.\n")
    assert b"Nothing was changed in the worktree." in done.stderr


def test_a_person_sees_which_files(agent):
    agent.plays(CHANGED)
    with agent.cli.terminal(*agent.arguments("--apply"), columns=200) as terminal:
        assert terminal.end() == 0
    assert "claif: in the worktree changed: a.txt +1 -0" in terminal.text
    assert "claif: in the worktree added: new.txt +1 -0" in terminal.text


def test_what_does_not_fit_changes_nothing_and_is_kept(agent):
    clash = f"echo mine > {agent.repo.path}/new.txt"
    agent.plays(CHANGED)
    os.system(clash)
    for form in ((), ("--json",)):
        done = agent.run("--apply", *form)
        assert done.returncode == 12
        assert (agent.repo.path / "a.txt").read_text() == "one\n"
        path = agent.kept[-1]
        assert "+two\n" in path.read_text()
        if form:
            reply, error = [json.loads(line) for line in done.stdout.splitlines()]
            assert reply["text"] == "Done."
            assert (error["error"], error["path"]) == ("WorktreeError", str(path))
        else:
            assert done.stdout == b"Done.\n"
            assert str(path).encode() in done.stderr
        path.unlink()


def test_an_answer_of_which_not_even_the_code_is_found_loses_no_changes(agent):
    done = agent.plays(CHANGED).run("-x", "--apply")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"Applied: 2 files." in done.stderr
    assert (agent.repo.path / "a.txt").read_text() == "one\ntwo\n"


def test_what_a_query_had_changed_until_it_failed_is_kept_and_not_applied(agent):
    before = agent.repo.state()
    done = agent.plays([Change("a.txt", "half\n"), Fail(429)], Fail(429)).run("--apply")
    assert done.returncode == 8
    (path,) = agent.kept
    assert "+half\n" in path.read_text()
    assert str(path).encode() in done.stderr
    assert agent.repo.state() == before


def test_a_reader_who_goes_loses_no_changes(agent):
    """The failure ends the line of the text, and nobody reads that any more."""
    go = agent.cli.folder / "go"
    failing = [Change("a.txt", "half\n"), "Some text.", Shell(f"until test -e {go}; do sleep 0.05; done"), Fail(429)]
    agent.plays(failing, failing)
    with agent.cli.start(*agent.arguments()) as process:
        assert process.stdout.read(10) == b"Some text."
        process.stdout.close()
        go.touch()
        assert process.wait(timeout=30) == 141
        said = process.stderr.read()
    (path,) = agent.kept
    assert "+half\n" in path.read_text()
    assert str(path).encode() in said


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_nothing(agent, way):
    agent.plays([Change("a.txt", "half\n"), "Some text.", Pause(60)])
    before = agent.repo.state()
    with agent.cli.start(*agent.arguments()) as process:
        assert process.stdout.read(4) == b"Some"
        assert leftovers(agent.cli.folder / "home")
        process.send_signal(way)
        assert process.wait(timeout=20) == 128 + way
    assert leftovers(agent.cli.folder / "home") == []
    assert agent.fake.processes() == []
    assert agent.repo.state() == before


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--continue",), b"There is no conversation with claude"),
        (("--resume", "0b5f7c1e-1111-4222-8333-123456789abc"), b"cannot be gone on with in a worktree"),
    ],
)
def test_no_conversation_is_gone_on_with_or_remembered(agent, args, said):
    assert agent.plays("Hi.").run().returncode == 0
    assert not (agent.cli.folder / "home" / "conversations.json").exists()
    done = agent.run(*args)
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr


def test_where_it_cannot_be_it_says_why(agent):
    agent.plays("Hi.")
    done = agent.run("--directory", str(agent.cli.folder))
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"is in no Git repository" in done.stderr
    done = agent.run(PATH=os.path.dirname(agent.fake.program))
    assert (done.returncode, done.stdout) == (9, b"")
    assert b"git is not installed" in done.stderr
    done = agent.cli.run("query", "-p", "claude", "--apply", "Do it.")
    assert done.returncode == 2
    assert b"give it with --worktree" in done.stderr
