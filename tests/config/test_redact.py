"""The redactor masks every known secret in every form, whatever looks like a key, and nothing else, in linear time."""

from __future__ import annotations

import gc
import json
import re
import time
from base64 import b64encode, urlsafe_b64encode
from itertools import pairwise
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from claif.config.redact import (
    SHORTEST,
    Matcher,
    StreamRedactor,
    matcher,
    redact,
    redact_error,
    redact_known,
)
from claif.config.secret import MASK, Secret
from claif.errors import ConnectionError, InvalidConfigError
from claif.models import Finished, Message, Notice, ToolUse, ToolUseBlock, UnknownEvent

CANARY = 'sk-canary-T0p"S3cret/+=välue-4711'
SECRETS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=SHORTEST, max_size=40)


def feed(texts: list[str], chunks: list[str]) -> str:
    stream = StreamRedactor(Matcher(texts))
    return "".join([*map(stream.feed, chunks), stream.end()])


def pieces(text: str, cuts: list[int]) -> list[str]:
    places = sorted({0, len(text), *[cut % (len(text) + 1) for cut in cuts]})
    return [text[start:end] for start, end in pairwise(places)]


FORMS = {
    "itself": lambda text: text,
    "quoted": lambda text: quote(text, safe=""),
    "quoted in lower case": lambda text: re.sub("%..", lambda found: found.group().lower(), quote(text, safe="")),
    "quoted as a path": quote,
    "quoted as a form": quote_plus,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON with unicode": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON with slashes escaped": lambda text: json.dumps(text)[1:-1].replace("/", r"\/"),
    "base64": lambda text: b64encode(text.encode()).decode(),
    "base64 before something": lambda text: b64encode(text.encode() + b"zz").decode(),
    "base64 after one byte": lambda text: b64encode(b"x" + text.encode()).decode(),
    "base64 after two bytes": lambda text: b64encode(b"xy" + text.encode()).decode(),
    "base64 for URLs": lambda text: urlsafe_b64encode(text.encode()).decode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_masked_in_every_form(form: str) -> None:
    written = FORMS[form](CANARY)
    secret = Secret(CANARY)
    assert secret
    shown = redact(f"<{written}>{written}")
    assert shown.count(MASK) == 2
    # Up to four characters of base64 at each end are made of other bytes too.
    assert len(shown.replace(MASK, "")) <= 2 + 2 * 8
    if "base64" not in form:
        assert shown == f"<{MASK}>{MASK}"


def test_basic_authorization_with_the_secret_as_password_is_masked() -> None:
    secret = Secret(CANARY)
    encoded = b64encode(f"user:{secret.reveal()}".encode()).decode()
    assert encoded[8:-4] not in redact(f"x {encoded} y")


@given(SECRETS, st.text(max_size=60), st.text(max_size=60))
def test_a_secret_is_found_wherever_it_stands(text: str, before: str, after: str) -> None:
    found = Matcher([text])
    assert text not in found.mask(before + text + after).replace(MASK, "\0")


@given(SECRETS, st.text(max_size=200))
def test_a_text_without_the_secret_stays_as_it_is(secret: str, text: str) -> None:
    found = Matcher([secret])
    if not any(form in text for form in found.forms):
        assert found.mask(text) is text


@given(SECRETS, st.text(max_size=50), st.text(max_size=50), st.lists(st.integers(0, 500), max_size=20))
@example("abababab", "ab", "ab", list(range(30)))
@example("aaaaaaaa", "aaaa", "aaa", list(range(30)))
def test_how_a_stream_is_cut_makes_no_difference(text: str, before: str, after: str, cuts: list[int]) -> None:
    whole = before + text + after
    shown = feed([text], pieces(whole, cuts))
    assert text not in shown.replace(MASK, "\0")
    assert MASK in shown
    if whole.count(text) == 1:
        start = whole.index(text)
        assert shown.startswith(whole[:start])


@given(SECRETS, st.text(max_size=100), st.lists(st.integers(0, 500), max_size=20))
def test_a_stream_without_the_secret_comes_out_as_it_went_in(secret: str, text: str, cuts: list[int]) -> None:
    found = Matcher([secret])
    whole = text + "."
    if not any(form in whole for form in found.forms) and found.unfinished(whole) == len(whole):
        assert feed([secret], pieces(whole, cuts)) == whole


@given(st.lists(SECRETS, min_size=1, max_size=4), st.data())
def test_a_stream_never_holds_back_more_than_it_must(secrets: list[str], data: st.DataObject) -> None:
    found = Matcher(secrets)
    stream = StreamRedactor(found)
    taken = given_out = 0
    for _ in range(20):
        chunk = data.draw(st.sampled_from(secrets)) + data.draw(st.text(max_size=3))
        chunk = chunk[: data.draw(st.integers(0, len(chunk)))]
        taken += len(chunk)
        given_out += len(stream.feed(chunk))
        assert len(stream._held) <= 2 * found.longest
    assert taken or not given_out


def test_most_of_a_secret_at_the_end_of_a_text_is_masked_too() -> None:
    assert feed([CANARY], ["the key is " + CANARY[:-3]]) == "the key is " + MASK
    assert feed([CANARY], ["ends in sk"]) == "ends in sk"
    # The whole of one secret, which ends with the beginning of another.
    assert feed(["abcdefgh-1234", "1234-ijklmnop"], ["<abcdefgh-", "1234"]) == f"<{MASK}"


def test_overlapping_secrets_are_masked_together() -> None:
    one, other = "abcdefgh-1234", "1234-ijklmnop"
    assert Matcher([one, other]).mask("<abcdefgh-1234-ijklmnop>") == f"<{MASK}>"
    for cut in range(1, 23):
        text = "<abcdefgh-1234-ijklmnop>"
        assert "ijkl" not in feed([one, other], [text[:cut], text[cut:]])


def test_a_long_secret_is_masked_as_a_whole() -> None:
    long = "".join([f"{number:06x}" for number in range(700)])
    shown = Matcher([long]).mask(f"a {long} b")
    assert set(shown) == set(f"a {MASK} b")
    assert Matcher([long]).longest == 512


@pytest.mark.parametrize("text", ["short", "1234567", ""])
def test_short_secrets_are_left_alone(text: str) -> None:
    secret = Secret(text)
    assert redact(f"a {secret.reveal()} b") == f"a {text} b"


def test_a_secret_that_nobody_holds_is_forgotten() -> None:
    text = "unlike-any-0ther-secret"
    secret = Secret(text)
    assert redact(text) == MASK
    assert matcher().forms
    del secret
    gc.collect()
    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sk-ant-api03-" + "a1" * 20, MASK),
        ("key sk-proj-" + "a1" * 20 + ".", f"key {MASK}."),
        ("sk-" + "A" * 48, MASK),
        ("AIza" + "x" * 35, MASK),
        ("ghp_" + "a" * 36, MASK),
        ("github_pat_" + "a" * 40, MASK),
        ("AKIAABCDEFGHIJKLMNOP", MASK),
        ("xoxb-123456789012-abc", MASK),
        ("Authorization: Bearer abc.def-123", f"Authorization: Bearer {MASK}"),
        ("https://user:pw@host/path", f"https://{MASK}@host/path"),
        ("postgres://u:p%40ss@db:5432", f"postgres://{MASK}@db:5432"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.SflKxwRJSMeKKF2QT4", MASK),
        ("eyJhbGciOi.eyJ9.c2lnbg", MASK),
        ("Basic dXNlcjpwYXNzd29yZGFi", f"Basic {MASK}"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMII-E\n-----END RSA PRIVATE KEY----- ok", f"{MASK} ok"),
        ("-----BEGIN PRIVATE KEY-----\nMII", MASK),
    ],
)
def test_what_looks_like_a_key_is_masked(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Missing bearer authentication in header",
        "a risk-management-framework-for-everybody",
        "eyJust a word",
        "eyJust.three.words",
        "eyJust-a-long-word-with-many-dashes-and-no-dots",
        "see https://example.com/a@b and mail@example.com",
        "task-sk-x",
        "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----",
        "export OPENAI_API_KEY=…",
    ],
)
def test_what_only_reminds_of_a_key_stays(text: str) -> None:
    assert redact(text) == text


