"""Attacks 17, 51 and 54: JSON that is no text, texts that would be templates, and texts that would stop a program."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import claif
from claif._json import dumps, loads
from claif.cli.sanitize import one_line, sanitize
from claif.config import Secret
from claif.config.redact import Matcher, StreamRedactor, redact, redact_known
from claif.errors import InvalidQueryError, ProtocolError
from claif.testing import ServerProcess

MEGABYTE = 1_000_000
SECONDS = 4.0
"""Processor time that a megabyte may take: a guard against what grows faster than the text. `tox -e fuzz` measures."""


@pytest.mark.parametrize("text", ['{"a": "\\ud800"}', '["\\udfff\\ud800"]', '{"\\udc00": 1}'])
def test_attack_17_a_lone_surrogate_is_read_but_never_written(text: str) -> None:
    """JSON can say it, so a provider may; nothing that is stored or sent can have it."""
    with pytest.raises(InvalidQueryError, match="lone surrogate"):
        dumps(loads(text))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), {"a": [float("nan")]}])
def test_attack_17_what_is_no_number_is_never_written(value: object) -> None:
    with pytest.raises(InvalidQueryError):
        dumps(value)


@pytest.mark.parametrize("text", ["NaN", "-Infinity", '{"a": NaN}', "[Infinity]", b"\xef\xbb\xbf{}", b"\xff\xfe{\0}\0"])
def test_attack_17_what_is_no_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(ProtocolError, match="not valid JSON"):
        loads(text)


def test_attack_17_of_keys_that_come_twice_the_last_one_counts_for_everybody() -> None:
    """There is one parser: nothing is checked by one and used by another that sees the other value."""
    assert loads('{"role": "user", "role": "system"}') == {"role": "system"}
    assert dumps(loads('{"a": 1, "a": 2}')) == b'{"a":2}'


TEMPLATES = ["{settings.api_key}", "{0.__class__}", "{query!r:>99999999}", "%(key)s", "${KEY}", "{{name}}", "{", "%s%n"]


@pytest.mark.parametrize("text", TEMPLATES)
def test_attack_51_a_prompt_is_no_template(text: str, tmp_path: Path) -> None:
    """Prompt, system prompt, the model's answer and the server's error go through as they are."""
    environment = {
        "CLAIF_HOME": str(tmp_path / "home"),
        "PATH": "/usr/bin:/bin",
        "KEY": "sk-canary-4711-4711-4711",
        "CLAIF_DEFAULT_PROVIDER": "x",
        "CLAIF_PROVIDERS__X__TYPE": "openai",
        "CLAIF_PROVIDERS__X__API_KEY": "sk-canary-4711-4711-4711",
        "CLAIF_PROVIDERS__X__MODEL": "m",
    }

    def ask(url: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "claif", "-s", f"system {text}", f"prompt {text}"],
            env={**environment, "CLAIF_PROVIDERS__X__BASE_URL": url, "CLAIF_LOG_LEVEL": "trace"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )

    with ServerProcess() as server:
        good = ask(server.url(echo=True))
        asked = json.loads(server.stats()["requests"][-1]["body"])["messages"]
        bad = ask(server.url(error=400, message=f"wrong {text}"))
    assert good.stdout == f"prompt {text}\n"
    assert [message["content"] for message in asked] == [f"system {text}", f"prompt {text}"]
    assert bad.returncode != 0
    assert f"wrong {text}" in bad.stderr
    assert "canary" not in good.stdout + good.stderr + bad.stderr
    assert "Traceback" not in good.stderr + bad.stderr


KEYS = ("sk-canary-4711-4711-4711", "aaaaaaaaaaaaaaaaaaaaaaab", "abababababababababac", "e" * 500)


def redact_in_pieces(text: str) -> str:
    """As a stream is redacted that comes in small pieces."""
    stream = StreamRedactor(Matcher(KEYS))
    return "".join([stream.feed(text[start : start + 64]) for start in range(0, len(text), 64)]) + stream.end()


REGEXES: dict[str, Callable[[str], object]] = {
    "redact": redact,
    "redact_known": redact_known,
    "redact a stream": redact_in_pieces,
    "sanitize": sanitize,
    "one_line": one_line,
}
SEEDS = [
    "sk-",
    "sk-ant-",
    "eyJ",
    "eyJhbGciOi.",
    "eyJ.eyJ",
    "a.",
    "://",
    "://a:b",
    "https://user",
    "@",
    "Bearer ",
    "Bearer aaaaaaaa",
    "basic\t\t\t\t\t\t\t\t\t",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN A PRIVATE KEY-----\n-",
    "-----BEGIN AAAAAAAAAAAAAAAAAAAA",
    "-",
    "-----END ",
    "xox",
    "xoxb-",
    "AIza",
    "AKIA",
    "gh",
    "ghp_",
    "a",
    "ab",
    "aab",
    "e",
    " ",
    "\t",
    "\0",
    "\x1b",
    "\x1b[",
    "\x1b]",
    "\x1b]0;",
    "\x1b[1;",
    "\x1bP\x1b",
    "\x9b",
    "\x9d",
    "\r",
    "\n",
    "\u202e",
]


@pytest.fixture(autouse=True, scope="module")
def known_keys() -> list[Secret]:
    return [Secret(key) for key in KEYS]


def assert_quick(work: Callable[[str], object], text: str) -> None:
    needed = 1e9
    for _ in range(3):  # the best of three: others are at work on this machine
        began = time.process_time()
        work(text)
        needed = min(needed, time.process_time() - began)
        if needed <= SECONDS * len(text) / MEGABYTE:
            return
    assert needed <= SECONDS * len(text) / MEGABYTE, f"{needed:.2f} s for {len(text):,} characters of {text[:60]!r}"


@pytest.mark.parametrize("seed", SEEDS, ids=ascii)
@pytest.mark.parametrize("work", REGEXES.values(), ids=REGEXES)
def test_attack_54_what_a_pattern_likes_takes_no_more_than_a_second_a_megabyte(
    work: Callable[[str], object], seed: str
) -> None:
    assert_quick(work, seed * (MEGABYTE // 4 // len(seed)))


@settings(max_examples=20)
@given(st.lists(st.sampled_from(SEEDS), min_size=2, max_size=5), st.sampled_from(sorted(REGEXES)))
def test_attack_54_nor_does_any_mixture(seeds: list[str], name: str) -> None:
    seed = "".join(seeds)
    text = seed * (MEGABYTE // 10 // len(seed))
    assert_quick(REGEXES[name], text)


EXPLOSIVE = (
    "a",
    "0",
    " ",
    "-",
    ".",
    "/",
    ":",
    '"',
    "_",
    "\\",
    "a.",
    "a-",
    "0:",
    "@",
    "%41",
    "\r\n",
    "a,",
    "name=",
    "```",
    "(",
)


def patterns() -> Iterator[tuple[str, re.Pattern[str], list[str]]]:
    """Every regular expression that a module of Claif keeps, and the methods that the module calls."""
    for module in pkgutil.walk_packages(claif.__path__, "claif."):
        if module.name.startswith(("claif.testing", "claif.__main__")):
            continue
        loaded = importlib.import_module(module.name)
        for name, value in vars(loaded).items():
            if isinstance(value, re.Pattern):
                used = set(re.findall(rf"\b{name}\.(\w+)\(", inspect.getsource(loaded)))
                yield f"{module.name}.{name}", value, sorted(used & {"search", "match", "fullmatch", "sub", "split"})


def test_attack_54_no_pattern_of_the_project_explodes() -> None:
    """Each is tried, in the ways in which its module uses it, with what makes patterns explode."""
    tried = 0
    for name, pattern, methods in patterns():
        for seed in EXPLOSIVE:
            text = seed * (30_000 // len(seed)) + "\n!"
            data: Any = text if isinstance(pattern.pattern, str) else text.encode()
            for method in methods:
                began = time.process_time()
                call = getattr(pattern, method)
                call(data[:0], data) if method == "sub" else call(data)
                assert time.process_time() - began < 2.0, f"{name}.{method}: {pattern.pattern!r} on {seed!r}"
                tried += 1
    assert tried > 500
