"""Gemini CLI's `-p … -o stream-json`: one prompt, one stream of events, the end.

The records are those of Gemini CLI 0.61.0.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from .arguments import has, value
from .voice import USAGE, Failed, Stopped, Voice

if TYPE_CHECKING:
    from .files import Change
    from .voice import Step
    from .wire import Wire

NO_KEY, BAD_INPUT, TURN_LIMIT = 41, 42, 53
"""Exit codes."""
STATUSES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}
LIMITED = "Reached max session turns for this session."
LOOPED = "Loop detected, stopping execution"
CUT = "Model stream ended without a finish reason."


class Gemini(Voice):
    """One run of it; it asks nobody, so that what would need permission fails unless all is allowed."""

    shell_name = "run_shell_command"

    def __init__(self, wire: Wire, script: dict[str, Any]) -> None:
        super().__init__(wire, script)
        self.model = value("--model") or value("-m") or "fake-1"
        self.free = has("-y") or has("--yolo") or value("--approval-mode") == "yolo"
        self.calls = 0

    def run(self) -> int:
        """Answer; the exit code is the status modulo 256 if the turn fails."""
        resumed = value("--resume") or value("-r")
        if not self.script["logged_in"]:
            sys.stderr.write("Please set an Auth method in your settings.json or specify GEMINI_API_KEY.\n")
            return NO_KEY
        if resumed and resumed not in self.script["conversations"]:
            sys.stderr.write(f'Error resuming session: Invalid session identifier "{resumed}".\n')
            return BAD_INPUT
        given = self.wire.rest().decode(errors="replace")
        prompt = "\n\n".join(filter(None, [given, value("--prompt") or value("-p")]))
        self.prompts.append(prompt)
        self._tell("init", session_id=resumed or value("--session-id") or str(uuid4()), model=self.model)
        self._tell("message", role="user", content=prompt)
        try:
            self.play(self.next_turn(), prompt)
        except Stopped as why:
            return self._stopped(str(why))
        except Failed as error:
            return self._failed(error)
        self._result("success")
        return 0

    def _stopped(self, reason: str) -> int:
        if reason == "max_turn_requests":
            self._result("error", error={"type": "FatalTurnLimitedError", "message": LIMITED})
            return TURN_LIMIT
        if reason == "loop":
            self._tell("error", severity="warning", message=LOOPED)
        self._result("success", turns=0 if reason == "loop" else 1)
        return 0

    def _failed(self, error: Failed) -> int:
        if not error.status:
            self._tell("error", severity="error", message=CUT)
            self._result("error")
            return 0
        status = STATUSES.get(error.status, "INTERNAL")
        body = {"error": {"code": error.status, "message": error.message, "status": status}}
        sys.stderr.write(f"Attempt 1 failed with status {error.status}.\n")
        self._result("error", turns=0, error={"type": "unknown", "message": f"[API Error: {json.dumps(body)}]"})
        return 1 if error.status == 404 else error.status % 256  # noqa: PLR2004 - the one status that is special

    def hear(self, record: dict[str, Any]) -> None:
        """Standard input has been read to its end before."""

    def say(self, text: str) -> None:
        """Stream text."""
        self._tell("message", role="assistant", content=text, delta=True)

    def think(self, text: str) -> None:
        """Thoughts are not told here."""

    def tool(self, name: str, parameters: dict[str, Any], *, ask: bool) -> tuple[str, bool]:
        """Use a tool; `mcp__SERVER__NAME` is called `mcp_SERVER_NAME`."""
        name = name.replace("__", "_") if name.startswith("mcp__") else name
        self.calls += 1
        number = f"{name}__call_{self.calls}"
        self._tell("tool_use", tool_name=name, tool_id=number, parameters=parameters)
        if ask and not self.free:
            self.result(number, f'Tool "{name}" is not allowed.', failed=True)
            return number, False
        return number, True

    def result(self, number: str, output: str, *, failed: bool) -> None:
        """Tell what a tool did."""
        error = {"error": {"type": "tool_failed", "message": output}} if failed else {}
        self._tell("tool_result", tool_id=number, status="error" if failed else "success", output=output, **error)

    def change(self, change: Change, *, ask: bool) -> None:
        """Change a file."""
        parameters = {"file_path": change.path, "content": change.content}
        number, may = self.tool("write_file", parameters, ask=ask and value("--approval-mode") != "auto_edit")
        if may:
            problem = change.make()
            self.result(number, problem, failed=bool(problem))

    def plan(self, steps: list[list[str]]) -> None:
        """Tell the plan."""
        todos = [{"description": text, "status": status} for text, status in steps]
        number, _ = self.tool("write_todos", {"todos": todos}, ask=False)
        self.result(number, "", failed=False)

    def retry(self, status: int, seconds: float) -> None:
        """Ask the model again: what it has said stays, and only standard error tells of it."""
        sys.stderr.write(f"Attempt 1 failed with status {status}. Retrying...\n")
        sys.stderr.flush()
        self.listen(seconds)

    def own_step(self, step: Step) -> None:
        """Play a step of this protocol."""
        if step["do"] == "stop":
            raise Stopped(step["reason"])
        super().own_step(step)

    def _result(self, status: str, *, turns: int = 1, **more: Any) -> None:
        count = {
            "total_tokens": turns * (USAGE["input"] + USAGE["output"]),
            "input_tokens": turns * USAGE["input"],
            "output_tokens": turns * USAGE["output"],
            "cached": turns * USAGE["cached"],
            "input": turns * (USAGE["input"] - USAGE["cached"]),
        }
        stats = {**count, "duration_ms": 1, "tool_calls": self.calls, "models": {self.model: count}}
        self._tell("result", status=status, **more, stats=stats)

    def _tell(self, kind: str, **fields: Any) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.wire.send({"type": kind, "timestamp": now, **fields})
