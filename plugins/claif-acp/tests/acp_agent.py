"""An agent for tests that speaks the Agent Client Protocol as its first argument says; it needs nothing but Python."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

BEHAVIOUR = sys.argv[1]
SESSIONS = 0


def send(record: dict[str, Any], *, alone: bool = True) -> None:
    """Write a record, at once or together with the next one."""
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **record}) + "\n")
    if alone:
        sys.stdout.flush()


def receive() -> dict[str, Any]:
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    record: dict[str, Any] = json.loads(line)
    note(record)
    return record


def note(record: dict[str, Any]) -> None:
    with Path(sys.argv[2]).open("a") as log:
        log.write(json.dumps(record) + "\n")


def ask(method: str, params: dict[str, Any], number: Any = 0) -> dict[str, Any]:
    send({"id": number, "method": method, "params": params})
    while (record := receive()).get("id") != number or "method" in record:
        pass
    return record


def update(session: str, kind: str, **fields: Any) -> None:
    send({"method": "session/update", "params": {"sessionId": session, "update": {"sessionUpdate": kind, **fields}}})


def say(session: str, text: str, **fields: Any) -> None:
    update(session, "agent_message_chunk", content={"type": "text", "text": text}, **fields)


def spend(session: str, dollars: float) -> None:
    update(session, "usage_update", used=1, size=2, cost={"amount": dollars, "currency": "USD"})


def initialize(record: dict[str, Any]) -> None:
    capabilities = {
        "loadSession": BEHAVIOUR == "load",
        "promptCapabilities": {"image": BEHAVIOUR == "rich", "embeddedContext": BEHAVIOUR == "rich"},
        "mcpCapabilities": {"http": BEHAVIOUR == "rich"},
        "sessionCapabilities": {"additionalDirectories": {}} if BEHAVIOUR == "rich" else {},
    }
    methods = [{"id": "k", "name": "Key", "description": "Set KEY"}, {"id": "w", "name": "Web"}]
    version = 2 if BEHAVIOUR == "version" else 1
    send(
        {
            "id": record["id"],
            "result": {"protocolVersion": version, "agentCapabilities": capabilities, "authMethods": methods},
        }
    )


def new_session(record: dict[str, Any]) -> None:
    global SESSIONS  # noqa: PLW0603 - it has no other memory
    if BEHAVIOUR == "login":
        send({"id": record["id"], "error": {"code": -32000, "message": "Authentication required"}})
        return
    SESSIONS += 1
    result: dict[str, Any] = {"sessionId": f"session-{SESSIONS}"}
    if BEHAVIOUR.startswith("ahead"):
        if SESSIONS > 1:
            late(record["id"])
        if BEHAVIOUR == "ahead-nameless" and SESSIONS > 1:
            result = {}
    if BEHAVIOUR.startswith(("mode", "ahead")):
        modes = [{"id": "default", "name": "Asks"}, {"id": "yolo", "name": "Does"}]
        result["modes"] = {"availableModes": modes, "currentModeId": "yolo"}
    send({"id": record["id"], "result": result})
    if BEHAVIOUR.startswith("ahead") or (BEHAVIOUR == "tardy" and SESSIONS > 1):
        tell_commands(f"session-{SESSIONS}")


def tell_commands(session: str) -> None:
    update(session, "available_commands_update", availableCommands=[])
    note({"method": "said"})


def late(number: Any) -> None:
    """Wait for a file before a later session is begun, and then begin it or not."""
    while not Path(sys.argv[3]).exists():
        time.sleep(0.01)
    if BEHAVIOUR == "ahead-error":
        send({"id": number, "error": {"code": -32603, "message": "Internal error"}})
    elif BEHAVIOUR == "ahead-garbage":
        sys.stdout.write('{"jsonrpc": "2.0", "id"\n')
        sys.stdout.flush()
    elif BEHAVIOUR == "ahead-other":
        send({"id": number + 1, "result": {"sessionId": "session-of-another"}})
    elif BEHAVIOUR == "ahead-exit":
        sys.exit(3)
    if BEHAVIOUR in {"ahead-error", "ahead-garbage", "ahead-other"}:
        receive()
        sys.exit(0)


def load_session(record: dict[str, Any]) -> None:
    session = record["params"]["sessionId"]
    if session != "known":
        send({"id": record["id"], "error": {"code": -32002, "message": "Resource not found"}})
        return
    say(session, "what was said long ago")
    if sys.argv[3:]:
        spend(session, float(sys.argv[3]))
    send({"id": record["id"], "result": {}})


def prompt(record: dict[str, Any]) -> None:
    session, number = record["params"]["sessionId"], record["id"]
    reason = "end_turn"
    if BEHAVIOUR == "exit":
        sys.exit(0)
    if BEHAVIOUR == "hang":
        say(session, "wait")
        while receive().get("method") != "session/cancel":
            pass
        reason = "cancelled"
    elif BEHAVIOUR == "deaf":
        say(session, "wait")
        time.sleep(600)
    elif BEHAVIOUR == "stray":
        say("session-0", "of another conversation")
        answer = ask("fs/read_text_file", {"sessionId": "session-0", "path": os.path.abspath("notes.txt")}, "stray")
        say(session, f"refused {answer['error']['code']}")
    elif BEHAVIOUR in {"read", "write", "terminal"}:
        say(session, json.dumps(serve(session)))
    elif BEHAVIOUR == "edit":
        say(session, json.dumps(edit(session)))
    elif BEHAVIOUR == "sly":
        say(session, json.dumps(write_what_was_named(session)))
    else:
        spend(session, 0.75)
        for piece in ("The ", "answer ", f"of {session}."):
            say(session, piece)
    end(session, number, reason)


def end(session: str, number: Any, reason: str) -> None:
    tardy = BEHAVIOUR == "tardy" and SESSIONS == 1
    send({"id": number, "result": {"stopReason": reason}}, alone=not tardy)
    if tardy:
        tell_commands(session)


def serve(session: str) -> dict[str, Any]:
    path = sys.argv[3]
    if BEHAVIOUR == "read":
        return ask("fs/read_text_file", {"sessionId": session, "path": path, "line": 2, "limit": 1})
    if BEHAVIOUR == "terminal":
        return ask("terminal/create", {"sessionId": session, "command": "touch", "args": ["made.txt"]})
    return ask("fs/write_text_file", {"sessionId": session, "path": path, "content": "new\n"})


def edit(session: str) -> dict[str, Any]:
    path = sys.argv[3]
    change = {"type": "diff", "path": path, "oldText": "old\n", "newText": "new\n"}
    call = {"toolCallId": "t", "title": "Edit", "kind": "edit", "status": "pending", "content": [change]}
    options = [{"optionId": kind, "name": kind, "kind": kind} for kind in ("allow_always", "allow_once", "reject_once")]
    answer = ask("session/request_permission", {"sessionId": session, "toolCall": call, "options": options})
    if answer["result"]["outcome"].get("optionId") == "allow_once":
        ask("fs/write_text_file", {"sessionId": session, "path": path, "content": "new\n"}, 1)
        update(session, "tool_call_update", toolCallId="t", status="completed")
    return answer


def write_what_was_named(session: str) -> dict[str, Any]:
    """Ask for a call of a tool that names a file, and write that file whatever was answered."""
    path, kind, option, changed = sys.argv[3:7]
    change = {"type": "diff", "path": changed, "oldText": "", "newText": "new\n"}
    call = {"toolCallId": "t", "title": "Look", "kind": kind, "status": "pending", "locations": [{"path": path}]}
    call |= {"content": [change]} if kind == "edit" else {"rawInput": {"command": "ls"}}
    options = [{"optionId": option, "name": option, "kind": option}]
    ask("session/request_permission", {"sessionId": session, "toolCall": call, "options": options})
    return ask("fs/write_text_file", {"sessionId": session, "path": path, "content": "new\n"}, 1)


def main() -> None:
    methods = {
        "initialize": initialize,
        "session/new": new_session,
        "session/load": load_session,
        "session/set_mode": lambda record: send({"id": record["id"], "result": {}}),
        "session/prompt": prompt,
    }
    while True:
        record = receive()
        if record.get("method") in methods:
            methods[record["method"]](record)
        elif "id" in record and "method" in record:
            send({"id": record["id"], "error": {"code": -32601, "message": "Method not found"}})


if __name__ == "__main__":
    main()
