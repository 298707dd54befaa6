"""Records of the standard library's `logging` go where all others go."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from claif.logs.standard import forward


@pytest.fixture
def taken() -> Iterator[list[tuple[str, int, str, Any]]]:
    """What was taken; the handlers of the root logger are as before afterwards."""
    root = logging.getLogger()
    handlers = list(root.handlers)
    found: list[tuple[str, int, str, Any]] = []
    forward(lambda *_record: None)
    forward(lambda *record: found.append(record))
    yield found
    root.handlers[:] = handlers


def test_a_record_is_handed_on_once_with_its_exception(taken: list[tuple[str, int, str, Any]]) -> None:
    error = ValueError("why")
    try:
        raise error
    except ValueError:
        logging.getLogger("a.package").exception("it %s", "failed")
    logging.getLogger("a.package").warning("and %d", 1)
    assert taken == [("a.package", logging.ERROR, "it failed", error), ("a.package", logging.WARNING, "and 1", None)]
