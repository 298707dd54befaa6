"""What the scripted server answers, whatever the protocol: its text in pieces, the tools that it calls, its tokens.

Requests of all protocols are looked at as chat completions would have them, as far as the answer depends on them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .behaviour import Behaviour

SHELLS: dict[str, Callable[[str], dict[str, Any]]] = {
    "Bash": lambda command: {"command": command, "description": "run it"},
    "exec_command": lambda command: {"cmd": command},
    "shell_command": lambda command: {"command": command},
    "shell": lambda command: {"command": ["bash", "-lc", command]},
    "run_shell_command": lambda command: {"command": command},
    "bash": lambda command: {"command": command, "description": "run it"},
}
"""The tools by which agents run commands (Claude Code, Codex, Gemini CLI, OpenCode) -> their arguments."""

LARGEST_PIECE = 4096
"""Characters of one delta of an answer that is large by `Behaviour.size`."""


def answer_pieces(behaviour: Behaviour, request: Mapping[str, Any]) -> list[str]:
    """The answer's text in the pieces in which it is streamed."""
    if behaviour.tokens:
        return [f"tok{number} " for number in range(behaviour.tokens)]
    text = answer_text(behaviour, request)
    if piece := behaviour.piece or (LARGEST_PIECE if behaviour.size else 0):
        return [text[start : start + piece] for start in range(0, len(text), piece)]
    return re.findall(r"\s*\S+\s*$|\s*\S+|\s+", text)


def answer_text(behaviour: Behaviour, request: Mapping[str, Any]) -> str:
    """The answer's text, if it is not one of `Behaviour.tokens`."""
    if behaviour.size:
        return numbered_text(behaviour.size)
    asked = last_text(request)
    if behaviour.tail:
        return f"{len(asked)}: {asked[-behaviour.tail :]}"
    return asked if behaviour.echo or has_result(behaviour, request) else behaviour.text


@lru_cache(maxsize=4)
def numbered_text(size: int) -> str:
    """A text of so many characters; its words are numbers in order, so that a gap shows."""
    return "".join([f"{number:08} " for number in range(size // 9 + 1)])[:size]


def last_text(request: Mapping[str, Any]) -> str:
    """The text of the request's last message."""
    messages = request.get("messages") or [{}]
    return text_of(messages[-1].get("content"))


def text_of(content: Any) -> str:
    """The text of a message's content in any protocol: a string, or the parts of a list that have one."""
    if isinstance(content, str):
        return content
    return "".join([part.get("text", "") for part in content or ()])


def has_result(behaviour: Behaviour, request: Mapping[str, Any]) -> bool:
    """Whether the request brings the result of the tool that it was asked to call."""
    messages = request.get("messages") or [{}]
    return bool(behaviour.shell or behaviour.call) and messages[-1].get("role") == "tool"


def tool_calls(behaviour: Behaviour, request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The tools that are called before, or instead of, an answer in text."""
    offered = [tool["function"]["name"] for tool in request.get("tools") or ()]
    if behaviour.tool:
        name = offered[0] if offered else "unknown"
        calls = [{"city": city, "days": index} for index, city in enumerate(("Zürich", "東京"))]
        return [_call(f"call_{index}", index, name, arguments) for index, arguments in enumerate(calls)]
    if has_result(behaviour, request):
        return []
    # The number of messages makes the id one of its own in the conversation.
    identity = f"call_{len(request.get('messages') or ())}"
    if behaviour.call in offered:
        return [_call(identity, 0, behaviour.call, json.loads(behaviour.arguments))]
    if behaviour.shell and (name := next((name for name in SHELLS if name in offered), "")):
        return [_call(identity, 0, name, SHELLS[name](behaviour.shell))]
    return []


def _call(identity: str, index: int, name: str, arguments: Any) -> dict[str, Any]:
    function = {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)}
    return {"index": index, "id": identity, "type": "function", "function": function}


def prompt_words(request: Mapping[str, Any]) -> int:
    """The tokens of the request: one a word of its messages."""
    return sum([len(str(message.get("content") or "").split()) for message in request.get("messages") or ()])
