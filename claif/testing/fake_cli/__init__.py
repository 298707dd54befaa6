"""Fake agent CLIs: programs that speak an agent's protocol as a script says, behave badly, or play a transcript."""

from __future__ import annotations

from .cli import FakeCLI
from .program_file import FakeProgram, Run
from .replay import replay
from .steps import (
    Change,
    Children,
    Die,
    Echo,
    Fail,
    Flood,
    Plan,
    Raw,
    Report,
    Retry,
    Say,
    Shell,
    Stderr,
    Step,
    Think,
    Tool,
)

__all__ = [
    "Change",
    "Children",
    "Die",
    "Echo",
    "Fail",
    "FakeCLI",
    "FakeProgram",
    "Flood",
    "Plan",
    "Raw",
    "Report",
    "Retry",
    "Run",
    "Say",
    "Shell",
    "Stderr",
    "Step",
    "Think",
    "Tool",
    "replay",
]
