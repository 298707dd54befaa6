"""The Agent Client Protocol over standard streams, version 1: sessions, their turns, and what else a client asks.

The records are those of https://agentclientprotocol.com/protocol/overview, as far as a dialect does not differ.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from .acp_dialects import UNAUTHENTICATED
from .acp_sessions import COMMANDS, Session, capabilities, configuration, opened, prompt_text
from .acp_turn import AcpTurn
from .arguments import has, value
from .rpc import ABSENT, INTERNAL, INVALID, UNKNOWN, Refused
from .voice import Failed, Interrupted, Stopped

if TYPE_CHECKING:
    from .wire import Wire

VERSION = 1
Params = dict[str, Any]


class Acp(AcpTurn):
    """One process, with many sessions; their turns come one after the other."""

    turn_method = "session/prompt"

    def __init__(self, wire: Wire, script: dict[str, Any]) -> None:
        super().__init__(wire, script)
        self.model = value("--model") or value("-m") or "fake-1"
        self.sessions = {number: self._new(number) for number in script["conversations"]}
        self.logged_in = script["logged_in"]

    def garbled(self, line: str) -> None:
        """Say so."""
        sys.stderr.write(f"Failed to parse JSON message: {line}\n")

    def interrupts(self, record: dict[str, Any]) -> bool:
        """Whether it cancels the turn of the session."""
        return record.get("method") == "session/cancel" and record["params"].get("sessionId") == self.session.id

    def take(self, record: dict[str, Any]) -> None:
        """Take a request or a notification."""
        method, params = record["method"], record.get("params") or {}
        if "id" not in record:
            if method == "session/cancel":
                self._cancel_waiting(params.get("sessionId"))
            return
        try:
            result = self._result(method, params)
        except Refused as why:
            self.refuse(record["id"], why.error)
            return
        self.answer(record["id"], result)
        if method in ("session/new", "session/load", "session/resume"):
            self._tell(result.get("sessionId") or params["sessionId"], "available_commands_update", COMMANDS)

    def _result(self, method: str, params: Params) -> Params:
        if error := self.script["errors"].get(method):
            raise Refused(error["code"], error["message"], error["data"])
        return self._turn(params) if method == "session/prompt" else self._answer(method, params)

    def _tell(self, number: str, kind: str, commands: list[Params]) -> None:
        update = {"sessionUpdate": kind, "availableCommands": commands}
        self.notify("session/update", {"sessionId": number, "update": update})

    def _cancel_waiting(self, number: str | None) -> None:
        for record in [each for each in self.waiting if each["params"].get("sessionId") == number]:
            self.waiting.remove(record)
            self.answer(record["id"], {"stopReason": "cancelled"})

    def _answer(self, method: str, params: Params) -> Params:
        """The result of a request that is no prompt.

        Raises:
            Refused: it cannot be granted.
        """
        match method:
            case "initialize":
                return self._greeting()
            case "authenticate":
                if params.get("methodId") not in [each["id"] for each in self.dialect.methods()]:
                    raise Refused(INVALID, "Invalid params", {"details": "unknown method of authentication"})
                self.logged_in = True
                return {}
            case "session/new":
                if not self.logged_in:
                    raise Refused(UNAUTHENTICATED, "Authentication required")
                session = self._new()
                session.directory = params["cwd"]
                self.sessions[session.id] = session
                return {"sessionId": session.id, **opened(session, self.dialect)}
            case "session/list" if "list" in self.dialect.sessions:
                known = [each for each in self.sessions.values() if not each.closed]
                return {"sessions": [{"sessionId": each.id, "cwd": each.directory or os.getcwd()} for each in known]}
            case _:
                return self._of_session(method, params)

    def _of_session(self, method: str, params: Params) -> Params:
        changes = "session/set_config_option" if self.dialect.configures else "session/set_model"
        own = ("session/load", "session/set_mode", changes)
        if method not in own and method.removeprefix("session/") not in self.dialect.sessions:
            raise Refused(UNKNOWN, f'"Method not found": {method}', {"method": method})
        session = self._session(params)
        match method:
            case "session/load":
                self._load(session)
            case "session/close":
                session.closed = True
                return {}
            case "session/set_mode":
                self._set_mode(session, params.get("modeId"))
                return {}
            case "session/set_model":
                session.model = params["modelId"]
                return {}
            case "session/set_config_option":
                if params.get("configId") == "mode":
                    self._set_mode(session, params.get("value"))
                else:
                    session.model = str(params.get("value"))
                return configuration(session, self.dialect)
        return opened(session, self.dialect)

    def _greeting(self) -> Params:
        info = {"name": self.dialect.name, "title": self.dialect.title, "version": self.script["version"]}
        return {
            "protocolVersion": VERSION,
            "agentCapabilities": capabilities(self.dialect),
            "agentInfo": {name: text for name, text in info.items() if text},
            "authMethods": self.dialect.methods(),
        }

    def _new(self, number: str = "") -> Session:
        free = has("--yolo") or has("-y") or value("--approval-mode") == "yolo"
        mode = self.dialect.free[0] if free else self.dialect.modes[0][0]
        return Session(mode, self.model, number)

    def _session(self, params: Params) -> Session:
        session = self.sessions.get(params.get("sessionId", ""))
        if session is None or session.closed:
            raise Refused(ABSENT, "Resource not found", {"uri": params.get("sessionId")})
        return session

    def _set_mode(self, session: Session, mode: Any) -> None:
        if mode not in [identity for identity, _ in self.dialect.modes]:
            raise Refused(INVALID, "Invalid params", {"details": f"unknown mode {mode}"})
        session.mode = mode
        update = {"sessionUpdate": "current_mode_update", "currentModeId": mode}
        self.notify("session/update", {"sessionId": session.id, "update": update})

    def _load(self, session: Session) -> None:
        if not self.dialect.loads:
            raise Refused(INTERNAL, "Internal error", {"details": f"Invalid session identifier {session.id}"})
        for kind, text in session.said:
            update = {"sessionUpdate": kind, "content": {"type": "text", "text": text}}
            self.notify("session/update", {"sessionId": session.id, "update": update})

    def _turn(self, params: Params) -> Params:
        """The result of a prompt.

        Raises:
            Refused: the turn fails.
        """
        self.session = self._session(params)
        prompt = prompt_text(params["prompt"])
        self.prompts = self.session.prompts
        self.prompts.append(prompt)
        self.session.hold("user_message_chunk", prompt)
        self.open.clear()
        self.begin_message()
        reason = "end_turn"
        try:
            self._play(prompt)
        except Interrupted:
            self.end_tools()
            for number in list(self.open):
                self.end_call(number, self.dialect.cancelled)
            return {"stopReason": "cancelled"}
        except Stopped as why:
            reason = str(why)
        except Failed as why:
            return self._failed(why)
        self.session.turns += 1
        for kind, fields in self.dialect.updates(self.session.turns):
            self.update(kind, **fields)
        return {"stopReason": reason, **self.dialect.counted(self.session.turns, self.session.model)}

    def _play(self, prompt: str) -> None:
        try:
            self.play(self.next_turn(), prompt)
        except Failed as why:
            if not why.status and self.dialect.endless:
                self.listen(None)
            raise

    def _failed(self, why: Failed) -> Params:
        """The result of a turn that has failed, if the agent hides it."""
        error = self.dialect.error(why.status, why.message)
        if error is not None:
            raise Refused(error["code"], error["message"], error.get("data"))
        if apology := self.dialect.apology(why.message):
            self.say(apology)
        return {"stopReason": "end_turn", **self.dialect.counted(0, self.session.model)}
