"""An MCP server on standard input and output with one tool, `add`; for tests that pass MCP servers on to an agent."""

from __future__ import annotations

import json
import sys
from typing import Any

ADD = {
    "name": "add",
    "description": "Add two numbers.",
    "inputSchema": {
        "type": "object",
        "properties": {"a": {"type": "number"}, "b": {"type": "number"}},
        "required": ["a", "b"],
    },
}


def answer(request: dict[str, Any]) -> Any:
    """The result of a request; https://modelcontextprotocol.io/specification/2025-06-18 says what each one is."""
    match request["method"]:
        case "initialize":
            return {
                "protocolVersion": request["params"]["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "calculator", "version": "1"},
            }
        case "tools/list":
            return {"tools": [ADD]}
        case "tools/call":
            numbers = request["params"]["arguments"]
            return {"content": [{"type": "text", "text": f"The sum is {numbers['a'] + numbers['b']}."}]}
        case _:
            return {}


def main() -> None:
    """Serve until standard input ends."""
    for line in sys.stdin:
        request = json.loads(line)
        if "id" in request:
            print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": answer(request)}), flush=True)


if __name__ == "__main__":
    main()