@given(st.text())
def test_redacting_never_fails_and_is_done_once(text: str) -> None:
    assert redact(redact(text)) == redact(text)


def test_data_is_redacted_in_every_place_and_otherwise_the_same() -> None:
    secret = Secret(CANARY)
    dirty = f"x{secret.reveal()}y"
    clean = f"x{MASK}y"
    assert redact_known({"a": [dirty, 1, None], dirty: (dirty,)}) == {"a": [clean, 1, None], clean: (clean,)}
    assert redact_known(Notice("kind", dirty, {"a": dirty})) == Notice("kind", clean, {"a": clean})
    assert redact_known(UnknownEvent({"a": dirty})) == UnknownEvent({"a": clean})
    assert redact_known(ToolUse(ToolUseBlock("1", "t", {"k": dirty}))) == ToolUse(ToolUseBlock("1", "t", {"k": clean}))
    assert redact_known(Message.assistant(dirty)) == Message.assistant(clean)
    for same in (Finished(), Notice("a", "b"), {"a": [1, "b"]}, 5, None):
        assert redact_known(same) is same


def test_an_error_and_what_led_to_it_are_redacted() -> None:
    secret = Secret(CANARY)
    cause = ValueError(f"no {secret.reveal()}", 5)
    first = OSError(f"at {CANARY}")
    first.__cause__ = ValueError(f"by {CANARY}")
    group = ExceptionGroup("many", [OSError(f"or {CANARY}"), first])
    error = ConnectionError(f"with {CANARY}", hint=f"try {CANARY}", code=CANARY, request_id=CANARY)
    error.__cause__, cause.__context__ = cause, group
    error.__context__ = error
    redact_error(error)
    assert (str(error), error.args, error.hint, error.code) == (f"with {MASK}", (f"with {MASK}",), f"try {MASK}", MASK)
    assert cause.args == (f"no {MASK}", 5)
    assert [str(part) for part in group.exceptions] == [f"or {MASK}", f"at {MASK}"]
    assert str(first.__cause__) == f"by {MASK}"
    redact_error(InvalidConfigError("x", problems=("y",)))


HOSTILE = (
    "eyJ" * 350_000,
    "eyJ-" * 250_000,
    "eyJa." * 200_000,
    "sk-" * 350_000,
    "://" * 350_000,
    "://a" * 250_000,
    "Bearer " * 150_000,
    "bearer\t\t\t\t\t\t\t\t" * 70_000,
    "-----BEGIN PRIVATE KEY-----" * 40_000,
    "-----BEGIN " * 90_000,
    "A" * 1_000_000,
    "AKIA" * 250_000,
    "ghp_" * 250_000,
    "xoxb-" * 200_000,
    "AIza" * 250_000,
    CANARY[:-1] * 30_000,
    "github_pat_" * 90_000,
    "-" * 1_000_000,
    "a@" * 500_000,
)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
def test_attack_54_a_megabyte_of_anything_is_redacted_within_a_second(text: str) -> None:
    secret = Secret(CANARY)
    found = matcher()
    began = time.process_time()
    redact(text)
    assert time.process_time() - began < 4
    stream = StreamRedactor(found)
    began = time.process_time()
    for start in range(0, len(text), 64):
        stream.feed(text[start : start + 64])
    assert time.process_time() - began < 4
    assert secret
