"""Fake agent CLIs: programs that speak an agent's protocol as a script says, behave badly, or play a transcript."""

from __future__ import annotations

from .acp_steps import Ask, RpcError, Stop, Terminal, Update
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
    Hang,
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
    "Ask",
    "Change",
    "Children",
    "Die",
    "Echo",
    "Fail",
    "FakeCLI",
    "FakeProgram",
    "Flood",
    "Hang",
    "Plan",
    "Raw",
    "Report",
    "Retry",
    "RpcError",
    "Run",
    "Say",
    "Shell",
    "Stderr",
    "Step",
    "Stop",
    "Terminal",
    "Think",
    "Tool",
    "Update",
    "replay",
]
