"""Answers one request of the scripted server as the behaviour in its URL says, in the protocol of its path."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import trio

from . import chat_script, gemini_script, messages_script, responses_script
from .behaviour import is_gemini
from .http_server import Exchange, HangUp, RecordedRequest
from .script import Cut, Flood, Send, Stall, Step

if TYPE_CHECKING:
    from .behaviour import Behaviour

JSON = ("content-type", "application/json")
SCRIPTS = {"/chat/completions": chat_script, "/responses": responses_script, "/messages": messages_script}
"""Who says what, by the path that is asked."""
COUNT_TOKENS = "/messages/count_tokens"
EMBEDDINGS = "/embeddings"
EMBED = "batchEmbedContents"
GEMINI = {"generateContent": False, "streamGenerateContent": True, "countTokens": False, EMBED: False}
"""The methods of Gemini's models -> whether they stream; the path is `/models/MODEL:METHOD` below `/v1beta`.

What streams is a list in JSON unless the query has `alt=sse`.
"""


async def respond(
    exchange: Exchange, behaviour: Behaviour, path: str, *, models: Sequence[str], misbehave: bool
) -> None:
    """Answer a request.

    Args:
        exchange: the request, and where the answer goes.
        behaviour: how to answer.
        path: what is asked for, after `/v1`.
        models: the names that `/models` lists.
        misbehave: whether `error`, `drop` and `cut` still apply.

    Raises:
        HangUp: break the connection.
    """
    request = exchange.request
    await trio.sleep(behaviour.first)
    if behaviour.drop and misbehave:
        raise HangUp
    if behaviour.stall == "headers":
        await exchange.wait_for_hang_up()
    if behaviour.redirect:
        target = f"http://127.0.0.1:{behaviour.redirect}{request.path}"
        await exchange.reply(307, b"", [("location", target)])
    elif behaviour.error and misbehave:
        await _error(exchange, behaviour, path)
    elif path == "/models":
        await _json(exchange, 200, _models(request, path, models))
    elif request.method == "POST" and (path in SCRIPTS or path in {COUNT_TOKENS, EMBEDDINGS}):
        await _post(exchange, behaviour, path, misbehave=misbehave)
    elif request.method == "POST" and is_gemini(request.path) and path.rpartition(":")[2] in GEMINI:
        await _gemini(exchange, behaviour, path, misbehave=misbehave)
    else:
        await _nothing_here(exchange, path)


def _family(request: RecordedRequest, path: str) -> ModuleType:
    """Whose shapes of errors and lists the client expects."""
    if is_gemini(request.path):
        return gemini_script
    anthropic = path.startswith("/messages") or "anthropic-version" in request.headers
    return messages_script if anthropic else chat_script


def _models(request: RecordedRequest, path: str, models: Sequence[str]) -> Any:
    family = _family(request, path)
    if family is gemini_script:
        return gemini_script.models(models, request.path)
    if family is not messages_script:
        return family.models(models)
    page = parse_qs(request.path.partition("?")[2])
    return messages_script.models(models, int(page.get("limit", ["20"])[0]), page.get("after_id", [""])[0])


async def _json(exchange: Exchange, status: int, body: Any) -> None:
    await exchange.reply(status, json.dumps(body).encode(), [JSON])


async def _nothing_here(exchange: Exchange, path: str) -> None:
    family = _family(exchange.request, path)
    body = family.error(404, "There is nothing here.")
    if family is chat_script:
        # The usual code says that there is no such model, and clients tell the two apart.
        body = {"error": {"message": "There is nothing here.", "code": None}}
    await _json(exchange, 404, body)


async def _error(exchange: Exchange, behaviour: Behaviour, path: str) -> None:
    family = _family(exchange.request, path)
    headers = [("request-id" if family is messages_script else "x-request-id", "req-scripted")]
    if behaviour.retry_after:
        headers.append(("retry-after", behaviour.retry_after))
    if behaviour.should_retry:
        headers.append(("x-should-retry", behaviour.should_retry))
    match behaviour.body:
        case "empty":
            kind, body = "text/plain", b""
        case "html":
            kind, body = "text/html", f"<html><h1>{behaviour.error}</h1></html>".encode()
        case _:
            message = behaviour.message or f"The scripted server answers {behaviour.error}."
            if family is gemini_script:
                told = gemini_script.refusal(behaviour, message)
            else:
                told = family.error(behaviour.error, message, behaviour.code)
            kind, body = JSON[1], json.dumps(told).encode()
    await exchange.reply(behaviour.error, body, [("content-type", kind), *headers])


async def _body(exchange: Exchange, path: str) -> Any:
    """The request's body as JSON data; without such it is refused, and this is `None`."""
    try:
        return exchange.request.json
    except ValueError:
        await _json(exchange, 400, _family(exchange.request, path).error(400, "The body is not JSON."))
        return None


async def _post(exchange: Exchange, behaviour: Behaviour, path: str, *, misbehave: bool) -> None:
    request = await _body(exchange, path)
    if request is None:
        return
    if path == COUNT_TOKENS:
        await _json(exchange, 200, messages_script.count_tokens(request))
    elif path == EMBEDDINGS:
        await _embeddings(exchange, behaviour, chat_script.embeddings(behaviour, request))
    elif behaviour.plain or not request.get("stream"):
        await _json(exchange, 200, SCRIPTS[path].whole(behaviour, request))
    else:
        await _stream(exchange, behaviour, SCRIPTS[path].steps(behaviour, request, misbehave=misbehave))


async def _gemini(exchange: Exchange, behaviour: Behaviour, path: str, *, misbehave: bool) -> None:
    body = await _body(exchange, path)
    if body is None:
        return
    model, _, method = path.removeprefix("/models/").rpartition(":")
    request = {**body, "model": model}
    if method == "countTokens":
        await _json(exchange, 200, gemini_script.count_tokens(request))
    elif method == EMBED:
        await _embeddings(exchange, behaviour, gemini_script.embeddings(behaviour, body))
    elif behaviour.plain or not GEMINI[method]:
        await _json(exchange, 200, gemini_script.whole(behaviour, request))
    elif "alt=sse" not in exchange.request.path.partition("?")[2].split("&"):
        await _json(exchange, 200, list(gemini_script.chunks(behaviour, request)))
    else:
        await _stream(exchange, behaviour, gemini_script.steps(behaviour, request, misbehave=misbehave))


async def _embeddings(exchange: Exchange, behaviour: Behaviour, body: Any) -> None:
    """Embeddings, after `delay`, or what `bad` puts in their place."""
    await trio.sleep(behaviour.delay)
    if behaviour.bad:
        data = {"json": b'{"data": [{"index": 0,', "utf8": b'{"model": "\xff\xfe"}', "list": b"[1, 2, 3]"}[
            behaviour.bad
        ]
        await exchange.reply(200, data, [JSON])
    else:
        await _json(exchange, 200, body)


async def _stream(exchange: Exchange, behaviour: Behaviour, steps: Iterable[Step]) -> None:
    await exchange.begin(200, [("content-type", "text/event-stream"), ("x-request-id", "req-scripted")])
    for step in steps:
        await trio.sleep(behaviour.delay)
        match step:
            case Send(data):
                for start in range(0, len(data), behaviour.bytes or len(data)):
                    await exchange.send(data[start : start + (behaviour.bytes or len(data))])
            case Flood(data):
                while True:
                    await exchange.send(data)
            case Stall():
                await exchange.wait_for_hang_up()
            case Cut():
                raise HangUp
    await exchange.end()
