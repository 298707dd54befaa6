"""Groups of one error become that error; a consumer's error is nobody's provider failure."""

from __future__ import annotations

import pytest
import trio

from claif.errors import RateLimitError
from claif.pipeline.failures import Downstream, leaves, single, unwrapped


def test_a_group_with_one_real_error_is_that_error() -> None:
    error = RateLimitError("slow")
    assert single(ExceptionGroup("g", [ExceptionGroup("h", [error])])) is error


def test_a_group_with_several_real_errors_stays_a_group() -> None:
    group = ExceptionGroup("g", [ValueError(), KeyError()])
    assert single(group) is group
    assert len(leaves(group)) == 2


def test_the_consumers_error_comes_before_all_others() -> None:
    downstream = Downstream(ValueError("mine"))
    assert single(BaseExceptionGroup("g", [KeyError(), downstream])) is downstream


async def test_an_error_in_a_nursery_comes_out_alone_and_keeps_its_cause() -> None:
    cause = KeyError("why")

    async def fail() -> None:
        raise RateLimitError("slow") from cause

    with pytest.raises(RateLimitError) as caught, unwrapped():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fail)
            nursery.start_soon(trio.sleep_forever)
    assert caught.value.__cause__ is cause


def test_several_errors_come_out_as_the_group() -> None:
    with pytest.raises(ExceptionGroup), unwrapped():
        raise ExceptionGroup("g", [ValueError(), KeyError()])
