"""What is fuzzed: each target takes bytes of any kind and raises only what is a mistake of ours.

The first byte says how the rest is cut into pieces, so that a fuzzer can look for the places where a cut matters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import h11

from claif.cli.sanitize import Sanitizer, one_line, sanitize
from claif.config import ConfigLoader, ProviderSettings
from claif.config.limits import MAX_FILE_BYTES
from claif.config.redact import Matcher, StreamRedactor, redact
from claif.config.toml import parse_toml
from claif.errors import ClaifError, ProtocolError
from claif.processors.redact_pii import Redactor
from claif.protocols.chat_completions.decode import Decoder
from claif.protocols.failures import ErrorSource
from claif.protocols.generate_content.decode import Decoder as GeminiDecoder
from claif.protocols.generate_content.failures import GeminiSource
from claif.protocols.messages.decode import Decoder as MessagesDecoder
from claif.protocols.messages.failures import MessagesErrors
from claif.protocols.server import Decoder as AnyDecoder
from claif.transport.chunks import ChunkJoiner
from claif.transport.limits import Limits
from claif.transport.lines import LineParser
from claif.transport.sse import SSEParser

LIMITS = Limits(line=4096, event=4096)
SECRETS = ("sk-canary-4711-4711", 'p/ss "w+rd\\4711')
MATCHER = Matcher(SECRETS)


@dataclass(frozen=True)
class Target:
    """What is fuzzed, and with what it begins.

    Args:
        run: takes the bytes, and checks what comes out.
        work: what is fuzzed, without the checks; to take the time of.
        seeds: inputs that are in the way that the target knows.
        largest: bytes of the largest input that the target is ever given in real life.
    """

    run: Callable[[bytes], None]
    work: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    largest: int = 1_000_000


def pieces_of(data: bytes) -> list[bytes]:
    """The input without its first byte, cut into pieces as that says."""
    if not data:
        return []
    size, rest = data[0] or len(data), data[1:]
    return [rest[start : start + size] for start in range(0, len(rest), size)]


def fed(feed: Callable[[bytes], list[object]], close: Callable[[], object], pieces: Iterable[bytes]) -> list[object]:
    """All that a framer gave before it was done or refused to go on."""
    found: list[object] = []
    try:
        for piece in pieces:
            found += feed(piece)
        last = close()
    except ProtocolError as error:
        return [*found, str(error)]
    return found + last if isinstance(last, list) else found


def sse(data: bytes) -> None:
    """Server-sent events do not depend on where the stream is cut."""
    whole, parts = SSEParser(LIMITS), SSEParser(LIMITS)
    assert fed(whole.feed, whole.close, [data[1:]]) == fed(parts.feed, parts.close, pieces_of(data))


def lines(data: bytes) -> None:
    """Nor do lines."""
    whole, parts = LineParser(LIMITS), LineParser(LIMITS)
    assert fed(whole.feed, whole.close, [data[1:]]) == fed(parts.feed, parts.close, pieces_of(data))


def chunks(data: bytes) -> None:
    """To an HTTP parser, joined chunks are the body that they were."""
    pieces = pieces_of(data)
    joiner = ChunkJoiner()
    assert parsed([joiner.feed(piece) for piece in pieces]) == parsed(pieces)


def parsed(pieces: list[bytes]) -> tuple[bytes, str]:
    """What an HTTP parser makes of one response: its body, and how it ends."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("host", "h")]))
    connection.send(h11.EndOfMessage())
    body: list[bytes] = []
    try:
        for piece in [*filter(None, pieces), b""]:
            connection.receive_data(piece)
            while (event := connection.next_event()) is not h11.NEED_DATA:
                if isinstance(event, h11.Data):
                    body.append(bytes(event.data))
                elif isinstance(event, (h11.EndOfMessage, h11.ConnectionClosed)) or event is h11.PAUSED:
                    return b"".join(body), "end"
    except h11.RemoteProtocolError:
        return b"".join(body), "error"
    return b"".join(body), "open"


def chat(data: bytes) -> None:
    """Whatever a server of chat completions sends, there are events, or an error of ours."""
    decoded(data, Decoder(ErrorSource("fuzz")))


