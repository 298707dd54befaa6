"""Hypothesis strategies for everything that travels through Claif."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from ..models import (
    Attempt,
    ContentBlock,
    Decision,
    Diff,
    Event,
    FileBlock,
    FileChange,
    Finished,
    ImageBlock,
    Message,
    Notice,
    Options,
    PermissionDecided,
    PermissionMode,
    PermissionRequest,
    Plan,
    PlanStep,
    Query,
    Reply,
    Role,
    Started,
    TextBlock,
    TextDelta,
    TextReset,
    ThinkingBlock,
    ThinkingDelta,
    Timings,
    Tool,
    ToolResult,
    ToolResultBlock,
    ToolUse,
    ToolUseBlock,
    UnknownBlock,
    UnknownEvent,
    Usage,
    UsageReport,
)

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

AWKWARD = (
    "\U0001f469\u200d\U0001f469\u200d\U0001f467",  # a family: one glyph, three characters and two joiners
    "e\u0301",  # a combining accent
    "\u202e\u05e9\u05dc\u05d5\u05dd\u202c",  # right to left, with overrides
    "\u0645\u0631\u062d\u0628\u0627",
    "\U0001d518",  # outside the basic plane
    "\u65e5\u672c\u8a9e",
    "\r\n",
    "\u2028",  # line separators that are none in SSE
    "\x85",
    "data: [DONE]",
)
"""Texts that break careless framing, decoding and rendering."""

BIG = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly."""


def texts(min_size: int = 0) -> SearchStrategy[str]:
    """Valid Unicode text without NUL, often awkward."""
    plain = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=min_size)
    return plain | st.lists(st.sampled_from(AWKWARD), min_size=max(1, min_size), max_size=4).map("".join)


def words() -> SearchStrategy[str]:
    """Short names as they stand for tools, models and ids."""
    return st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,11}", fullmatch=True)


def json_scalars() -> SearchStrategy[Any]:
    """JSON values that contain no other ones."""
    numbers = st.integers(-BIG, BIG) | st.floats(allow_nan=False, allow_infinity=False)
    return st.none() | st.booleans() | numbers | texts()


def json_values(max_leaves: int = 8) -> SearchStrategy[Any]:
    """Any JSON value."""
    return st.recursive(
        json_scalars(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(), inner, max_size=3),
        max_leaves=max_leaves,
    )


def json_objects(max_size: int = 3) -> SearchStrategy[dict[str, Any]]:
    """Any JSON object."""
    return st.dictionaries(texts(), json_values(), max_size=max_size)


def chunked_bytes(data: bytes) -> SearchStrategy[list[bytes]]:
    """The data cut into pieces at any places; empty pieces too."""
    cuts = st.lists(st.integers(0, len(data)), max_size=8).map(sorted)
    return cuts.map(lambda at: [data[a:b] for a, b in zip([0, *at], [*at, len(data)], strict=True)])


def images() -> SearchStrategy[ImageBlock]:
    """Images by their bytes and by URL."""
    mime = st.sampled_from(["image/png", "image/jpeg", "image/webp", "image/gif"])
    by_url = words().map(lambda name: ImageBlock(url=f"https://images.example/{name}.png", mime_type="image/png"))
    return st.builds(ImageBlock, data=st.binary(min_size=1, max_size=64), mime_type=mime) | by_url


def files() -> SearchStrategy[FileBlock]:
    """Files by their bytes."""
    name = words().map(lambda word: f"{word}.pdf")
    return st.builds(
        FileBlock, data=st.binary(min_size=1, max_size=64), mime_type=st.just("application/pdf"), name=st.none() | name
    )


def tool_uses() -> SearchStrategy[ToolUseBlock]:
    """Calls of tools."""
    return st.builds(ToolUseBlock, id=words(), tool_name=words(), parameters=json_objects())


def tool_results() -> SearchStrategy[ToolResultBlock]:
    """Answers of tools."""
    return st.builds(ToolResultBlock, tool_use_id=words(), content=texts(), is_error=st.booleans())


def unknown_blocks() -> SearchStrategy[UnknownBlock]:
    """Blocks that this version does not know."""
    return json_objects().map(lambda raw: UnknownBlock({**raw, "type": "from_the_future"}))


def text_blocks() -> SearchStrategy[TextBlock]:
    """Text."""
    return texts().map(TextBlock)


def thinking_blocks() -> SearchStrategy[ThinkingBlock]:
    """Thoughts, signed or not."""
    return st.builds(ThinkingBlock, text=texts(), signature=st.none() | words())


def blocks() -> SearchStrategy[ContentBlock]:
    """Any content block."""
    return st.one_of(text_blocks(), thinking_blocks(), images(), files(), tool_uses(), tool_results(), unknown_blocks())


def messages() -> SearchStrategy[Message]:
    """Any message, also such as make no sense."""
    return st.builds(
        Message, role=st.sampled_from(Role), content=st.lists(blocks(), max_size=4), metadata=json_objects(2)
    )


def _said(block: SearchStrategy[Any]) -> SearchStrategy[list[Any]]:
    return st.tuples(texts(min_size=1).map(lambda text: TextBlock(f"·{text}")), st.lists(block, max_size=2)).map(
        lambda parts: [parts[0], *parts[1]]
    )


def conversations() -> SearchStrategy[tuple[Message, ...]]:
    """Messages that a provider can be sent: every block stands where its role allows it; the last one asks."""
    user = _said(text_blocks() | images() | files()).map(Message.user)
    assistant = _said(text_blocks() | thinking_blocks() | tool_uses()).map(Message.assistant)
    tool = st.lists(tool_results(), min_size=1, max_size=2).map(lambda content: Message(Role.TOOL, content))
    system = texts(min_size=1).map(Message.system)
    before = st.lists(user | assistant | tool | system, max_size=4)
    return st.tuples(before, user).map(lambda parts: (*parts[0], parts[1]))


