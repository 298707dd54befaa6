"""The beginning and the end of a fake CLI: it reads the JSON file beside it, speaks its protocol, and ends."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

from . import nasty
from .arguments import command_words
from .record import Record
from .voice import Voice, misbehave
from .wire import Wire


def main() -> NoReturn:
    """Run."""
    program = Path(sys.argv[0]).resolve()
    script = json.loads(Path(f"{program}.json").read_text(encoding="utf-8"))
    if (answer := side_command(script)) is not None:
        sys.stdout.write(answer[0])
        sys.exit(answer[1])
    nasty.limit_lifetime()
    record = Record(Path(f"{program}.runs"))
    record.begin()
    wire = Wire(record)
    if script["stubborn"]:
        nasty.ignore_signals()
    for step in script["at_start"]:
        misbehave(wire, step)
    if script["protocol"] == "replay":
        from .replay import play

        play(wire, script, program)
    voice = speaker(wire, script)
    if not script["stubborn"]:
        end_on_sigterm(voice, record, script)
    try:
        code = voice.run()
    except BrokenPipeError:
        code = 1  # nobody reads
    if script["stubborn"]:
        time.sleep(nasty.LIFETIME)
    time.sleep(script["linger"])
    voice.end_tools()
    record.end("end of input" if wire.ended else "done")
    sys.stderr.flush()
    os._exit(code)


def speaker(wire: Wire, script: dict[str, Any]) -> Voice:
    """The protocol that is asked for."""
    if script["protocol"] == "claude":
        from .claude import Claude

        return Claude(wire, script)
    if script["protocol"] == "acp" or (script["protocol"] == "gemini" and "--acp" in sys.argv):
        from .acp import Acp

        return Acp(wire, script)
    if script["protocol"] == "gemini":
        from .gemini import Gemini

        return Gemini(wire, script)
    if command_words()[:1] == ["app-server"]:
        from .codex_app import CodexApp

        return CodexApp(wire, script)
    from .codex_exec import CodexExec

    return CodexExec(wire, script)


def side_command(script: dict[str, Any]) -> tuple[str, int] | None:
    """Output and exit code of the commands that ask for the version and the login; `None` if it is neither."""
    version, logged_in = script["version"], script["logged_in"]
    match script["protocol"], sys.argv[1:]:
        case "claude", ["--version" | "-v"]:
            return f"{version} (Claude Code)\n", 0
        case "claude", ["auth", "status"]:
            status = {"loggedIn": logged_in, "authMethod": "claude.ai" if logged_in else "none"}
            return json.dumps(status) + "\n", 0 if logged_in else 1
        case "codex", ["--version" | "-V"]:
            return f"codex-cli {version}\n", 0
        case "codex", ["login", "status"]:
            return ("Logged in using ChatGPT\n", 0) if logged_in else ("Not logged in\n", 1)
        case "gemini" | "acp", ["--version" | "-v"]:
            return (f"GitHub Copilot CLI {version}.\n" if script["agent"] == "copilot" else f"{version}\n"), 0
    return None


def end_on_sigterm(voice: Voice, record: Record, script: dict[str, Any]) -> None:
    """End as the real ones do.

    Claude Code does with code 143, Gemini CLI and Copilot with 0, others by the signal. Gemini CLI leaves its tools
    behind.
    """
    gemini = script.get("agent") == "gemini"
    well = script.get("agent") in ("gemini", "copilot")

    def end(number: int, _frame: object) -> None:
        if not gemini:
            voice.end_tools()
        record.end("SIGTERM")
        nasty.die(0 if well else 143, 0 if well or script["protocol"] == "claude" else number)

    signal.signal(signal.SIGTERM, end)
    if gemini:
        signal.signal(signal.SIGINT, end)
