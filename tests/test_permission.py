"""What an agent asks to do is decided by its mode, then plugins, then the user; and nothing is allowed by accident."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trio
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from claif.models import Decision, PermissionMode, PermissionRequest, Query
from claif.permission import DENIED, MOST_REMEMBERED, NOBODY, Approvals, Verdict, can_last, settled
from claif.pipeline.failures import Downstream
from claif.pipeline.watchdog import Watch, current_watch
from claif.testing import strategies

QUERY = Query("hello")
REQUEST = PermissionRequest(
    "1", "Bash", kind="command", subject="rm -rf build", directory="/work", provider="x", conversation="c1"
)
ASK, PLAN, EDIT, FULL = PermissionMode.ASK, PermissionMode.PLAN, PermissionMode.EDIT, PermissionMode.FULL

modes = st.sampled_from(PermissionMode)
opinions = st.lists(st.tuples(strategies.words(), st.sampled_from([True, False, None])), max_size=4)


def says(*verdicts: Verdict) -> Callable[[], Iterator[Verdict]]:
    return lambda: iter(verdicts)


def never_asked() -> Iterator[Verdict]:
    raise AssertionError("the plugins were asked")


class User:
    """Answers as it is told, and remembers what it was asked."""

    def __init__(self, answer: Decision) -> None:
        self.answer = answer
        self.asked: list[PermissionRequest] = []

    async def __call__(self, request: PermissionRequest) -> Decision:
        self.asked.append(request)
        await trio.lowlevel.checkpoint()
        return self.answer


async def decide(
    approvals: Approvals, request: PermissionRequest = REQUEST, mode: PermissionMode = ASK, query: Query = QUERY
) -> Decision:
    return await approvals.decide(request, query, mode, says())


@pytest.mark.parametrize(
    ("mode", "kind", "allowed"),
    [
        *[(ASK, kind, None) for kind in ("command", "edit", "network", "tool", "other", "Command", "")],
        (ASK, "read", True),
        *[(PLAN, kind, False) for kind in ("command", "edit", "network", "tool", "other", "Command", "")],
        (PLAN, "read", True),
        *[(EDIT, kind, None) for kind in ("command", "network", "tool", "other", "Edit", "")],
        (EDIT, "read", True),
        (EDIT, "edit", True),
        *[(FULL, kind, True) for kind in ("command", "edit", "read", "network", "tool", "other", "anything")],
    ],
)
def test_a_mode_settles_what_it_settles_and_no_kind_that_nobody_knows_gets_around_it(
    mode: PermissionMode, kind: str, allowed: bool | None
) -> None:
    found = settled(mode, evolve(REQUEST, kind=kind, subject="a.py"))
    assert (None if found is None else found.allowed) is allowed
    if found is not None:
        assert (found.by, found.always) == ("mode", False)
        assert bool(found.reason) is not found.allowed


@pytest.mark.parametrize("subject", ["a.py", "src/a.py", "./a.py", "new/folder/x", "src/../a.py", ".github/ci.yml"])
def test_edit_mode_allows_files_in_the_working_directory(tmp_path: Path, subject: str) -> None:
    request = evolve(REQUEST, kind="edit", directory=str(tmp_path))
    for written in (subject, str(tmp_path / subject)):
        found = settled(EDIT, evolve(request, subject=written))
        assert found is not None
        assert found.allowed


OUTSIDE = ["../a.py", "/etc/passwd", "src/../../a.py", "link/a.py", "", ".", "a\0b", "\ud800"]
GOVERNING = [".git/hooks/pre-commit", ".git/config", "sub/.git/hooks/x", ".GIT/config", ".claude/settings.json"]
GOVERNING += [
    ".codex/config.toml",
    ".opencode/plugin/x.ts",
    ".qwen/settings.json",
    ".envrc",
    ".env",
    ".env.local",
    ".mcp.json",
    ".vscode/tasks.json",
    "to-git/config",
]


@pytest.mark.parametrize("subject", OUTSIDE + GOVERNING, ids=lambda subject: ascii(subject[:24]))
def test_edit_mode_asks_for_files_elsewhere_and_for_those_that_decide_what_programs_do(
    tmp_path: Path, subject: str
) -> None:
    """Links and `..` lead nowhere, and what cannot be looked at is not allowed."""
    work = tmp_path / "work"
    (work / ".git").mkdir(parents=True)
    (work / "link").symlink_to(tmp_path)
    (work / "to-git").symlink_to(work / ".git")
    assert settled(EDIT, evolve(REQUEST, kind="edit", directory=str(work), subject=subject)) is None


def test_edit_mode_allows_files_in_further_folders_and_asks_for_those_that_govern_there(tmp_path: Path) -> None:
    work, more = tmp_path / "work", tmp_path / "more"
    (work / ".git").mkdir(parents=True)
    more.mkdir()
    request = evolve(REQUEST, kind="edit", directory=str(work), add_dirs=(str(more), str(work / ".git")))
    for subject, allowed in (
        (more / "a.py", True),
        ("../more/new/a.py", True),
        ("a.py", True),
        (more / ".git" / "config", None),
        (more / ".env", None),
        (more, None),
        (tmp_path / "a.py", None),
        (work / ".git" / "config", None),  # a further folder within the directory takes nothing away from that
    ):
        found = settled(EDIT, evolve(request, subject=str(subject)))
        assert (found and found.allowed) is allowed


@pytest.mark.parametrize("subject", ["loop/a.py", "x" * 5000], ids=lambda subject: subject[:8])
def test_a_path_that_no_file_can_have_is_no_crash(tmp_path: Path, subject: str) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    found = settled(EDIT, evolve(REQUEST, kind="edit", directory=str(tmp_path), subject=subject))
    assert found is None or found.allowed


def test_edit_mode_asks_where_no_directory_is_known() -> None:
    assert settled(EDIT, evolve(REQUEST, kind="edit", directory="", subject="a.py")) is None


@given(strategies.permission_requests(), st.sampled_from([ASK, PLAN, EDIT]))
def test_no_mode_but_full_settles_anything_but_reading_and_editing(
    request: PermissionRequest, mode: PermissionMode
) -> None:
    found = settled(mode, request)
    if found is not None and found.allowed:
        assert request.kind in ({"read", "edit"} if mode is EDIT else {"read"})


@given(strategies.permission_requests(), modes, opinions, st.none() | strategies.decisions())
async def test_who_comes_first_decides(
    request: PermissionRequest, mode: PermissionMode, verdicts: list[Verdict], answer: Decision | None
) -> None:
    """The mode, then a plugin that denies, then one that allows, then the user, then nobody, who denies."""
    user = None if answer is None else User(answer)
    decision = await Approvals(user).decide(request, QUERY, mode, says(*verdicts))
    mode_says = settled(mode, request)
    denying = [name for name, verdict in verdicts if verdict is False]
    allowing = [name for name, verdict in verdicts if verdict is True]
    if mode_says is not None:
        assert decision == mode_says
    elif denying or allowing:
        assert (decision.allowed, decision.by) == ((False, denying[0]) if denying else (True, allowing[0]))
    elif answer is None:
        assert decision == Decision(allowed=False, by="nobody", reason=NOBODY)
    else:
        assert decision.allowed is answer.allowed
        assert decision.always is (answer.allowed and answer.always and can_last(request))
    assert bool(decision.reason) is not decision.allowed
    if user is not None:
        assert bool(user.asked) is (mode_says is None and not denying and not allowing)


@given(strategies.permission_requests(), strategies.permission_requests())
async def test_always_allows_the_very_same_only(one: PermissionRequest, other: PermissionRequest) -> None:
    user = User(Decision(allowed=True, always=True))
    approvals = Approvals(user)
    first = await decide(approvals, one)
    user.answer = Decision(allowed=False)
    again = await decide(approvals, evolve(one, id="another", detail="another", diff="another"))
    remembered = first.by == "user" and can_last(one)
    assert (again.by == "always") is remembered
    same = ("provider", "conversation", "directory", "tool_name", "kind", "subject")
    if any(getattr(one, name) != getattr(other, name) for name in same):
        assert (await decide(approvals, other)).by != "always"


@pytest.mark.parametrize("change", ["provider", "conversation", "directory", "tool_name", "kind", "subject"])
async def test_always_ends_where_anything_that_matters_is_another(change: str) -> None:
    user = User(Decision(allowed=True, always=True))
    approvals = Approvals(user)
    assert (await decide(approvals)).by == "user"
    assert await decide(approvals) == Decision(allowed=True, by="always")
    assert len(user.asked) == 1
    other = evolve(REQUEST, **{change: "other"})
    assert (await decide(approvals, other)).by == "user"
    assert len(user.asked) == 2


@pytest.mark.parametrize("nothing", [{"conversation": None}, {"subject": ""}])
async def test_always_is_not_remembered_where_it_would_have_no_end_or_no_object(nothing: dict[str, None]) -> None:
    user = User(Decision(allowed=True, always=True))
    approvals = Approvals(user)
    for _ in range(2):
        assert await decide(approvals, evolve(REQUEST, **nothing)) == Decision(allowed=True, by="user")
    assert len(user.asked) == 2


async def test_the_conversation_of_the_query_counts_where_the_agent_tells_none() -> None:
    user = User(Decision(allowed=True, always=True))
    approvals = Approvals(user)
    request, query = evolve(REQUEST, conversation=None), evolve(QUERY, conversation="c2")
    assert (await decide(approvals, request, query=query)).always
    assert user.asked[0].conversation == "c2"
    assert (await decide(approvals, request, query=query)).by == "always"
    assert (await decide(approvals, request)).by == "user"


async def test_a_plugin_can_deny_what_was_always_allowed() -> None:
    approvals = Approvals(User(Decision(allowed=True, always=True)))
    await decide(approvals)
    decision = await approvals.decide(REQUEST, QUERY, ASK, says(("guard", False)))
    assert decision == Decision(allowed=False, by="guard", reason="The plugin guard does not allow it.")


async def test_a_plugin_that_denies_wins_over_one_that_allows_whatever_their_order() -> None:
    for verdicts in ([("a", True), ("b", False)], [("b", False), ("a", True)]):
        decision = await Approvals().decide(REQUEST, QUERY, ASK, says(*verdicts))
        assert (decision.allowed, decision.by) == (False, "b")


async def test_plugins_are_not_asked_what_the_mode_settles() -> None:
    for mode in (PLAN, FULL):
        assert (await Approvals().decide(REQUEST, QUERY, mode, never_asked)).by == "mode"


async def test_of_very_many_answers_the_oldest_are_forgotten() -> None:
    user = User(Decision(allowed=True, always=True))
    approvals = Approvals(user)
    for number in range(MOST_REMEMBERED + 1):
        await decide(approvals, evolve(REQUEST, subject=f"command {number}"))
    user.answer = Decision(allowed=False)
    assert (await decide(approvals, evolve(REQUEST, subject=f"command {MOST_REMEMBERED}"))).by == "always"
    assert not (await decide(approvals, evolve(REQUEST, subject="command 0"))).allowed


async def test_a_no_is_not_remembered_and_has_a_reason_for_the_agent() -> None:
    user = User(Decision(allowed=False, always=True))
    approvals = Approvals(user)
    for _ in range(2):
        assert await decide(approvals) == Decision(allowed=False, by="user", reason=DENIED)
    assert len(user.asked) == 2
    user.answer = Decision(allowed=False, by="policy", reason="Not on Fridays.")
    assert await decide(approvals) == Decision(allowed=False, by="policy", reason="Not on Fridays.")


async def test_an_approver_can_say_that_nobody_is_there() -> None:
    approvals = Approvals(User(Decision(allowed=False, reason=NOBODY)))
    assert await decide(approvals) == Decision(allowed=False, by="nobody", reason=NOBODY)


@pytest.mark.parametrize("answer", [True, None, "yes", object()])
async def test_what_is_no_decision_allows_nothing(answer: object) -> None:
    with pytest.raises(Downstream) as caught:
        await decide(Approvals(User(answer)))
    assert isinstance(caught.value.error, TypeError)


async def test_an_error_of_the_approver_is_its_callers_and_not_the_providers() -> None:
    async def broken(request: PermissionRequest) -> Decision:
        raise LookupError(request.subject)

    with pytest.raises(Downstream) as caught:
        await decide(Approvals(broken))
    assert isinstance(caught.value.error, LookupError)


@pytest.mark.mock_clock
async def test_the_time_that_a_user_takes_is_not_the_providers_silence() -> None:
    """Not even when the provider lets hear from it meanwhile."""
    watch = Watch(idle=10)
    watch.begin()
    token = current_watch.set(watch)

    async def slow(_request: PermissionRequest) -> Decision:
        await trio.sleep(1000)
        watch.touch()
        await trio.sleep(1000)
        assert watch.due == float("inf")
        return Decision(allowed=True)

    await decide(Approvals(slow))
    assert watch.due == trio.current_time() + 10
    current_watch.reset(token)


async def test_links_are_followed_where_they_lead_when_it_is_asked(tmp_path: Path) -> None:
    inside, outside = tmp_path / "work" / "a", tmp_path / "out"
    inside.mkdir(parents=True)
    outside.mkdir()
    request = evolve(REQUEST, kind="edit", directory=str(tmp_path / "work"), subject="a/x")
    assert settled(EDIT, request) is not None
    inside.rmdir()
    os.symlink(outside, inside)
    assert settled(EDIT, request) is None
