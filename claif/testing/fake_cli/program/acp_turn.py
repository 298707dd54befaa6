"""What an agent that speaks ACP tells and asks in a turn: pieces, tools and their permission, plans, and terminals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from .acp_dialects import DIALECTS
from .acp_sessions import Session
from .rpc import Peer, Refused
from .voice import Stopped

if TYPE_CHECKING:
    from .files import Change
    from .voice import Step
    from .wire import Wire

Fields = dict[str, Any]


class AcpTurn(Peer):
    """The turn that runs, in one session."""

    def __init__(self, wire: Wire, script: dict[str, Any]) -> None:
        super().__init__(wire, script)
        self.dialect = DIALECTS[script["agent"]]()
        self.session = Session(self.dialect.modes[0][0], "fake-1")
        self.message = ""
        self.calls = 0
        self.open: dict[str, Fields] = {}

    def update(self, kind: str, /, **fields: Any) -> None:
        """Tell of something in the session."""
        self.notify("session/update", {"sessionId": self.session.id, "update": {"sessionUpdate": kind, **fields}})

    def piece(self, kind: str, text: str) -> None:
        """Tell a piece of text."""
        identity = {"messageId": self.message} if self.dialect.identifies and kind.startswith("agent") else {}
        self.update(kind, **identity, content={"type": "text", "text": text})

    def begin_message(self) -> None:
        """What is said from now on is another message."""
        self.message = f"msg_{uuid4().hex}"

    def say(self, text: str) -> None:
        """Stream text."""
        self.session.hold("agent_message_chunk", text)
        self.piece("agent_message_chunk", text)

    def think(self, text: str) -> None:
        """Stream a thought."""
        self.piece("agent_thought_chunk", text)

    def tool(self, name: str, parameters: dict[str, Any], *, ask: bool) -> tuple[str, bool]:
        """Use a tool."""
        kind = "execute" if name == self.shell_name else "other"
        title = str(parameters.get("command", name))
        given = {"rawInput": parameters} if self.dialect.raw else {}
        return self._call(name, {"title": title, "kind": kind, **given}, ask=ask)

    def result(self, number: str, output: str, *, failed: bool) -> None:
        """Tell what a tool did."""
        status = "failed" if failed else "completed"
        given = {"rawOutput": {"output": output}} if self.dialect.raw else {}
        self.end_call(number, status, content=[_text(output)], **given)

    def change(self, change: Change, *, ask: bool) -> None:
        """Change a file."""
        shown = {"type": "diff", "path": change.path, "oldText": change.old, "newText": change.content or ""}
        call = {
            "title": f"{change.kind} {change.path}",
            "kind": "delete" if change.content is None else "edit",
            "content": [shown],
            "locations": [{"path": change.path}],
        }
        number, may = self._call("write", call, ask=ask and self.session.mode not in self.dialect.edits)
        if may:
            problem = change.make()
            content = [_text(problem)] if problem else [shown]
            self.end_call(number, "failed" if problem else "completed", content=content)

    def plan(self, steps: list[list[str]]) -> None:
        """Tell the plan."""
        entries = [{"content": text, "priority": "medium", "status": status} for text, status in steps]
        self.update("plan", entries=entries)

    def retry(self, status: int, seconds: float) -> None:  # noqa: ARG002 - it is not told
        """Ask the model again: what it has said stays, and most agents tell nothing of it."""
        if self.dialect.retrying:
            self.say(self.dialect.retrying)
        self.begin_message()
        self.listen(seconds)

    def end_call(self, number: str, status: str, **fields: Any) -> None:
        """Tell that a tool has ended."""
        self.open.pop(number, None)
        self.update("tool_call_update", toolCallId=number, status=status, **fields)

    def _call(self, name: str, call: Fields, *, ask: bool) -> tuple[str, bool]:
        self.calls += 1
        number = f"call_{self.calls}"
        call = {"toolCallId": number, **call}
        asks = ask and self.session.mode not in self.dialect.free
        if not asks or self.dialect.announces:
            self.update("tool_call", **call, status="pending" if asks else "in_progress")
        self.open[number] = call
        if asks and not self._allowed(name, call):
            self.end_call(number, "failed", content=[_text("The user did not allow it.")])
            return number, False
        if asks:
            self.update("tool_call_update", toolCallId=number, status="in_progress")
        return number, True

    def _allowed(self, name: str, call: Fields) -> bool:
        if name in self.session.always:
            return self.session.always[name]
        options = [{"optionId": identity, "name": text, "kind": kind} for identity, text, kind in self.dialect.options]
        params = {"sessionId": self.session.id, "options": options, "toolCall": {**call, "status": "pending"}}
        response = self.request("session/request_permission", params) or {}
        outcome = (response.get("result") or {}).get("outcome") or {}
        chosen = outcome.get("optionId") if outcome.get("outcome") == "selected" else None
        kind = next((option["kind"] for option in options if option["optionId"] == chosen), "")
        if kind.endswith("_always"):
            self.session.always[name] = kind.startswith("allow")
        return kind.startswith("allow")

    def own_step(self, step: Step) -> None:
        """Play a step of this protocol."""
        match step["do"]:
            case "stop":
                raise Stopped(step["reason"])
            case "update":
                self.update(step["kind"], **step["fields"])
            case "rpcerror":
                raise Refused(step["code"], step["message"], step["data"])
            case "ask":
                response = self.request(step["method"], {"sessionId": self.session.id, **step["parameters"]})
                self.say(json.dumps(response))
            case "terminal":
                self._terminal(step)
            case _:
                super().own_step(step)

    def _terminal(self, step: Step) -> None:
        """Run a command in the client's terminal; whatever it refuses is said."""
        place = {"sessionId": self.session.id}
        command = {"command": step["command"], "args": step["arguments"], "env": [], "outputByteLimit": 1_000_000}
        made = self.request("terminal/create", {**place, **command})
        if made is None or "result" not in made:
            self.say(json.dumps(made))
            return
        place["terminalId"] = made["result"]["terminalId"]
        shown = {"type": "terminal", "terminalId": place["terminalId"]}
        title = " ".join([step["command"], *step["arguments"]])
        number, _ = self._call("terminal", {"title": title, "kind": "execute", "content": [shown]}, ask=False)
        ended = self.request("terminal/wait_for_exit", place, step["seconds"])
        if ended is None:
            self.request("terminal/kill", place)
        told = (self.request("terminal/output", place) or {}).get("result") or {}
        self.request("terminal/release", place)
        self.end_call(number, "completed" if ended else "failed", content=[shown])
        self.say(str(told.get("output")))


def _text(text: str) -> Fields:
    return {"type": "content", "content": {"type": "text", "text": text}}
