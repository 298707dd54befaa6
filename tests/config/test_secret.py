"""A secret comes out through `reveal()` and through nothing else."""

from __future__ import annotations

import copy
import io
import json
import pickle
import traceback

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.config import ProviderSettings, Secret
from claif.config import secret as secret_module
from claif.config.secret import MASK, seal

CANARY = "sk-canary-4f9a1c"


def test_it_gives_its_text_to_who_asks_for_it():
    assert Secret(CANARY).reveal() == CANARY


@pytest.mark.parametrize(
    "sink",
    [
        repr,
        str,
        format,
        lambda secret: f"{secret}",
        lambda secret: f"{secret!r:>40}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 - this is one of the ways
        "{0} {0!r} {0:>30}".format,
        ascii,
        lambda secret: str([secret, {"key": secret}]),
        lambda secret: str(dir(secret)),
        lambda secret: str(attrs.asdict(ProviderSettings(api_key=secret))),
        lambda secret: repr(ProviderSettings(api_key=secret)),
        lambda secret: str(attrs.astuple(ProviderSettings(api_key=secret))),
    ],
)
def test_it_is_masked_wherever_it_becomes_text(sink):
    text = sink(Secret(CANARY))
    assert "canary" not in text


def test_the_mask_does_not_tell_its_length():
    assert str(Secret("a")) == str(Secret("a" * 500)) == MASK


@pytest.mark.parametrize(
    "sink",
    [
        pickle.dumps,
        copy.copy,
        copy.deepcopy,
        json.dumps,
        lambda secret: json.dumps({"key": secret}),
        lambda secret: pickle.dumps(ProviderSettings(api_key=secret)),
        lambda secret: copy.deepcopy(ProviderSettings(api_key=secret)),
        lambda secret: str.join("", ["Bearer ", secret]),
        lambda secret: "Bearer " + secret,
        list,
        len,
        bytes,
        vars,
    ],
)
def test_it_refuses_to_be_copied_or_serialized(sink):
    with pytest.raises(TypeError) as caught:
        sink(Secret(CANARY))
    assert "canary" not in str(caught.value)


def test_the_strict_converter_refuses_to_write_it():
    from claif.config.explain import strict_converter

    with pytest.raises(TypeError, match="secret"):
        strict_converter().unstructure(ProviderSettings(api_key=Secret(CANARY)))


def test_loguru_writes_neither_it_nor_the_locals_of_a_traceback():
    from loguru import logger

    stream = io.StringIO()
    sink = logger.add(stream, level=0, diagnose=False, backtrace=False, serialize=False)
    try:
        secret = Secret(CANARY)
        logger.info("the key is {} and {key}", secret, key=secret)
        try:
            int(f"no number: {secret}")
        except ValueError:
            logger.exception("failed")
    finally:
        logger.remove(sink)
    assert "failed" in stream.getvalue()
    assert "canary" not in stream.getvalue()


def test_a_traceback_with_locals_does_not_show_it():
    secret = Secret(CANARY)
    try:
        _ = 1 / 0, secret
    except ZeroDivisionError as error:
        text = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "secret = " in text
    assert "canary" not in text


@given(st.text(), st.text())
def test_secrets_are_equal_when_their_texts_are(one, other):
    assert (Secret(one) == Secret(other)) is (one == other)
    assert hash(Secret(one)) == hash(Secret(one))
    assert bool(Secret(one)) is bool(one)
    assert Secret(one) != one
    assert Secret(Secret(one)) == Secret(one)


def test_it_takes_texts_only():
    with pytest.raises(TypeError, match="must be a string"):
        Secret(5)


def test_every_api_key_in_tables_and_lists_is_sealed():
    sealed = seal({"a": {"api_key": CANARY}, "b": [{"api_key": CANARY, "other": "x"}], "api_key": 5})
    assert sealed["a"]["api_key"] == Secret(CANARY)
    assert sealed["b"][0] == {"api_key": Secret(CANARY), "other": "x"}
    assert sealed["api_key"] == 5


def test_a_later_secret_is_fetched_once_and_when_it_is_needed():
    calls = []

    def fetch(alive):
        alive()
        calls.append(1)
        return CANARY

    secret = Secret.later(fetch)
    copies = [Secret(secret), ProviderSettings(api_key=secret).api_key]
    assert secret.pending
    assert secret
    assert secret == copies[0] != Secret(CANARY)
    assert hash(secret) == hash(copies[0])
    assert "canary" not in f"{secret!r}{secret}"
    assert not calls
    secret.fetch()
    assert [copy.reveal() for copy in copies] == [CANARY, CANARY]
    assert not copies[0].pending
    assert secret == copies[0] != Secret(CANARY)
    assert calls == [1]


def test_a_fetch_that_fails_is_tried_again():
    answers = [OSError("no"), CANARY]

    def fetch(_alive):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    secret = Secret.later(fetch)
    with pytest.raises(OSError, match="no"):
        secret.reveal()
    assert secret.pending
    assert secret.reveal() == CANARY


def test_fetching_a_secret_that_is_there_does_nothing():
    secret = Secret(CANARY)
    secret.fetch(lambda: pytest.fail("nothing is to be waited for"))
    assert secret.reveal() == CANARY


def test_what_is_known_are_the_secrets_that_live(monkeypatch):
    monkeypatch.setattr(secret_module, "_remembered", None)
    mine = Secret("known-123")
    quiet = Secret("quiet-123", known=False)
    late = Secret.later(lambda _: "later-123")
    assert "known-123" in secret_module.known_texts()
    assert "quiet-123" not in secret_module.known_texts()
    assert "later-123" not in secret_module.known_texts()
    late.fetch()
    assert "later-123" in secret_module.known_texts()
    del mine, late
    assert not {"known-123", "later-123"} & secret_module.known_texts()
    assert quiet


def test_a_program_remembers_every_secret(monkeypatch):
    monkeypatch.setattr(secret_module, "_remembered", None)
    before = Secret("before-123")
    secret_module.remember_secrets()
    after = Secret("after-1234")
    secret_module.remember_secrets()
    del before, after
    assert {"before-123", "after-1234"} <= secret_module.known_texts()


def test_variables_of_the_environment_are_no_secrets_but_for_keys():
    from claif.config.environment import find_variables

    found = find_variables({"CLAIF_DEFAULT_PROVIDER": "scripted", "CLAIF_PROVIDERS__A__API_KEY": "key-12345678"})
    assert len(found) == 2
    assert "scripted" not in secret_module.known_texts()
    assert "key-12345678" in secret_module.known_texts()
