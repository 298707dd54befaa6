"""Settings of a table `[providers.NAME]` whose type is acp."""

from __future__ import annotations

from typing import Any

from attrs import Attribute, field, frozen

from claif.api import AgentSettings


def _words(_instance: Any, _attribute: Attribute[Any], value: tuple[str, ...]) -> None:
    if any(not word or "\0" in word for word in value):
        raise ValueError("must be a program and its arguments, none of them empty")


@frozen(kw_only=True)
class AcpSettings(AgentSettings):
    """A table of the type acp.

    Args:
        command: an agent that is not known by name: its program, by absolute path or by its name on PATH, and the
            arguments with which it speaks the protocol. Only your own file may set it.
        serve_files: whether the agent may have Claif read files of the working directory for it and, unless the
            permission mode is `plan`, write them.
    """

    command: tuple[str, ...] = field(default=(), validator=_words)
    serve_files: bool = True
