"""Agents work in checkouts of their own: what they change is told, and the user's files stay as they are."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from worktree.repo import Repo, leftovers

from agents.real import events_of
from claif import Client
from claif.config import ConfigLoader
from claif.errors import InvalidQueryError, RateLimitError, WorktreeError
from claif.models import Diff, Notice, Started, ToolResult
from claif.testing import FakeCLI, Pause
from claif.testing.fake_cli import Change, Fail, Report, Shell
from claif.transport.sandbox import prepare
from claif.transport.sandbox.levels import Available, Tool
from claif.worktree import checkout as room
from claif.worktree.apply import apply_diff
from claif.worktree.diff import file_changes

pytestmark = pytest.mark.skipif(os.name == "nt", reason="fake CLIs run on POSIX systems")


class Stage:
    """A repository, Claif's home, and agents that play their parts."""

    def __init__(self, folder: Path) -> None:
        self.repo = Repo.make(folder / "greeter", {"a.txt": "one\n", "sub/x.txt": "x\n", "CLAUDE.md": "Be kind.\n"})
        self.home = folder / "home"
        self.home.mkdir(mode=0o700)
        self.clis: dict[str, FakeCLI] = {}

    def cli(self, name: str, *turns: Any, **options: Any) -> Stage:
        """Have an agent play these turns."""
        self.clis[name] = getattr(FakeCLI, name)(self.repo.path.parent, *turns, **options)
        return self

    @asynccontextmanager
    async def client(self, **settings: Any) -> AsyncIterator[Client]:
        tables = {
            name: {"path": str(cli.program), "api_key": "sk-dummy", "directory": str(self.repo.path), **settings}
            for name, cli in self.clis.items()
        }
        async with Client(ConfigLoader.from_mapping({"providers": tables}, home=self.home)) as client:
            yield client

    def survivors(self) -> list[Any]:
        return [process for cli in self.clis.values() for process in cli.processes()]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def asked(name: str, **how: Any) -> dict[str, Any]:
    return {"provider": name, "permission": "full", "worktree": True, **how}


@pytest.mark.parametrize("name", ["claude", "codex", "gemini"])
async def test_what_an_agent_changes_is_in_the_reply_and_not_in_the_files_of_the_user(stage: Stage, name: str) -> None:
    stage.cli(name, [Change("a.txt", "one\ntwo\n"), Change("new.txt", "n\n"), Shell("rm sub/x.txt"), "Done."])
    before = stage.repo.state()
    async with stage.client() as client:
        reply = await client.query("Do it.", **asked(name))
        assert stage.survivors() == []
    assert reply.text == "Done."
    assert reply.diff is not None
    assert [(change.path, change.kind) for change in file_changes(reply.diff)] == [
        ("a.txt", "update"),
        ("new.txt", "add"),
        ("sub/x.txt", "delete"),
    ]
    assert stage.repo.state() == before
    assert leftovers(stage.home) == []
    await apply_diff(reply.diff, stage.repo.path, home=stage.home)
    assert (stage.repo.path / "a.txt").read_text() == "one\ntwo\n"


