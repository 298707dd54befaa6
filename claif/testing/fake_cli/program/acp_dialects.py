"""How agents that speak ACP differ: what they call themselves, whom they ask, how they fail and what they count.

Facts are those of Gemini CLI 0.61.0, Qwen Code 0.15.10, OpenCode 1.18.33 and Copilot 1.0.102.
"""

from __future__ import annotations

from typing import Any

from .voice import USAGE

INTERNAL = -32603
UNAUTHENTICATED = -32000
Options = tuple[tuple[str, str, str], ...]


class Dialect:
    """An agent that does what the specification says, and tells what it consumes in updates.

    Attributes:
        name: of the agent.
        title: its name for people.
        modes: id and name of each mode; the first is the usual one.
        free: modes in which nobody is asked.
        edits: modes in which nobody is asked for changes of files.
        options: id, name and kind of each answer to a request for permission.
        announces: whether a call of a tool is told before permission for it is asked for.
        identifies: whether pieces tell the id of their message.
        configures: whether the mode and the model are options of the session.
        modal: whether the modes are told beside the options.
        raw: whether a call of a tool shows what the tool is given, and its result what it gave.
        loads: whether a session can be loaded.
        sessions: what else can be done with sessions.
        cancelled: the status of a tool whose turn is cancelled.
        retrying: what is said when the model is asked again.
        endless: whether a model's server that gives no answer is asked again for ever.
    """

    name = "fake-agent"
    title = "Fake Agent"
    modes: tuple[tuple[str, str], ...] = (("ask", "Ask"), ("code", "Code"))
    free: tuple[str, ...] = ("code",)
    edits: tuple[str, ...] = ()
    options: Options = (
        ("allow-once", "Allow once", "allow_once"),
        ("allow-always", "Always allow", "allow_always"),
        ("reject-once", "Reject", "reject_once"),
        ("reject-always", "Never allow", "reject_always"),
    )
    announces = True
    identifies = False
    configures = True
    modal = True
    raw = True
    loads = True
    sessions: tuple[str, ...] = ("list", "resume", "close")
    cancelled = "failed"
    retrying = ""
    endless = False

    def methods(self) -> list[dict[str, Any]]:
        """The ways to log in."""
        return [{"id": "login", "name": "Log in", "description": "Log in by the fake CLI"}]

    def error(self, status: int, message: str) -> dict[str, Any] | None:
        """The error of a request whose model's server answered so, 0 being nothing; `None` hides it."""
        if status == 401:  # noqa: PLR2004 - the statuses of HTTP
            return {"code": UNAUTHENTICATED, "message": "Authentication required", "data": {"details": message}}
        return {"code": INTERNAL, "message": "Internal error", "data": {"status": status, "details": message}}

    def apology(self, message: str) -> str:  # noqa: ARG002 - others say it
        """What is said to the user when an error is hidden."""
        return ""

    def counted(self, turns: int, model: str) -> dict[str, Any]:  # noqa: ARG002 - others tell it
        """What the result of a turn tells of tokens: of no turn for one whose error is hidden."""
        return {}

    def updates(self, turns: int) -> list[tuple[str, dict[str, Any]]]:
        """The updates that tell of tokens before the result of a turn."""
        used = turns * (USAGE["input"] + USAGE["output"])
        return [("usage_update", {"used": used, "size": 100_000, "cost": {"amount": turns / 1000, "currency": "USD"}})]


class Gemini(Dialect):
    """Gemini CLI: a stream that was cut is the end of a turn that has cost nothing."""

    name = "gemini-cli"
    title = "Gemini CLI"
    modes = (("default", "Default"), ("autoEdit", "Auto Edit"), ("yolo", "YOLO"), ("plan", "Plan"))
    free = ("yolo",)
    edits = ("autoEdit",)
    options = (
        ("proceed_always", "Allow for this session", "allow_always"),
        ("proceed_once", "Allow", "allow_once"),
        ("cancel", "Reject", "reject_once"),
    )
    announces = False
    configures = False
    raw = False
    loads = False
    sessions = ()
    cancelled = "completed"

    def methods(self) -> list[dict[str, Any]]:
        """Google's login and a key."""
        key = {"_meta": {"api-key": {"provider": "google"}}}
        return [
            {"id": "oauth-personal", "name": "Log in with Google", "description": "Log in with your Google account"},
            {"id": "gemini-api-key", "name": "Gemini API key", "description": "Use an API key", **key},
        ]

    def error(self, status: int, message: str) -> dict[str, Any] | None:
        """The code is the status, except that 404 becomes 500."""
        return {"code": {404: 500}.get(status, status), "message": message} if status else None

    def counted(self, turns: int, model: str) -> dict[str, Any]:
        """The tokens of the turn."""
        count = {"input_tokens": USAGE["input"], "output_tokens": USAGE["output"]}
        none = {"input_tokens": 0, "output_tokens": 0}
        models = [{"model": model, "token_count": count}] if turns else []
        return {"_meta": {"quota": {"token_count": count if turns else none, "model_usage": models}}}

    def updates(self, turns: int) -> list[tuple[str, dict[str, Any]]]:  # noqa: ARG002 - there are none
        """None."""
        return []


