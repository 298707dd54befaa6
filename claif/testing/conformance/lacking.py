"""Conformance suites leave out what makes no sense for the thing under test, if it says so."""

from __future__ import annotations

from typing import ClassVar


class Lacking:
    """A suite whose subclasses name tests that are not collected."""

    lacks: ClassVar[frozenset[str]] = frozenset()
    """Names of tests, without `test_`, that make no sense for what is tested; they are not collected."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name in cls.lacks:
            if not hasattr(cls, f"test_{name}"):
                raise TypeError(f"{cls.__name__}.lacks names {name!r}, which is no test")
            setattr(cls, f"test_{name}", None)
