"""What an agent asks for, and the option that answers it: for this once and never for always."""

from __future__ import annotations

from typing import Any

import pytest
from claif_acp.permissions import CANCELLED, outcome, permission_requests
from claif_acp.tools import Call
from hypothesis import given
from hypothesis import strategies as st

KINDS = ("allow_once", "allow_always", "reject_once", "reject_always")


def call(**update: Any) -> Call:
    found = Call("t")
    found.take({"toolCallId": "t", **update})
    return found


def asked(**update: Any) -> list[tuple[str, str]]:
    return [(request.kind, request.subject) for request in permission_requests(call(**update), "s")]


def test_a_command_is_shown_whole_and_with_everything_that_changes_it() -> None:
    (request,) = permission_requests(
        call(kind="execute", title="Lists files", rawInput={"command": "ls", "cwd": "/etc"}), "s"
    )
    assert (request.kind, request.subject, request.conversation) == ("command", "ls", "s")
    assert request.detail == 'Lists files\n{"cwd":"/etc"}'


@pytest.mark.parametrize(
    ("update", "wanted"),
    [
        ({"kind": "execute", "title": "touch x"}, [("command", "touch x")]),
        ({"kind": "fetch", "rawInput": {"url": "http://x/"}}, [("network", "http://x/")]),
        ({"kind": "read", "title": "Read", "locations": [{"path": "/a"}]}, [("read", "/a")]),
        (
            {"kind": "edit", "title": "Edit", "locations": [{"path": "/a"}, {"path": "/b"}]},
            [("edit", "/a"), ("edit", "/b")],
        ),
        ({"kind": "edit", "title": "Edit something"}, [("other", "Edit something")]),
        ({"kind": "delete", "title": "Delete", "locations": [{"path": "/a"}]}, [("other", "Delete")]),
        ({"kind": "hologram", "title": "?"}, [("other", "?")]),
        ({"title": "mcp", "rawInput": {"a": 1}}, [("other", '{"a":1}')]),
        ({}, [("other", "")]),
    ],
)
def test_each_kind_of_tool_is_a_kind_of_request(update: dict[str, Any], wanted: list[tuple[str, str]]) -> None:
    assert asked(**update) == wanted


def test_an_edit_asks_for_each_of_its_files_with_the_change() -> None:
    diffs = [{"type": "diff", "path": path, "oldText": "a\n", "newText": "b\n"} for path in ("/w/a", "/w/b")]
    requests = permission_requests(call(kind="edit", content=diffs), "s")
    assert [(each.subject, each.diff) for each in requests] == [
        (path, "@@ -1 +1 @@\n-a\n+b\n") for path in ("/w/a", "/w/b")
    ]


OPTIONS = st.lists(
    st.fixed_dictionaries({"optionId": st.sampled_from(["a", "b", "c", ""]), "kind": st.sampled_from([*KINDS, "x"])}),
    max_size=5,
)


@given(OPTIONS, st.booleans())
def test_an_answer_is_for_this_once_or_none(options: list[dict[str, str]], allowed: bool) -> None:
    answer = outcome({"options": options}, allowed=allowed)
    kinds = {option["kind"] for option in options if option["optionId"]}
    if answer == CANCELLED:
        assert not kinds & ({"allow_once"} if allowed else {"reject_once", "reject_always"})
        return
    chosen = answer["outcome"]["optionId"]
    assert any(
        option["optionId"] == chosen
        and (option["kind"] == "allow_once" if allowed else option["kind"].startswith("reject"))
        for option in options
    )


@given(st.dictionaries(st.sampled_from(["options", "x"]), st.none() | st.lists(st.integers() | st.none())))
def test_odd_options_are_no_permission(params: dict[str, Any]) -> None:
    assert outcome(params, allowed=True) == CANCELLED
