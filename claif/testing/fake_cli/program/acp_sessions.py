"""The sessions of an agent that speaks ACP: what is known of each, and what is told when one begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from .acp_dialects import Dialect

COMMANDS: list[dict[str, Any]] = [
    {"name": "init", "description": "Begin"},
    {"name": "plan", "description": "Make a plan"},
]
"""The commands that a session offers."""


class Session:
    """A conversation.

    Attributes:
        id: its id.
        prompts: what was asked.
        said: who said what, in order, as the kinds of update that tell of it again.
        turns: how many turns succeeded.
        always: tools that are allowed from now on, or not.
        closed: whether the client has closed it.
    """

    def __init__(self, mode: str, model: str, number: str = "") -> None:
        self.id = number or str(uuid4())
        self.mode = mode
        self.model = model
        self.directory = ""
        self.prompts: list[str] = []
        self.said: list[tuple[str, str]] = []
        self.turns = 0
        self.always: dict[str, bool] = {}
        self.closed = False

    def hold(self, kind: str, text: str) -> None:
        """Keep what was said."""
        if self.said and self.said[-1][0] == kind:
            self.said[-1] = (kind, self.said[-1][1] + text)
        else:
            self.said.append((kind, text))


def opened(session: Session, dialect: Dialect) -> dict[str, Any]:
    """What is told of a session when it begins: its modes, and the options that there are."""
    modes = [{"id": identity, "name": name} for identity, name in dialect.modes]
    told: dict[str, Any] = {"modes": {"availableModes": modes, "currentModeId": session.mode}} if dialect.modal else {}
    if dialect.configures:
        return told | configuration(session, dialect)
    models = [{"modelId": session.model, "name": session.model}]
    return told | {"models": {"availableModels": models, "currentModelId": session.model}}


def configuration(session: Session, dialect: Dialect) -> dict[str, Any]:
    """The options of a session: its mode and its model."""
    modes = [{"value": identity, "name": name} for identity, name in dialect.modes]
    models = [{"value": session.model, "name": session.model}]
    options = (("mode", "Mode", session.mode, modes), ("model", "Model", session.model, models))
    return {
        "configOptions": [
            {"id": name, "name": title, "category": name, "type": "select", "currentValue": now, "options": found}
            for name, title, now, found in options
        ]
    }


def capabilities(dialect: Dialect) -> dict[str, Any]:
    """What the agent can do."""
    return {
        "loadSession": True,
        "promptCapabilities": {"image": True, "embeddedContext": True},
        "mcpCapabilities": {"http": True, "sse": True},
        **({"sessionCapabilities": {name: {} for name in dialect.sessions}} if dialect.sessions else {}),
    }


def prompt_text(blocks: list[dict[str, Any]]) -> str:
    """The text of a prompt, with that of its embedded resources; others show as their kind, such as `[image]`."""
    texts = []
    for block in blocks:
        match block:
            case {"type": "text", "text": text} | {"type": "resource", "resource": {"text": text}}:
                texts.append(text)
            case {"type": "resource_link", "uri": uri}:
                texts.append(f"[{uri}]")
            case _:
                texts.append(f"[{block.get('type')}]")
    return "".join(texts)