def messages(data: bytes) -> None:
    """The same of the Messages API."""
    decoded(data, MessagesDecoder(MessagesErrors("fuzz")))


def gemini(data: bytes) -> None:
    """The same of the Gemini API."""
    decoded(data, GeminiDecoder(GeminiSource("fuzz")))


def decoded(data: bytes, decoder: AnyDecoder) -> None:
    """Have a decoder make events of a stream, and show them."""
    parser = SSEParser(LIMITS)
    try:
        for piece in pieces_of(data):
            for _, text in parser.feed(piece):
                for event in decoder.feed(text):
                    repr(event)
        decoder.close()
    except ClaifError as error:
        error.to_dict()


def configuration(data: bytes) -> None:
    """A configuration is read, or refused with what is wrong."""
    if len(data) > MAX_FILE_BYTES:
        return  # the file is not even read
    try:
        table = parse_toml(data.decode(errors="replace"), "fuzz.toml")
        config = ConfigLoader.from_mapping(table).build()
        for name in config.providers:
            config.settings(name, ProviderSettings)
        repr(config.flat())
    except ClaifError as error:
        error.to_dict()


def sanitiser(data: bytes) -> None:
    """Nothing that drives a terminal comes out, and it does not matter where a text is cut."""
    text = data[1:].decode(errors="surrogateescape")
    shown = sanitize(text)
    assert not [char for char in shown if (char < " " and char not in "\t\n") or "\x7f" <= char <= "\x9f"]
    assert not [char for char in shown if "\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069"]
    assert sanitize(shown) == shown
    assert "\n" not in one_line(text)
    sanitizer, size = Sanitizer(), (data[0] if data else 0) or max(1, len(text))
    assert "".join([sanitizer.feed(text[start : start + size]) for start in range(0, len(text), size)]) == shown


def redactor(data: bytes) -> None:
    """No known secret comes out, wherever the text is cut."""
    text = data[1:].decode(errors="replace")
    stream, size = StreamRedactor(MATCHER), (data[0] if data else 0) or max(1, len(text))
    shown = "".join([stream.feed(text[start : start + size]) for start in range(0, len(text), size)]) + stream.end()
    for said in (shown, MATCHER.mask(text), redact(MATCHER.mask(text))):
        assert not [form for form in MATCHER.forms if form in said]


def personal_data(data: bytes) -> None:
    """It does not matter where a text is cut."""
    text = data[1:].decode(errors="replace")
    whole, parts, size = Redactor(), Redactor(), (data[0] if data else 0) or max(1, len(text))
    shown = whole.feed(text) + whole.end()
    pieces = [parts.feed(text[start : start + size]) for start in range(0, len(text), size)]
    assert "".join(pieces) + parts.end() == shown


CHUNKED = b"\x07HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ANSWER = b"""\x20data: {"id":"1","model":"m","choices":[{"index":0,"delta":{"content":"a"}}]}

data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{}"}}]}}]}

data: {"choices":[{"delta":{},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"cost":0.1}}

data: [DONE]

"""
GEMINI = b"""\x20data: {"candidates":[{"content":{"parts":[{"text":"a","thought":true}]}}],"responseId":"1"}

data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"S"}]}}]}