class Qwen(Dialect):
    """Qwen Code: tokens are told beside a piece of text that is empty."""

    name = "qwen-code"
    title = "Qwen Code"
    modes = (("default", "Default"), ("plan", "Plan"), ("auto-edit", "Auto Edit"), ("yolo", "YOLO"))
    free = ("yolo",)
    edits = ("auto-edit",)
    options = (
        ("proceed_always_project", "Always Allow in project", "allow_always"),
        ("proceed_always_user", "Always Allow for user", "allow_always"),
        ("proceed_once", "Allow", "allow_once"),
        ("cancel", "Reject", "reject_once"),
    )
    announces = False
    sessions = ("list", "resume")
    cancelled = "completed"

    def methods(self) -> list[dict[str, Any]]:
        """A key."""
        terminal = {"_meta": {"type": "terminal", "args": ["--auth-type=openai"]}}
        return [
            {"id": "openai", "name": "Use OpenAI API key", "description": "Requires setting a variable", **terminal}
        ]

    def error(self, status: int, message: str) -> dict[str, Any] | None:
        """The status is at the beginning of the details."""
        details = f"{status} {message}" if status else "Model stream ended without a finish reason."
        return {"code": INTERNAL, "message": "Internal error", "data": {"details": details}}

    def updates(self, turns: int) -> list[tuple[str, dict[str, Any]]]:  # noqa: ARG002 - they are of the turn
        """The tokens of the turn."""
        usage = {**_tokens(1), "thoughtTokens": USAGE["reasoning"]}
        piece = {"content": {"type": "text", "text": ""}, "_meta": {"usage": usage, "durationMs": 1}}
        return [("agent_message_chunk", piece)]


class OpenCode(Dialect):
    """OpenCode: it asks nobody, and begins a new message when the model is asked again."""

    name = "OpenCode"
    title = ""
    modes = (("build", "build"), ("plan", "plan"))
    free = ("build", "plan")
    options = (
        ("once", "Allow once", "allow_once"),
        ("always", "Always allow", "allow_always"),
        ("reject", "Reject", "reject_once"),
    )
    identifies = True
    modal = False
    cancelled = "completed"
    sessions = ("close", "list", "resume")
    endless = True

    def error(self, status: int, message: str) -> dict[str, Any] | None:  # noqa: ARG002 - it is not told
        """The status is not told."""
        data = {"service": "session", "errorName": "APIError"}
        return {"code": INTERNAL, "message": f"Internal error: {message}", "data": data}

    def counted(self, turns: int, model: str) -> dict[str, Any]:  # noqa: ARG002 - they are of the turn
        """The tokens of the turn."""
        return {"usage": _tokens(1), "_meta": {}}

    def updates(self, turns: int) -> list[tuple[str, dict[str, Any]]]:  # noqa: ARG002 - there are none
        """None."""
        return []


class Copilot(Dialect):
    """Copilot: an error is an answer, and then the tokens are missing; else they are those of the session."""

    name = "Copilot"
    title = "Copilot"
    modes = (("agent", "Agent"), ("plan", "Plan"), ("autopilot", "Autopilot"))
    free = ("autopilot",)
    options = (
        ("allow_once", "Allow once", "allow_once"),
        ("allow_always", "Always allow", "allow_always"),
        ("reject_once", "Deny", "reject_once"),
    )
    sessions = ("close", "list")
    retrying = "Info: Request failed due to a transient API error. Retrying...\n"

    def methods(self) -> list[dict[str, Any]]:
        """Copilot's own login."""
        how = "Run `copilot login` in the terminal"
        return [{"id": "copilot-login", "name": "Log in with Copilot CLI", "description": how}]

    def error(self, status: int, message: str) -> dict[str, Any] | None:  # noqa: ARG002 - it is never told
        """It is hidden."""
        return None

    def apology(self, message: str) -> str:
        """The error, as an answer."""
        return f"Error: {message}"

    def counted(self, turns: int, model: str) -> dict[str, Any]:  # noqa: ARG002 - the model is not told
        """The tokens of the session so far."""
        return {"usage": {**_tokens(turns), "thoughtTokens": turns, "cachedWriteTokens": 0}} if turns else {}

    def updates(self, turns: int) -> list[tuple[str, dict[str, Any]]]:
        """How full the context is."""
        return [("usage_update", {"used": turns * (USAGE["input"] + USAGE["output"]), "size": 128_000})]


def _tokens(turns: int) -> dict[str, int]:
    return {
        "inputTokens": turns * USAGE["input"],
        "outputTokens": turns * USAGE["output"],
        "totalTokens": turns * (USAGE["input"] + USAGE["output"]),
        "cachedReadTokens": turns * USAGE["cached"],
    }


DIALECTS: dict[str, type[Dialect]] = {
    "": Dialect,
    "gemini": Gemini,
    "qwen": Qwen,
    "opencode": OpenCode,
    "copilot": Copilot,
}
