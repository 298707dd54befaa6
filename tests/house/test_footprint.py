"""Claif with everything that it requires stays small: few distributions, few megabytes."""

from __future__ import annotations

import re
from importlib.metadata import distribution

from packaging.requirements import Requirement

DISTRIBUTIONS = 20
MEGABYTES = 15.0


def closure(name: str, extras: frozenset[str] = frozenset(), seen: dict[str, None] | None = None) -> dict[str, None]:
    """The distribution and all that it requires here, extras included where they are asked for."""
    seen = {} if seen is None else seen
    key = re.sub(r"[-_.]+", "-", name).lower()
    if key in seen and not extras:
        return seen
    seen[key] = None
    for text in distribution(name).requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or any(
            requirement.marker.evaluate({"extra": extra}) for extra in (extras or frozenset({""}))
        ):
            closure(requirement.name, frozenset(requirement.extras), seen)
    return seen


def size(name: str) -> float:
    """Megabytes of the installed files, without bytecode."""
    files = distribution(name).files or ()
    return sum(file.locate().stat().st_size for file in files if file.suffix != ".pyc" and file.locate().exists()) / 1e6


def test_the_core_is_few_distributions() -> None:
    found = closure("claif")
    assert len(found) <= DISTRIBUTIONS, sorted(found)


def test_the_core_is_few_megabytes() -> None:
    sizes = {name: size(name) for name in closure("claif")}
    assert sum(sizes.values()) <= MEGABYTES, sorted(sizes.items(), key=lambda item: -item[1])[:5]
