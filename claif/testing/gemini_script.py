"""What the scripted server says in the Gemini API: the steps of one response, decided without any I/O.

The shapes are those of https://ai.google.dev/api/generate-content and https://ai.google.dev/gemini-api/docs/troubleshooting,
as far as Gemini CLI 0.61.0 reads them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from .answer import answer_pieces, prompt_words, text_of, tool_calls
from .script import Step, event, play
from .vectors import tokens_of, vector_of

if TYPE_CHECKING:
    from .behaviour import Behaviour

STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
FINISH = {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP", "content_filter": "SAFETY", "none": None}
GARBAGE = {
    "json": b'data: {"candidates": [{"content": {\n\n',
    "utf8": b'data: {"candidates": [{"content": {"role": "model", "parts": [{"text": "\xff\xfe"}]}}]}\n\n',
    "list": b"data: [1, 2, 3]\n\n",
}
RPC = "type.googleapis.com/google.rpc."
"""So begin the types of an error's details."""
CONTEXT = "<session_context>"
"""So begins the message in which Gemini CLI tells of the day, the system and the directory."""


def as_chat(request: Mapping[str, Any]) -> dict[str, Any]:
    """The request as chat completions would have it, as far as answers depend on it."""
    messages: list[dict[str, Any]] = []
    for content in request.get("contents") or ():
        messages += _chat_messages(content)
    tools = [
        {"function": function}
        for tool in request.get("tools") or ()
        for function in tool.get("functionDeclarations") or ()
    ]
    return {"messages": messages, "tools": tools, "model": request.get("model", "scripted-1")}


