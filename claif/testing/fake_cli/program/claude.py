"""Claude Code's `-p --output-format stream-json`, with standard input as a prompt or as lines of JSON.

The records are those of Claude Code 2.1.197.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from .arguments import has, value
from .claude_records import CAUSES, init, result, synthetic
from .claude_stream import Stream
from .voice import TICK, Failed, Interrupted, Voice
from .wire import Ended, Garbled, Wire

if TYPE_CHECKING:
    from .files import Change


class Claude(Voice):
    """One process of it, which may live for many turns."""

    shell_name = "Bash"

    def __init__(self, wire: Wire, script: dict[str, Any]) -> None:
        super().__init__(wire, script)
        resumed = value("--resume")
        self.unknown = bool(resumed) and resumed not in script["conversations"]
        self.session = resumed or value("--session-id") or str(uuid4())
        if has("--fork-session") and not self.unknown:
            self.session = str(uuid4())
        self.model = value("--model") or "fake-1"
        self.mode = value("--permission-mode") or "default"
        self.partial = has("--include-partial-messages")
        self.asks = value("--permission-prompt-tool") == "stdio"
        self.waiting: deque[str] = deque()
        self.verdicts: dict[str, dict[str, Any]] = {}
        self.answered = 0
        self.failed = False
        self._begin_turn()

    def _begin_turn(self) -> None:
        self.stream = Stream(self._tell, self.model, partial=self.partial)
        self.denials: list[dict[str, Any]] = []

    def run(self) -> int:
        """Serve turns."""
        if value("--input-format") != "stream-json":
            self._turn(self._prompt())
            return int(self.failed)
        try:
            while True:
                while self.waiting and not self.unknown:
                    self._turn(self.waiting.popleft())
                record = self.wire.receive()
                if self.unknown:
                    return self._refuse_resume()
                if record is not None:
                    self._take(record)
        except Ended:
            return int(self.failed)
        except Garbled as line:
            sys.stderr.write(f"Error parsing streaming input line: {line}\n")
            return 1

    def _prompt(self) -> str:
        if self.unknown:
            raise SystemExit(self._refuse_resume())
        if "--" in sys.argv:
            return " ".join(sys.argv[sys.argv.index("--") + 1 :])
        return self.wire.rest().decode(errors="replace")

    def _refuse_resume(self) -> int:
        error = f"No conversation found with session ID: {self.session}"
        self._send(result(self, subtype="error_during_execution", is_error=True, errors=[error]))
        return 1

    def hear(self, record: dict[str, Any]) -> None:
        """Take a line during a turn."""
        self._take(record, during=True)

    def _take(self, record: dict[str, Any], *, during: bool = False) -> None:
        match record:
            case {"type": "user", "message": {"content": content}}:
                self.waiting.append(_text(content))
            case {"type": "control_response", "response": {"request_id": number, "response": verdict}}:
                self.verdicts[number] = verdict
            case {"type": "control_request", "request_id": number, "request": request}:
                self._control(number, request)
                if request.get("subtype") == "interrupt" and during:
                    raise Interrupted

    def _control(self, number: str, request: dict[str, Any]) -> None:
        response: dict[str, Any] = {"subtype": "success", "request_id": number}
        match request:
            case {"subtype": "initialize"}:
                response["response"] = {"commands": [], "agents": [], "models": [], "pid": os.getpid()}
            case {"subtype": "interrupt"}:
                pass
            case {"subtype": "set_model"}:
                self.model = request.get("model") or self.model
            case {"subtype": "set_permission_mode", "mode": mode}:
                self.mode = mode
                response["response"] = {"mode": mode}
            case {"subtype": "mcp_set_servers", "servers": servers}:
                response["response"] = {"added": list(servers), "removed": [], "errors": {}}
            case _:
                error = f"Unsupported control request subtype: {request.get('subtype')}"
                response |= {"subtype": "error", "error": error}
        self._send({"type": "control_response", "response": response})

    def _turn(self, prompt: str) -> None:
        self._begin_turn()
        if prompt == "/clear":
            self._clear()
            return
        self.prompts.append(prompt)
        self._send(init(self))
        try:
            self.play(self.next_turn(), prompt)
        except Interrupted:
            self.end_tools()
            self.stream.close()
            self.failed = True
            text = [{"type": "text", "text": "[Request interrupted by user]"}]
            self._tell({"type": "user", "message": {"role": "user", "content": text}})
            ends = {"subtype": "error_during_execution", "terminal_reason": "aborted_streaming"}
            self._send(result(self, is_error=True, errors=["interrupted"], **ends))
        except Failed as error:
            self.stream.close()
            self.failed = True
            self._tell(synthetic(error.message) | {"error": CAUSES.get(error.status, "unknown")})
            status = error.status or None
            self._send(result(self, is_error=True, api_error_status=status, result=error.message))
        else:
            self.stream.end("end_turn")
            self.failed = False
            self.answered += 1
            self._send(result(self, result=self.stream.said, stop_reason="end_turn"))

    def _clear(self) -> None:
        self.session = str(uuid4())
        self.prompts.clear()
        self._send(init(self))
        self._tell(synthetic("(no content)"))
        self._send(result(self, result="", num_turns=0))

    def say(self, text: str) -> None:
        """Stream text."""
        self.stream.piece("text", text)

    def think(self, text: str) -> None:
        """Stream a thought."""
        self.stream.piece("thinking", text)

    def tool(self, name: str, parameters: dict[str, Any], *, ask: bool) -> tuple[str, bool]:
        """Use a tool."""
        number = f"toolu_{uuid4().hex[:12]}"
        self.stream.tool_use({"type": "tool_use", "id": number, "name": name, "input": parameters})
        refusal = self._ask(number, name, parameters) if ask else None
        if refusal is not None:
            self.denials.append({"tool_name": name, "tool_use_id": number, "tool_input": parameters})
            self.result(number, refusal, failed=True)
        return number, refusal is None

    def _ask(self, number: str, name: str, parameters: dict[str, Any]) -> str | None:
        """Why a tool may not run; `None` if it may."""
        if self.mode == "bypassPermissions":
            return None
        if not self.asks:
            return f"Claude requested permissions to use {name}, but you haven't granted it yet."
        request = {"subtype": "can_use_tool", "tool_name": name, "display_name": name, "input": parameters}
        own = str(uuid4())
        self._send({"type": "control_request", "request_id": own, "request": {**request, "tool_use_id": number}})
        while own not in self.verdicts:
            self.listen(TICK)
            if self.wire.ended:
                return "Tool permission stream closed"
        verdict = self.verdicts.pop(own)
        return None if verdict.get("behavior") == "allow" else str(verdict.get("message", "denied"))

    def result(self, number: str, output: str, *, failed: bool) -> None:
        """Tell what a tool did."""
        self._tool_result(number, output, failed=failed, detail={"stdout": output, "stderr": "", "interrupted": False})

    def _tool_result(self, number: str, output: str, *, failed: bool, detail: Any) -> None:
        block = {"tool_use_id": number, "type": "tool_result", "content": output, "is_error": failed}
        record = {"type": "user", "message": {"role": "user", "content": [block]}}
        self._tell({**record, "tool_use_result": f"Error: {output}" if failed else detail})

    def change(self, change: Change, *, ask: bool) -> None:
        """Change a file."""
        name, parameters = _file_tool(change)
        number, may = self.tool(name, parameters, ask=ask and self.mode != "acceptEdits")
        if not may:
            return
        problem = change.make()
        # A new file has no hunks here.
        how: dict[str, Any] = {"type": "create", "structuredPatch": []}
        if change.kind != "add":
            how = {"structuredPatch": change.hunks}
        detail = {"filePath": change.path, "content": change.content, "originalFile": change.old, **how}
        self._tool_result(number, problem or "The file has been changed.", failed=bool(problem), detail=detail)

    def plan(self, steps: list[list[str]]) -> None:
        """Tell the plan."""
        todos = [{"content": text, "status": status, "activeForm": text} for text, status in steps]
        number, _ = self.tool("TodoWrite", {"todos": todos}, ask=False)
        self.result(number, "The todos have been changed.", failed=False)

    def retry(self, status: int, seconds: float) -> None:
        """Tell that the model is asked again; what it has said is void."""
        self.stream.forget()
        retry = {"attempt": 1, "max_retries": 10, "retry_delay_ms": seconds * 1000, "error_status": status or None}
        cause = CAUSES.get(status, "server_error")
        self._send({"type": "system", "subtype": "api_retry", **retry, "error": cause, "session_id": self.session})
        self.listen(seconds)

    def _tell(self, record: dict[str, Any]) -> None:
        self._send({**record, "parent_tool_use_id": None, "session_id": self.session})

    def _send(self, record: dict[str, Any]) -> None:
        self.wire.send({**record, "uuid": str(uuid4())} if not record["type"].startswith("control") else record)


def _file_tool(change: Change) -> tuple[str, dict[str, Any]]:
    """The tool that makes a change, and what it is given."""
    match change.kind:
        case "add":
            return "Write", {"file_path": change.path, "content": change.content}
        case "update":
            return "Edit", {"file_path": change.path, "old_string": change.old, "new_string": change.content}
        case _:
            return "Bash", {"command": f"rm {change.path}"}


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join([block.get("text", "") for block in content])