@pytest.mark.parametrize("level", ["bubblewrap", "landlock"])
async def test_it_sees_the_repository_and_can_neither_change_that_nor_the_files_of_the_user(
    stage: Stage, level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Available()
    if level == "landlock":
        machine.bubblewrap = Tool(None, "the test wants none")
    monkeypatch.setattr(prepare, "available", lambda: machine)
    git = f"{stage.repo.path}/.git"
    script = (
        "git log --oneline > log.txt; git status --porcelain >> log.txt; "
        f"echo x >> {stage.repo.path}/a.txt; echo x > {git}/hooks/post-checkout; echo x >> {git}/config; "
        "git commit -qam x; git update-ref refs/heads/evil HEAD; echo gone > .git; echo ran >> log.txt"
    )
    stage.cli("claude", [Shell(script), "Done."])
    before = stage.repo.state(), (stage.repo.path / ".git" / "config").read_bytes()
    async with stage.client() as client:
        reply = await client.query("Do it.", **asked("claude", sandbox="require"))
    assert reply.sandbox == level
    (change,) = file_changes(reply.diff or "")
    assert change.path == "log.txt"
    lines = [line[1:] for line in change.diff.splitlines() if line.startswith("+") and not line.startswith("+++")]
    assert lines[0].endswith(" commit")
    guards = {"?? .envrc", "?? .mcp.json"}  # empty files of the sandbox
    assert [line for line in lines[1:] if line not in guards] == ["?? log.txt", "ran"]
    assert (stage.repo.state(), (stage.repo.path / ".git" / "config").read_bytes()) == before


async def test_it_works_in_the_same_sub_directory_and_writes_no_other(stage: Stage) -> None:
    stage.cli("claude", [Shell("cat ../a.txt > made.txt; echo x > ../above.txt"), Report()])
    async with stage.client(directory=str(stage.repo.path / "sub")) as client:
        reply = await client.query("Do it.", **asked("claude", sandbox="require"))
    assert [change.path for change in file_changes(reply.diff or "")] == ["sub/made.txt"]
    assert "+one" in (reply.diff or "")
    assert json.loads(reply.text)["directory"].endswith("/sub")


async def test_several_agents_attempt_one_task_side_by_side(stage: Stage) -> None:
    """Each waits for the other one, so that they do run at the same time."""
    meet = stage.home / "meet"
    meet.mkdir()
    for name, other in (("claude", "codex"), ("codex", "claude")):
        wait = f"touch {meet}/{name}; for i in $(seq 200); do [ -e {meet}/{other} ] && break; sleep 0.05; done"
        stage.cli(name, [Shell(f"{wait}; ls"), Change("a.txt", f"by {name}\n"), "Done."])
    before = stage.repo.state()
    replies: dict[str, str] = {}

    async def attempt(client: Client, name: str) -> None:
        reply = await client.query("Do it.", **asked(name, add_dirs=[meet]))
        replies[name] = reply.diff or ""

    with trio.fail_after(60):
        async with stage.client() as client, trio.open_nursery() as nursery:
            for name in stage.clis:
                nursery.start_soon(attempt, client, name)
    assert sorted(path.name for path in meet.iterdir()) == ["claude", "codex"]
    for name, diff in replies.items():
        assert [change.path for change in file_changes(diff)] == ["a.txt"]
        assert f"+by {name}\n" in diff
    assert len(replies) == 2
    assert stage.repo.state() == before
    assert leftovers(stage.home) == []


async def test_each_query_has_a_checkout_and_a_process_of_its_own(stage: Stage) -> None:
    stage.cli("claude", [Shell("ls new.txt"), Change("new.txt", "n\n"), Report()])
    async with stage.client() as client:
        for _ in range(2):
            reply = await client.query("Do it.", **asked("claude"))
            assert [change.kind for change in file_changes(reply.diff or "")] == ["add"]
        await client.prewarm(provider="claude", worktree=True)
        stats = client.provider("claude").context.processes.pool.stats("claude")
        assert (stats.started, stats.reused, stats.idle) == (2, 0, 0)
    assert stage.survivors() == []


async def test_nothing_changed_is_told_too_and_no_conversation_is(stage: Stage) -> None:
    stage.cli("claude", "Nothing to do.")
    async with stage.client() as client:
        events = await events_of(client, "Do it.", **asked("claude"))
        plain = await client.query("Do it.", provider="claude")
    assert [event for event in events if isinstance(event, Diff)] == [Diff("")]
    assert [event.conversation for event in events if isinstance(event, Started)] == [None]
    assert plain.conversation
    assert plain.diff is None


async def test_what_was_changed_until_a_failure_is_told(stage: Stage) -> None:
    stage.cli("claude", [Change("a.txt", "half\n"), Fail(429)], Fail(429))
    before = stage.repo.state()
    async with stage.client() as client:
        events: list[Any] = []
        with pytest.raises(RateLimitError):
            async with client.stream("Do it.", **asked("claude")) as stream:
                async for event in stream:
                    events.append(event)
        assert "+half" in "".join([event.text for event in events if isinstance(event, Diff)])
        assert leftovers(stage.home) == []
    assert stage.repo.state() == before


async def test_a_failure_is_told_also_if_what_was_changed_cannot_be(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MOST_BYTES", 100)
    failing = [Change("new.txt", "much\n" * 100), Fail(429, "Slow down.")]
    stage.cli("claude", failing, failing)
    async with stage.client() as client:
        with pytest.raises(WorktreeError, match=r"Slow down.*more than 100") as caught:
            await client.query("Do it.", **asked("claude"))
    assert isinstance(caught.value.__cause__, RateLimitError)
    assert (Path(caught.value.path or "") / "new.txt").read_text() == "much\n" * 100
    assert caught.value.path in (caught.value.hint or "")


@pytest.mark.parametrize("when", ["preparing", "working", "telling"])
async def test_cancelled_it_leaves_nothing(stage: Stage, when: str) -> None:
    stage.cli("claude", [Change("a.txt", "half\n"), Shell("sleep 300 & sleep 0.1"), "Some text.", Pause(30)])
    before = stage.repo.state()
    async with stage.client() as client:
        with trio.CancelScope() as scope:
            if when == "preparing":
                scope.deadline = trio.current_time() + 0.03
            async with client.stream("Do it.", **asked("claude")) as stream:
                async for event in stream:
                    if when == "working" and isinstance(event, Started):
                        scope.cancel()
                    if when == "telling" and event.__class__.__name__ == "TextDelta":
                        scope.cancel()
        assert scope.cancelled_caught
        assert leftovers(stage.home) == []
        assert stage.survivors() == []
    assert stage.repo.state() == before


async def test_what_an_agent_may_not_change_it_does_not(stage: Stage) -> None:
    stage.cli("claude", [Shell("touch made.txt"), "Planned."])
    async with stage.client() as client:
        reply = await client.query("Do it.", **asked("claude", permission="plan", sandbox="require"))
    assert reply.diff == ""


async def test_a_repository_made_inside_is_told_of(stage: Stage) -> None:
    stage.cli("claude", [Shell("git init -q inner; touch b.txt"), "Done."])
    async with stage.client() as client:
        reply = await client.query("Do it.", **asked("claude"))
    assert [change.path for change in file_changes(reply.diff or "")] == ["b.txt"]
    assert [notice for notice in reply.notices if "inner/" in notice.text and isinstance(notice, Notice)]


async def test_no_conversation_is_gone_on_with_there(stage: Stage) -> None:
    stage.cli("claude", "Hi.")
    async with stage.client() as client:
        with pytest.raises(InvalidQueryError, match="in a worktree"):
            await client.query("Do it.", **asked("claude", conversation="0b5f7c1e-1111-4222-8333-123456789abc"))
        assert client.provider("claude").context.processes.pool.stats("claude").started == 0


async def test_outside_of_a_repository_nobody_is_asked(stage: Stage) -> None:
    stage.cli("claude", "Hi.")
    async with stage.client(directory=str(stage.home)) as client:
        with pytest.raises(InvalidQueryError, match="no Git repository"):
            await client.query("Do it.", **asked("claude"))
        assert client.provider("claude").context.processes.pool.stats("claude").started == 0


async def test_further_folders_are_read_and_where_it_may_write_written(stage: Stage, tmp_path: Path) -> None:
    more = tmp_path / "more folder"
    more.mkdir()
    (more / "given.txt").write_text("given")
    stage.cli("claude", [Shell(f"cat '{more}/given.txt'; echo x > '{more}/made.txt'"), Report()])
    async with stage.client() as client:
        how = {"provider": "claude", "permission": "full", "sandbox": "require"}
        await client.query("Do it.", **how)
        assert not (more / "made.txt").exists()
        plan = await client.query("Look.", **{**how, "permission": "plan"}, add_dirs=[more])
        assert [event for event in plan.activity if isinstance(event, ToolResult) and "given" in event.block.content]
        assert not (more / "made.txt").exists()
        reply = await client.query("Do it.", **how, add_dirs=[more])
        assert (more / "made.txt").exists()
        assert f"--add-dir={more}" in json.loads(reply.text)["arguments"]
        assert client.provider("claude").context.processes.pool.stats("claude").reused == 0
        with pytest.raises(InvalidQueryError, match="does not exist") as caught:
            await client.query("Do it.", **how, add_dirs=[tmp_path / "none"])
    assert "--add-dir" in (caught.value.hint or "")