data: {"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"AAE="}}]}}]}

data: {"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"thoughtsTokenCount":2}}

"""


def streamed(*events: str) -> bytes:
    """A seed that is a stream of these events."""
    return b"\0" + "".join([f"data: {event}\n\n" for event in events]).encode()


MESSAGES = (
    streamed(
        '{"type":"message_start","message":{"model":"m","usage":{"input_tokens":1}}}',
        '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}}',
        '{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}',
        '{"type":"message_stop"}',
    ),
    streamed('{"type":"content_block_delta","index":1,"delta":{"type":"signature_delta","signature":"x"}}'),
    streamed(
        '{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","name":"f"}}',
        '{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{}"}}',
        '{"type":"content_block_stop","index":2}',
    ),
    streamed('{"type":"error","error":{"type":"overloaded_error","message":"x"}}'),
)

TARGETS = {
    "sse": Target(
        sse,
        lambda data: fed((parser := SSEParser(LIMITS)).feed, parser.close, [data]),
        (
            b"\x05data: one\n\nevent: x\ndata: two\ndata\n\n: no\r\n\r\ndata:three\r\rid: 1\n",
            b"\x00\xef\xbb\xbfdata: \xc3\xa9\n\n",
            b"\x01data: \xff\n\ndata: [DONE]\n\n",
        ),
    ),
    "lines": Target(
        lines,
        lambda data: fed((parser := LineParser(LIMITS)).feed, parser.close, [data]),
        (b'\x05{"a": 1}\n\n{"b": 2}\r\n \n{"c": "\xc3\xa9"}', b"\x00\xff\n", b"\x03\r\r\n"),
    ),
    "chunks": Target(
        chunks,
        lambda data: ChunkJoiner().feed(data),
        (
            CHUNKED + b"3\r\nabc\r\n5\r\nhello\r\n0\r\n\r\n",
            CHUNKED + b"00a;x=1\r\n0123456789\r\n1\r\n!\r\n0\r\nTrailer: x\r\n\r\n",
            b"\x00HTTP/1.1 100 Continue\r\n\r\n" + CHUNKED[1:] + b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n",
            b"\x00HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        ),
    ),
    "chat completions": Target(
        chat,
        lambda data: chat(b"\0" + data),
        (
            ANSWER,
            b'\x00data: {"error":{"message":"m","code":429,"type":"t"}}\n\n',
            b'\0data: {"choices":[{"delta":{"reasoning":"r","content":[{"thinking":[{"text":"t"}],"text":"u"}]}}]}\n\n',
        ),
    ),
    "Gemini API": Target(
        gemini,
        lambda data: gemini(b"\0" + data),
        (
            GEMINI,
            b'\x00data: {"promptFeedback":{"blockReason":"SAFETY"}}\n\n',
            b'\x00data: {"error":{"code":429,"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo"}]}}\n\n',
        ),
    ),
    "messages": Target(messages, lambda data: messages(b"\0" + data), MESSAGES),
    "configuration": Target(
        configuration,
        configuration,
        (
            b'[general]\ndefault_provider = "a"\ntimeout = 5\n[providers.a]\ntype = "openai"\napi_key = "k"\n',
            b'providers."a b".options = {x = [1, 2.5, true], "\\u00e9" = """a\n"""}\n[processors]\nenable = ["t"]\n',
            b"[[a]]\nb = 1979-05-27T07:32:00Z\nc = 0xff\nd = 'x'\n# end",
        ),
        largest=MAX_FILE_BYTES,
    ),
    "terminal sanitiser": Target(
        sanitiser,
        lambda data: sanitize(data.decode(errors="surrogateescape")),
        (
            b"\x03a\x1b[31mb\x1b]0;title\x07c\r\nd\x1bP+q\x1b\\e",
            "\x01x\x9b2J\x9d0;t\x9c\u202ey\u2066\u2069\U000e0041z\rq".encode(),
        ),
    ),
    "redactor": Target(
        redactor,
        lambda data: redact(MATCHER.mask(data.decode(errors="replace"))),
        (
            b"\x04the key sk-canary-4711-4711 and sk-ant-0123456789012345678901234 end",
            b"\x07Authorization: Bearer abcdefgh12345678 https://me:secret@host/ eyJhbGci.eyJzdWIi.c2lnbmF0dXJl",
            b"\x00-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\n p%2Fss+%22w%2Brd",
        ),
    ),
    "personal data": Target(
        personal_data,
        lambda data: Redactor().feed(data.decode(errors="replace")),
        (
            b"\x05jane.doe+a@mail.example.com 4111 1111 1111 1111 12 DE89 3704 0044 0532 0130 00",
            "\x0a+49 (0) 170 1234567, 212-555-0123, 123-45-6789, 8.8.8.8 \u00e9 2001:db8::1".encode(),
            b"\x00DE25 DE25 ab12 _0_1 x@a.b. :190::f0 ::fff. 127.0.0.1",
        ),
    ),
}
