"""Fake agents that speak the Agent Client Protocol, and what is asked of their answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from agents.acp import Acp
from testing.fake_cli.client import Record, running

from claif.testing import FakeCLI


@contextmanager
def speaking(fake: FakeCLI, *arguments: str, **options: Any) -> Iterator[Acp]:
    """Run a fake, and speak with it."""
    with running(fake, arguments, **options) as client:
        yield Acp(client)


def reason(response: Record) -> str:
    """Why a turn ended."""
    return response["result"]["stopReason"]
