"""Errors are told in one line and a hint, or as JSON."""

from __future__ import annotations

import json

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif import cli
from claif.cli.jsonout import to_json
from claif.cli.report import describe, report
from claif.cli.sanitize import sanitize
from claif.errors import ClaifError, ConnectionError, PluginError, RateLimitError


def test_an_error_is_a_line_and_its_hint_a_second(capsys):
    code = report(RateLimitError("Slow\ndown.\x1b[2J"))
    assert code == 8
    assert capsys.readouterr().err == "claif: Slow down.\n  Wait, or ask another provider.\n"


def test_an_error_without_a_hint_is_one_line(capsys):
    assert report(ClaifError("It failed.")) == 1
    assert capsys.readouterr().err == "claif: It failed.\n"


def test_an_error_is_json_on_stdout_for_programs(capsys):
    report(ConnectionError("Gone.", provider="x"), as_json=True)
    captured = capsys.readouterr()
    assert json.loads(captured.out)["provider"] == "x"
    assert captured.err == ""


def test_of_several_errors_the_first_that_claif_raised_is_told():
    group = ExceptionGroup("", [ValueError("x"), ExceptionGroup("", [PluginError("Mine.")])])
    assert report(group) == 10
    assert report(ExceptionGroup("", [ValueError("x")])) == 1


def test_an_error_of_nobody_names_itself_and_what_to_do():
    data = describe(ZeroDivisionError("division by zero"))
    assert "ZeroDivisionError: division by zero" in data["message"]
    assert "--debug" in data["hint"]


def test_a_usage_error_points_to_the_help():
    data = describe(click.UsageError("Missing it.", click.Context(click.Command("query"), info_name="claif query")))
    assert (data["message"], data["hint"], data["exit_code"]) == ("Missing it.", "Try `claif query --help`.", 2)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)))
def test_json_loses_nothing_and_drives_no_terminal(data):
    text = to_json(data)
    assert json.loads(text) == data
    assert sanitize(text) == text


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130),
        (BaseExceptionGroup("", [KeyboardInterrupt(), ValueError()]), 130),
        (click.exceptions.Exit(7), 7),
        (click.Abort(), 130),
        (ClaifError("x"), 1),
    ],
)
def test_every_end_has_its_exit_code(monkeypatch, error, code):
    def fail(*_args, **_more):
        raise error

    from claif.cli.root import root

    monkeypatch.setattr(root, "invoke", fail)
    assert cli.execute(["query", "hi"]) == code


def test_what_is_neither_an_error_nor_an_interruption_is_not_hidden(monkeypatch):
    group = BaseExceptionGroup("", [GeneratorExit()])

    def fail(*_args, **_more):
        raise group

    from claif.cli.root import root

    monkeypatch.setattr(root, "invoke", fail)
    with pytest.raises(BaseExceptionGroup):
        cli.execute(["query", "hi"])
