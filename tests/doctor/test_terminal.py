"""The terminal: characters, colour, and what its variable says."""

from __future__ import annotations

import io
import sys

import pytest

from claif.doctor import terminal


class Screen(io.TextIOWrapper):
    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding)

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("encoding", "state"), [("utf-8", "ok"), ("UTF8", "ok"), ("ascii", "warn"), ("cp1252", "warn")]
)
def test_characters_that_would_be_lost_are_a_warning(machine, monkeypatch, encoding, state):
    monkeypatch.setattr(sys, "stdout", Screen(encoding))
    (finding,) = terminal.encoding(machine)
    assert (finding.state, bool(finding.remedy)) == (state, state == "warn")


def test_elsewhere_than_on_posix_the_remedy_is_another(machine, monkeypatch):
    monkeypatch.setattr(sys, "stdout", Screen("cp1252"))
    monkeypatch.setattr(terminal, "WINDOWS", True)
    (finding,) = terminal.encoding(machine)
    assert "PYTHONUTF8" in finding.remedy


@pytest.mark.parametrize(
    ("environ", "state", "told"),
    [
        ({"TERM": "xterm-256color"}, "ok", "colour"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "ok", "no colour"),
        ({"TERM": "dumb"}, "warn", "dumb"),
        ({}, "warn", "not set"),
    ],
)
def test_what_the_terminal_can_do(machine, monkeypatch, environ, state, told):
    monkeypatch.setattr(sys, "stdout", Screen())
    (finding,) = terminal.terminal(machine._replace(environ=environ))
    assert finding.state == state
    assert told in finding.detail


@pytest.mark.parametrize(("environ", "state"), [({"WT_SESSION": "1"}, "ok"), ({}, "warn")])
def test_windows_has_no_term_variable_and_its_modern_terminal_needs_none(machine, monkeypatch, environ, state):
    monkeypatch.setattr(sys, "stdout", Screen())
    monkeypatch.setattr(terminal, "WINDOWS", True)
    (finding,) = terminal.terminal(machine._replace(environ=environ))
    assert finding.state == state


def test_a_pipe_and_a_closed_stream_are_no_terminal(machine, monkeypatch):
    closed = io.StringIO()
    closed.close()
    for stream in (io.StringIO(), closed, None):
        monkeypatch.setattr(sys, "stdout", stream)
        (finding,) = terminal.terminal(machine)
        assert finding.state == "ok"
