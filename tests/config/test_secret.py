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
        Secret(5)  # type: ignore[arg-type]


def test_every_api_key_in_tables_and_lists_is_sealed():
    sealed = seal({"a": {"api_key": CANARY}, "b": [{"api_key": CANARY, "other": "x"}], "api_key": 5})
    assert sealed["a"]["api_key"] == Secret(CANARY)
    assert sealed["b"][0] == {"api_key": Secret(CANARY), "other": "x"}
    assert sealed["api_key"] == 5
