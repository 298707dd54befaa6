"""How the scripted server behaves, as the path of its URL says: `/error=429/retry-after=2/v1/chat/completions`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

from attrs import fields, frozen


@frozen
class Behaviour:
    """What a URL asks the scripted server to do; the defaults are a well-behaved server.

    Args:
        text: the answer.
        echo: answer with the text of the last message instead.
        tail: answer with the length of the last message in characters and its last so many characters instead.
        tokens: answer with this many tokens, `tok0 tok1 …`, instead.
        size: answer with so many characters of numbers in order instead, in large pieces.
        piece: characters in one delta; 0 is one word each.
        bytes: bytes in one network write; 0 is one event each. Small numbers split events, lines and characters.
        reasoning: name of the field in which the model thinks aloud first: `reasoning_content` or `reasoning`. In
            Anthropic's protocol, which has no such field, `redacted` is a thought that is not shown.
        tool: call the first tool of the request twice.
        shell: have the client's own tool for commands run this first, then answer with the tool's result; requests
            that offer no such tool are answered at once.
        call: the same with the tool of this name, and `arguments`.
        arguments: arguments for `call`, a JSON object.
        usage: whether tokens are counted.
        done: whether the stream ends with `[DONE]`.
        finish: the finish reason; `none` leaves it out.
        block: refuse the prompt for this reason, in the Gemini API; `none` gives no reason.
        plain: answer with one JSON body although a stream was asked for.
        first: seconds before the response begins.
        delay: seconds before each event, and before embeddings.
        error: answer with this HTTP status.
        code: structured code of the error.
        message: text of the error.
        body: what the error's body is: `json`, `html` or `empty`.
        retry_after: value of the `Retry-After` header.
        should_retry: value of the `x-should-retry` header, with which Anthropic says whether to ask again.
        times: misbehave (`error`, `drop`, `cut`) for the first so many requests of this URL only; 0 is always.
        fail: send an error object with this code inside the stream, after `after` events, and end it.
        bad: send invalid `json`, invalid `utf8`, an endless `line` or JSON that is no object (`list`), after `after`
            events; instead of embeddings all but the line.
        stall: stop for ever before the `headers` or in the `stream`, after `after` events.
        after: events before it misbehaves.
        cut: break the connection after so many events; -1 never does.
        short: end the stream in good HTTP order, but before it is complete, after so many events; -1 never does.
        drop: break the connection without an answer.
        redirect: send the client to this port of 127.0.0.1; 0 does not.
        tag: does nothing; it makes a URL its own, whose requests are counted and found apart from those of others.
    """

    text: str = "Hello from the scripted server."
    echo: bool = False
    tail: int = 0
    tokens: int = 0
    size: int = 0
    piece: int = 0
    bytes: int = 0
    reasoning: str = ""
    tool: bool = False
    shell: str = ""
    call: str = ""
    arguments: str = "{}"
    usage: bool = True
    done: bool = True
    finish: str = "stop"
    block: str = ""
    plain: bool = False
    first: float = 0.0
    delay: float = 0.0
    error: int = 0
    code: str = ""
    message: str = ""
    body: str = "json"
    retry_after: str = ""
    should_retry: str = ""
    times: int = 0
    fail: str = ""
    bad: str = ""
    stall: str = ""
    after: int = 1
    cut: int = -1
    short: int = -1
    drop: bool = False
    redirect: int = 0
    tag: str = ""


_READ: dict[str, Callable[[str], Any]] = {
    "bool": lambda text: {"yes": True, "no": False}[text],
    "int": int,
    "float": float,
    "str": str,
}
_KINDS: dict[str, str] = {field.name: str(field.type) for field in fields(Behaviour)}


def to_path(**behaviour: object) -> str:
    """The path, up to and with `/v1`, that makes the server behave so; names are those of `Behaviour`.

    Raises:
        TypeError: no behaviour has this name.
    """
    Behaviour(**behaviour)  # type: ignore[arg-type]  # only the names are looked at
    segments = []
    for name, value in behaviour.items():
        shown = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
        segments.append(f"{name.replace('_', '-')}={quote(shown, safe='')}")
    return "/" + "/".join([*segments, "v1"])


def from_path(path: str) -> tuple[Behaviour, str]:
    """The behaviour that a path asks for, and what remains of the path after `/v1` or `/v1beta`.

    Raises:
        ValueError: a segment before `/v1` is no behaviour; the message names it.
    """
    before, _, after = path.partition("/v1")
    values: dict[str, object] = {}
    for segment in before.split("/"):
        if not segment:
            continue
        name, _, value = segment.partition("=")
        name = name.replace("-", "_")
        try:
            values[name] = _READ[_KINDS[name]](unquote(value))
        except (KeyError, ValueError):
            raise ValueError(f"{segment!r} is no behaviour of the scripted server") from None
    return Behaviour(**values), after.removeprefix("beta").partition("?")[0]  # type: ignore[arg-type]  # read by the kinds of the fields


def is_gemini(path: str) -> bool:
    """Whether a path asks for the Gemini API, whose version is called `v1beta`."""
    return path.partition("/v1")[2].startswith("beta")
