"""What Codex's two protocols have in common: the items of a turn, and permission for them."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from . import codex_items
from .voice import Voice

if TYPE_CHECKING:
    from .files import Change
    from .wire import Wire

HTTP_CAUSE = {429: "responseTooManyFailedAttempts"}


class Codex(Voice):
    """Keeps the items of the turn that runs."""

    def __init__(self, wire: Wire, script: dict[str, Any]) -> None:
        super().__init__(wire, script)
        self.items: dict[str, dict[str, Any]] = {}
        self.open: dict[str, Any] | None = None
        self.count = 0

    @abstractmethod
    def item_started(self, item: dict[str, Any]) -> None:
        """Tell that an item has begun."""

    @abstractmethod
    def item_completed(self, item: dict[str, Any]) -> None:
        """Tell that an item is complete."""

    @abstractmethod
    def delta(self, item: dict[str, Any], text: str) -> None:
        """Tell a piece of an item."""

    @abstractmethod
    def allowed(self, item: dict[str, Any]) -> bool:
        """Ask whether an item may be."""

    def begin(self, item: dict[str, Any]) -> dict[str, Any]:
        """Begin an item after what was being said."""
        self.close()
        item["id"] = f"item_{self.count}"
        self.count += 1
        self.items[item["id"]] = item
        self.item_started(item)
        return item

    def close(self) -> None:
        """Complete what is being said or thought."""
        if self.open is not None:
            item, self.open = self.open, None
            self.item_completed(item)

    def say(self, text: str) -> None:
        """Stream text."""
        if self.open is None or self.open["type"] != "agentMessage":
            self.open = self.begin(codex_items.message(""))
        self.open["text"] += text
        self.delta(self.open, text)

    def think(self, text: str) -> None:
        """Stream a thought."""
        if self.open is None or self.open["type"] != "reasoning":
            self.open = self.begin(codex_items.reasoning(""))
        self.open["summary"] = ["".join([*self.open["summary"], text])]
        self.delta(self.open, text)

    def tool(self, name: str, parameters: dict[str, Any], *, ask: bool) -> tuple[str, bool]:
        """Use a tool."""
        item = self.begin(codex_items.tool(name, parameters))
        if ask and not self.allowed(item):
            self.item_completed({**item, "status": "failed" if item["type"] == "mcpToolCall" else "declined"})
            return item["id"], False
        return item["id"], True

    def result(self, number: str, output: str, *, failed: bool) -> None:
        """Tell what a tool did."""
        self.item_completed(codex_items.ended(self.items[number], output, failed=failed))

    def change(self, change: Change, *, ask: bool) -> None:
        """Change a file."""
        item = self.begin(codex_items.file_change(change))
        if ask and not self.allowed(item):
            self.item_completed({**item, "status": "declined"})
            return
        self.item_completed({**item, "status": "failed" if change.make() else "completed"})


def failure(status: int, message: str) -> dict[str, Any]:
    """The error of a turn."""
    info: Any = "other"
    if status == 500:  # noqa: PLR2004 - Codex tells of it without its number
        info = "internalServerError"
    elif status:
        info = {HTTP_CAUSE.get(status, "httpConnectionFailed"): {"httpStatusCode": status}}
    return {"message": message, "codexErrorInfo": info, "additionalDetails": None}
