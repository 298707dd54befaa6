"""What is said beside the answer."""

from __future__ import annotations

import pytest

from claif.cli.render.remarks import Remarks, describe
from claif.models import Notice, Reply, Timings, ToolResult, ToolResultBlock, ToolUse, ToolUseBlock, Usage

USE = ToolUse(ToolUseBlock("1", "read", {"path": "a\nb"}))
RESULT = ToolResult(ToolResultBlock("1", "x" * 300))


@pytest.mark.parametrize(
    ("reply", "footer"),
    [
        (Reply(provider="openai", model="gpt-5"), "openai · gpt-5"),
        (Reply(provider="x", usage=Usage(input_tokens=1200, output_tokens=3)), "x · tokens 1,200 in + 3 out"),
        (Reply(provider="x", usage=Usage(output_tokens=3, cost=0.00123)), "x · tokens 3 out · $0.0012"),
        (Reply(provider="x", timings=Timings(total=1.26), finish_reason="length"), "x · 1.3 s · ended by length"),
        (Reply(provider="x\x1b[2J", model="m\nn", finish_reason="stop"), "x · m n"),
        (Reply(), ""),
    ],
)
def test_the_footer_has_what_is_known(reply, footer):
    assert describe(reply) == footer


def test_thinking_that_breaks_off_in_a_line_ends_it_before_anything_else(capsys):
    remarks = Remarks(thinking=True)
    remarks.think("a\x1b[3")
    remarks.think("1mb")
    remarks.line("note\n2")
    remarks.think("c\n")
    remarks.end_thinking()
    assert capsys.readouterr().err == "ab\nclaif: note 2\nc\n"


def test_tools_are_shown_to_those_who_ask(capsys):
    assert Remarks().about(USE) is None
    assert Remarks(verbose=True).about(USE) == 'tool: read {"path":"a\\nb"}'
    assert len(Remarks(verbose=True).about(RESULT)) == len("result: ") + 200
    assert Remarks(quiet=True, verbose=True).about(USE) is None
    assert Remarks().about(RESULT) is None


def test_a_quiet_one_says_nothing(capsys):
    remarks = Remarks(quiet=True)
    remarks.line("x")
    remarks.footer(Reply(provider="x"))
    assert remarks.about(Notice("retry", "again")) is None
    assert capsys.readouterr().err == ""