def _chat_messages(content: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One message for each result of a function, one for all texts together."""
    parts = content.get("parts") or ()
    for part in parts:
        if "functionResponse" in part:
            response = part["functionResponse"].get("response") or {}
            shown = response.get("output", response.get("error", response))
            yield {"role": "tool", "content": shown if isinstance(shown, str) else json.dumps(shown)}
    texts = [part for part in parts if not part.get("text", CONTEXT).startswith(CONTEXT)]
    if texts:
        yield {"role": {"model": "assistant"}.get(content.get("role", ""), "user"), "content": text_of(texts)}


def _parts(behaviour: Behaviour, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The parts of the answer, each of which is streamed alone."""
    if behaviour.reasoning:
        yield from ({"text": piece, "thought": True} for piece in ("Let me ", "think."))
    chat = as_chat(request)
    calls = tool_calls(behaviour, chat)
    for call in calls:
        function = call["function"]
        yield {
            "functionCall": {"id": call["id"], "name": function["name"], "args": json.loads(function["arguments"])},
            "thoughtSignature": "cHJvb2Y=",
        }
    if not calls:
        yield from ({"text": piece} for piece in answer_pieces(behaviour, chat))


def count_tokens(request: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of `:countTokens`: one token a word; a whole request is counted with its system text."""
    asked = request.get("generateContentRequest") or request
    words = len(text_of((asked.get("systemInstruction") or {}).get("parts")).split()) + prompt_words(as_chat(asked))
    # The API leaves a count of zero out.
    return {"totalTokens": words} if words else {}


def embeddings(behaviour: Behaviour, request: Mapping[str, Any]) -> Any:
    """The answer of `:batchEmbedContents`, in the order of its requests."""
    asked = request.get("requests") or ()
    texts = [text_of((one.get("content") or {}).get("parts")) for one in asked]
    vectors = [vector_of(text, one.get("outputDimensionality")) for text, one in zip(texts, asked, strict=True)]
    body = {"embeddings": [{"values": list(vector)} for vector in vectors]}
    return {**body, "usageMetadata": {"promptTokenCount": tokens_of(texts)}} if behaviour.usage else body


def _usage(behaviour: Behaviour, request: Mapping[str, Any]) -> dict[str, Any]:
    chat = as_chat(request)
    words, pieces, thoughts = prompt_words(chat), len(answer_pieces(behaviour, chat)), 2 if behaviour.reasoning else 0
    return {
        "promptTokenCount": words,
        "candidatesTokenCount": pieces,
        "thoughtsTokenCount": thoughts,
        "cachedContentTokenCount": 1,
        "totalTokenCount": words + pieces + thoughts,
    }


def _chunk(
    request: Mapping[str, Any], parts: list[dict[str, Any]], *, finish: str | None, usage: dict[str, Any] | None
) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    body = {"candidates": [candidate], "modelVersion": request.get("model", "scripted-1"), "responseId": "scripted"}
    return {**body, "usageMetadata": usage} if usage else body


def _blocked(behaviour: Behaviour, request: Mapping[str, Any]) -> dict[str, Any]:
    """The only chunk of a response to a prompt that is refused."""
    body = _chunk(request, [], finish=None, usage={"promptTokenCount": prompt_words(as_chat(request))})
    del body["candidates"]
    return body if behaviour.block == "none" else {**body, "promptFeedback": {"blockReason": behaviour.block}}


def _ending(behaviour: Behaviour, request: Mapping[str, Any]) -> dict[str, Any]:
    usage = _usage(behaviour, request) if behaviour.usage else None
    return {"finish": FINISH.get(behaviour.finish, behaviour.finish), "usage": usage}


def _joined(parts: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """The parts with texts of the same kind in one."""
    joined: list[dict[str, Any]] = []
    for part in parts:
        same = joined and "text" in part and "text" in joined[-1] and joined[-1].keys() == part.keys()
        if same:
            joined[-1] = {**part, "text": joined[-1]["text"] + part["text"]}
        else:
            joined.append(part)
    return joined


def whole(behaviour: Behaviour, request: Mapping[str, Any]) -> dict[str, Any]:
    """The answer as one JSON body."""
    if behaviour.block:
        return _blocked(behaviour, request)
    return _chunk(request, _joined(_parts(behaviour, request)), **_ending(behaviour, request))


def chunks(behaviour: Behaviour, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The chunks of a complete stream, in order; the last one has the finish reason and the tokens, and no text."""
    if behaviour.block:
        yield _blocked(behaviour, request)
        return
    for part in _parts(behaviour, request):
        yield _chunk(request, [part], finish=None, usage=None)
    yield _chunk(request, [{"text": ""}], **_ending(behaviour, request))


def steps(behaviour: Behaviour, request: Mapping[str, Any], *, misbehave: bool = True) -> Iterator[Step]:
    """The steps of a streamed response; `misbehave` says whether `cut` still applies."""
    failed = event(error(500, "The scripted server fails in the stream.", behaviour.fail))
    return play(behaviour, map(event, chunks(behaviour, request)), failed=failed, garbage=GARBAGE, misbehave=misbehave)


def error(status: int, message: str, code: str = "") -> dict[str, Any]:
    """The body of an error response; also what a failing stream sends."""
    return {"error": {"code": status, "message": message, "status": code or STATUSES.get(status, "INTERNAL")}}


def retry_info(seconds: str) -> dict[str, Any]:
    """The detail of an error that says when to ask again; Gemini CLI reads no `Retry-After`."""
    return {"@type": f"{RPC}RetryInfo", "retryDelay": f"{seconds}s"}


def refusal(behaviour: Behaviour, message: str) -> dict[str, Any]:
    """The body of an error response; `Behaviour.code` is its status, or the reason or the quota in its details."""
    code = behaviour.code
    details: list[dict[str, Any]] = []
    if code.startswith("API_KEY_"):
        details.append({"@type": f"{RPC}ErrorInfo", "reason": code, "domain": "googleapis.com"})
    elif "Per" in code:
        details.append({"@type": f"{RPC}QuotaFailure", "violations": [{"quotaId": code}]})
    told = error(behaviour.error, message, "" if details else code)
    if behaviour.retry_after:
        details.append(retry_info(behaviour.retry_after))
    return {"error": {**told["error"], "details": details}} if details else told


def models(names: Sequence[str], path: str = "") -> dict[str, Any]:
    """The body of one page of the list of models; one whose name begins with `embedding` generates nothing.

    Args:
        names: all models.
        path: what was asked for; its query has the size of the page, and the token that the page before gave.
    """
    asked = parse_qs(path.partition("?")[2])
    size, start = int(asked.get("pageSize", ["50"])[0]), int(asked.get("pageToken", ["0"])[0])
    page = {"models": [_model(name) for name in names[start : start + size]]}
    return {**page, "nextPageToken": str(start + size)} if start + size < len(names) else page


def _model(name: str) -> dict[str, Any]:
    methods = ["embedContent"] if name.startswith("embedding") else ["generateContent", "countTokens"]
    limits = {"inputTokenLimit": 1_048_576, "outputTokenLimit": 65_536}
    return {"name": f"models/{name}", "displayName": name, "supportedGenerationMethods": methods, **limits}
