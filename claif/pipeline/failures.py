"""Whose failure is it: errors of consumers travel past providers, groups of one error become that error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import trio


class Downstream(BaseException):
    """Carries an exception that was raised downstream of `emit` past the provider, which must not be blamed for it.

    It is no `Exception`, so that no provider and no layer takes it for its own; the client unwraps it.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


def leaves(error: BaseException) -> list[BaseException]:
    """The exceptions that are in a group, at any depth; a single exception is its own leaf."""
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    return [leaf for inner in error.exceptions for leaf in leaves(inner)]


def single(error: BaseException) -> BaseException:
    """The one real error in a group: a consumer's error first, else the only one that is no cancellation.

    A group of several real errors is returned as it is.
    """
    if not isinstance(error, BaseExceptionGroup):
        return error
    found = leaves(error)
    for leaf in found:
        if isinstance(leaf, Downstream):
            return leaf
    real = [leaf for leaf in found if not isinstance(leaf, trio.Cancelled)]
    return real[0] if len(real) == 1 else error


@contextmanager
def unwrapped() -> Iterator[None]:
    """Raise the one real error of an exception group instead of the group."""
    try:
        yield
    except BaseExceptionGroup as group:
        error = single(group)
        if error is group:
            raise
        error.__suppress_context__ = True
        raise error from error.__cause__
