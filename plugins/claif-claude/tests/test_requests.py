"""What Claude Code asks to be allowed, as requests."""

from __future__ import annotations

import json

from claif_claude.requests import permission_request

from claif.models import PermissionRequest


def asked(tool: str, **parameters: object) -> PermissionRequest:
    return permission_request({"tool_name": tool, "input": parameters, "tool_use_id": "t"}, "c")


def test_a_command_is_its_subject_and_what_else_it_has_is_told() -> None:
    request = asked("Bash", command="make", description="build it", dangerouslyDisableSandbox=True)
    assert (request.kind, request.subject) == ("command", "make")
    assert json.loads(request.detail) == {"dangerouslyDisableSandbox": True}


def test_a_change_of_a_file_has_its_path_and_a_diff() -> None:
    request = asked("Edit", file_path="/w/a.py", old_string="one\n", new_string="two\n")
    assert (request.kind, request.subject, request.detail) == ("edit", "/w/a.py", "")
    assert request.diff == "@@ -1 +1 @@\n-one\n+two\n"
    assert asked("Write", file_path="/w/b.py", content="new\n").diff.endswith("+new\n")
    edits = [{"old_string": "a", "new_string": "b"}, {"old_string": "c", "new_string": "d"}]
    assert asked("MultiEdit", file_path="/w/a.py", edits=edits).diff.count("@@ -1 +1 @@") == 2


def test_a_tool_that_nobody_knows_is_told_with_all_that_it_is_given() -> None:
    for tool, kind in (("mcp__files__write", "tool"), ("Hologram", "other")):
        request = asked(tool, path="/etc/passwd", command="ls", text="evil")
        assert request.kind == kind
        assert json.loads(request.subject) == {"path": "/etc/passwd", "command": "ls", "text": "evil"}


def test_what_is_odd_is_still_a_request() -> None:
    assert permission_request({"input": None}, None).kind == "other"
    assert permission_request({"tool_name": "Edit", "input": {"edits": [1, {"old_string": 2}]}}, None).diff == ""
