"""Runs a script in a fresh interpreter, with a client to begin with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from faces.support import GUARD

HEAD = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
import atexit, os, threading, trio
import claif
from claif.api import ClientClosedError, TextDelta
from faces.support import Probe, answering, given, hang, one_then_hang

def say(*words):
    print(*words, flush=True)

class Saying(Probe):
    def __init__(self, act):
        super().__init__(act)
        class Gone:
            set = staticmethod(lambda: say("disconnected"))
        self.gone = Gone()

def quietly(client):
    try:
        client.query("hi")
    except ClientClosedError:
        pass

async def echo(query, emit, probe):
    await emit(TextDelta(query.prompt))
"""


def command(code: str) -> list[str]:
    return [sys.executable, "-W", "error", "-W", "ignore:This process:DeprecationWarning", "-c", HEAD + code]


def output(code: str, *, code_of_exit: int = 0) -> list[str]:
    """What a script prints; it must end in time, as told, and without a word on stderr."""
    done = subprocess.run(command(code), capture_output=True, text=True, timeout=GUARD, check=False)
    assert done.returncode == code_of_exit, done.stderr
    assert not done.stderr, done.stderr
    return done.stdout.splitlines()