def usages() -> SearchStrategy[Usage]:
    """Counts of tokens, known or not."""
    count = st.none() | st.integers(0, BIG)
    cost = st.none() | st.floats(0, 1e6)
    return st.builds(Usage, count, count, count, count, cost)


def options() -> SearchStrategy[Options]:
    """Options within what every provider allows."""
    return st.builds(
        Options,
        temperature=st.none() | st.floats(0, 2),
        top_p=st.none() | st.floats(0, 1),
        max_tokens=st.none() | st.integers(1, 100_000),
        stop=st.lists(texts(min_size=1), max_size=4),
        seed=st.none() | st.integers(0, 2**31 - 1),
        timeout=st.none() | st.floats(0.1, 1000),
        extra=st.dictionaries(words().map(lambda word: f"x_{word}"), json_values(), max_size=2),
    )


def tools() -> SearchStrategy[Tool]:
    """Functions that a model may call."""
    return st.builds(Tool, name=words(), description=texts(), parameters=json_objects())


def conversation_ids() -> SearchStrategy[str]:
    """Ids of conversations, as agents give them."""
    return st.uuids().map(str) | words()


def permission_requests() -> SearchStrategy[PermissionRequest]:
    """What an agent may ask for, hostile texts among it."""
    kinds = st.sampled_from(["command", "edit", "read", "network", "tool", "other"])
    return st.builds(
        PermissionRequest,
        id=words(),
        tool_name=words(),
        kind=kinds | words(),
        subject=texts(),
        detail=texts(),
        diff=texts(),
        directory=st.just("") | words().map("/project/{}".format),
        provider=words(),
        conversation=st.none() | conversation_ids(),
    )


def decisions() -> SearchStrategy[Decision]:
    """Answers to what an agent asks for."""
    by = st.sampled_from(["mode", "user", "always", "nobody"]) | words()
    return st.builds(Decision, allowed=st.booleans(), by=by, always=st.booleans(), reason=texts())


def queries() -> SearchStrategy[Query]:
    """Queries that a provider with all capabilities can answer."""
    return st.builds(
        Query,
        messages=conversations(),
        provider=st.none() | words(),
        model=st.none() | words(),
        options=options(),
        stream=st.booleans(),
        tools=st.lists(tools(), max_size=2),
        schema=st.none() | json_objects(),
        conversation=st.none() | conversation_ids(),
        permission=st.none() | st.sampled_from(PermissionMode),
        directory=st.none() | words().map("/project/{}".format),
        add_dirs=st.lists(words().map("/more/{}".format), max_size=2),
        worktree=st.booleans(),
        sandbox=st.none() | st.sampled_from(["auto", "require", "off"]),
        metadata=json_objects(2),
    )


def notices() -> SearchStrategy[Notice]:
    """Notices."""
    return st.builds(Notice, kind=words(), text=texts(), data=json_objects(2))


def activities() -> SearchStrategy[Event]:
    """Events of what is done with tools."""
    steps = st.builds(PlanStep, texts(), st.sampled_from(["pending", "in_progress", "completed"]) | words())
    change = st.sampled_from(["add", "update", "delete", "move"])
    return st.one_of(
        st.builds(ToolUse, tool_uses()),
        st.builds(ToolResult, tool_results()),
        st.builds(FileChange, path=texts(), kind=change | words(), diff=texts()),
        st.builds(Plan, st.lists(steps, max_size=4)),
        st.builds(PermissionDecided, permission_requests(), decisions()),
    )


def events() -> SearchStrategy[Event]:
    """Any event."""
    reason = st.sampled_from(["stop", "length", "tool_use", "content_filter"])
    return st.one_of(
        st.builds(
            Started,
            provider=words(),
            model=st.none() | words(),
            id=st.none() | words(),
            conversation=st.none() | conversation_ids(),
            sandbox=st.none() | st.sampled_from(["bubblewrap", "landlock", "group", "environment"]),
        ),
        st.builds(TextDelta, texts()),
        st.builds(ThinkingDelta, texts()),
        st.builds(TextReset, texts()),
        activities(),
        st.builds(Diff, texts()),
        notices(),
        st.builds(UsageReport, usages()),
        messages(),
        st.builds(Finished, reason | words()),
        json_objects().map(lambda raw: UnknownEvent({**raw, "type": "from_the_future"})),
    )


def attempts() -> SearchStrategy[Attempt]:
    """Times that a provider was asked."""
    kinds = st.none() | st.sampled_from(["RateLimitError", "TimeoutError", "Cancelled"])
    return st.builds(Attempt, words(), st.none() | words(), st.floats(0, 1e6), kinds, st.none() | texts())


def replies() -> SearchStrategy[Reply]:
    """Any reply."""
    seconds = st.none() | st.floats(0, 1e6)
    return st.builds(
        Reply,
        messages=st.lists(messages(), max_size=2).map(tuple),
        provider=st.none() | words(),
        model=st.none() | words(),
        id=st.none() | words(),
        query_id=st.none() | words(),
        conversation=st.none() | conversation_ids(),
        sandbox=st.none() | st.sampled_from(["bubblewrap", "landlock", "group", "environment"]),
        finish_reason=st.none() | words(),
        usage=usages(),
        timings=st.builds(Timings, seconds, seconds),
        attempts=st.lists(attempts(), max_size=3).map(tuple),
        activity=st.lists(activities(), max_size=2).map(tuple),
        diff=st.none() | texts(),
        notices=st.lists(notices(), max_size=2).map(tuple),
        metadata=json_objects(2),
    )
