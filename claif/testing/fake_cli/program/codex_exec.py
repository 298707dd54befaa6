"""`codex exec --json`: one prompt, one stream of events, the end.

The records are those of Codex 0.169.0.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from .arguments import command_words
from .codex import Codex
from .codex_items import as_exec
from .voice import USAGE, Failed

if TYPE_CHECKING:
    from .wire import Wire


class CodexExec(Codex):
    """One run of it; it asks nobody, so that what would need permission is declined."""

    def __init__(self, wire: Wire, script: dict[str, Any]) -> None:
        super().__init__(wire, script)
        positional = [argument for argument in command_words()[1:] if not argument.startswith("-") or argument == "-"]
        self.prompt = positional[-1] if positional else "-"
        self.resumed = positional[1] if positional[:1] == ["resume"] and len(positional) > 1 else ""

    def run(self) -> int:
        """Answer; the exit code is 1 if the turn fails."""
        if self.resumed and self.resumed not in self.script["conversations"]:
            sys.stderr.write(f"Error: no rollout found for thread id {self.resumed}\n")
            return 1
        given = self.wire.rest().decode(errors="replace")
        prompt = given if self.prompt == "-" else self.prompt + (f"\n<stdin>{given}</stdin>" if given else "")
        self.prompts.append(prompt)
        self.wire.send({"type": "thread.started", "thread_id": self.resumed or str(uuid4())})
        self.wire.send({"type": "turn.started"})
        try:
            self.play(self.next_turn(), prompt)
        except Failed as error:
            self.wire.send({"type": "error", "message": str(error)})
            self.wire.send({"type": "turn.failed", "error": {"message": str(error)}})
            return 1
        self.close()
        usage = {
            "input_tokens": USAGE["input"],
            "cached_input_tokens": USAGE["cached"],
            "output_tokens": USAGE["output"],
            "reasoning_output_tokens": USAGE["reasoning"],
        }
        self.wire.send({"type": "turn.completed", "usage": usage})
        return 0

    def hear(self, record: dict[str, Any]) -> None:
        """Standard input has been read to its end before."""

    def item_started(self, item: dict[str, Any]) -> None:
        """Tell that a tool has begun; what is said and thought is told when it is complete."""
        if item["type"] not in ("agentMessage", "reasoning"):
            self.wire.send({"type": "item.started", "item": as_exec(item)})

    def item_completed(self, item: dict[str, Any]) -> None:
        """Tell that an item is complete."""
        self.wire.send({"type": "item.completed", "item": as_exec(item)})

    def delta(self, item: dict[str, Any], text: str) -> None:
        """There are no pieces here."""

    def allowed(self, item: dict[str, Any]) -> bool:  # noqa: ARG002 - nobody is asked
        """Nobody can be asked."""
        return False

    def plan(self, steps: list[list[str]]) -> None:
        """Tell the plan."""
        items = [{"text": text, "completed": status == "completed"} for text, status in steps]
        self.count += 1
        item = {"id": f"item_{self.count}", "type": "todo_list", "items": items}
        self.wire.send({"type": "item.completed", "item": item})

    def retry(self, status: int, seconds: float) -> None:  # noqa: ARG002 - it is not told
        """Tell that the model is asked again; what it has said is void."""
        self.open = None
        self.wire.send({"type": "error", "message": "Reconnecting... 1/5"})
        self.listen(seconds)
