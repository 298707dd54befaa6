"""Presets: what differs between agents that speak the same protocol; nothing else knows an agent by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from claif_acp.usage import plain_usage

if TYPE_CHECKING:
    from claif.api import ClaifError, Secret, Usage


@frozen(kw_only=True)
class Launch:
    """What an agent is to be started with.

    Args:
        folder: the home that the agent gets from Claif, one for each limit of turns; it exists.
        files: a folder in it for what Claif writes and the agent reads; it exists.
        key: the key of the settings.
        url: the endpoint of the settings, without a slash at its end.
        model: the model that is asked.
        system: the instructions.
        retries: how often the agent may ask its API again.
        turns: how often the model may be asked for one answer; `None` is as the agent has it.
        servers: whether it is given MCP servers.
    """

    folder: Path
    files: Path
    key: Secret | None = None
    url: str | None = None
    model: str | None = None
    system: str | None = None
    retries: int = 2
    turns: int | None = None
    servers: bool = False

    @property
    def own(self) -> bool:
        """Whether it has a home of its own, since the settings say what else would be the user's."""
        return self.key is not None or self.url is not None


@frozen(kw_only=True)
class Setup:
    """How an agent is started.

    Args:
        arguments: what follows its program.
        environment: its variables.
    """

    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str | Secret] = field(factory=dict)


@frozen(kw_only=True)
class End:
    """How a turn has ended.

    Args:
        result: of `session/prompt`.
        text: what the agent has said since its last tool.
        provider: name of the provider.
        model: the model that was asked.
    """

    result: Mapping[str, Any]
    text: str
    provider: str
    model: str | None


def plain_setup(_launch: Launch) -> Setup:
    """Of an agent that is known by its command alone."""
    return Setup()


def no_status(_error: Mapping[str, Any]) -> int | None:
    """Of an agent whose errors have no HTTP status."""
    return None


def no_failure(_end: End) -> ClaifError | None:
    """Of an agent whose failures are errors of the protocol."""
    return None


@frozen(kw_only=True)
class Preset:
    """An agent.

    Args:
        title: what it is called in messages.
        program: its name on PATH, and for `claif install`.
        installable: whether `claif install` knows it.
        arguments: with which it speaks the protocol.
        add_dir: the option that names a further folder, of which it splits the value at commas; empty if it has none.
        hosts: what it must reach where the network leads through the sandbox's proxy.
        places: files and folders in its home that it writes.
        governing: those among them that decide what it does for anybody later; its tools may not change them.
        logins: files in the user's home, and variables, one of which is there if the user is logged in.
        login: how to log in.
        variables: variables of the user that are its login, and so are passed on to it.
        takes_key: whether its setup can give it a key and an endpoint.
        takes_system: whether its setup gives it the instructions; else they stand in front of the prompt.
        takes_turns: whether its setup limits how often the model is asked.
        setup: how it is started.
        status: the HTTP status in an error of the protocol.
        failure: the failure in a turn that has ended as if it were none.
        usage: what a turn consumed, by its result; `None` if it does not tell.
        restarts: whether a new `messageId` without a tool in between withdraws what was said.
        resumes: whether conversations can be gone on with.
        serves_files: whether it gets on with files that Claif reads and writes for it.
        mode: the mode of a session in which it asks before it acts; empty if it has none.
        tells_commands: whether it tells its commands some time after a session has begun, by which it is known when it
            is quiet, so that the next one can begin ahead.
        most_sessions: conversations after which a process is not used again.
    """

    title: str
    program: str = ""
    installable: bool = False
    arguments: tuple[str, ...] = ()
    add_dir: str = ""
    hosts: frozenset[str] = frozenset()
    places: tuple[str, ...] = ()
    governing: tuple[str, ...] = ()
    logins: tuple[str, ...] = ()
    login: str = ""
    variables: tuple[str, ...] = ()
    takes_key: bool = False
    takes_system: bool = False
    takes_turns: bool = False
    setup: Callable[[Launch], Setup] = plain_setup
    status: Callable[[Mapping[str, Any]], int | None] = no_status
    failure: Callable[[End], ClaifError | None] = no_failure
    usage: Callable[[Mapping[str, Any]], Usage | None] = plain_usage
    restarts: bool = False
    resumes: bool = True
    serves_files: bool = True
    mode: str = ""
    tells_commands: bool = False
    most_sessions: int = 50
