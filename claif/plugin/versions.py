"""Compares versions as PEP 440 says; importing `packaging` for it would cost more than our whole start."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

_VERSION = re.compile(
    r"""v?(?:(\d+)!)?(\d+(?:\.\d+)*)                # epoch, release
    (?:[-_.]?(alpha|beta|preview|pre|rc|a|b|c)[-_.]?(\d*))?  # pre-release
    (?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?       # post-release
    (?:[-_.]?(dev)[-_.]?(\d*))?                     # development release
    (?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?           # local version""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_CLAUSE = re.compile(r"(~=|==|!=|<=|>=|<|>)\s*([^\s,;]+)", re.ASCII)
_PRE = {"alpha": 0, "a": 0, "beta": 1, "b": 1, "preview": 2, "pre": 2, "rc": 2, "c": 2}
_LONGEST = 200

_LAST = float("inf")

Key = tuple[int, tuple[int, ...], tuple[int, int], float, float]


class Version(NamedTuple):
    """A version in parts that compare."""

    epoch: int
    release: tuple[int, ...]
    pre: tuple[int, int] | None
    post: int | None
    dev: int | None
    local: str

    @property
    def key(self) -> Key:
        """What versions are ordered by; the local part is left out."""
        pre = self.pre
        if pre is None:
            # Final releases come after their pre-releases, but 1.0.dev1 comes before 1.0a1.
            pre = (-1, 0) if self.post is None and self.dev is not None else (3, 0)
        post = -1 if self.post is None else self.post
        dev = _LAST if self.dev is None else self.dev
        return self.epoch, _trimmed(self.release), pre, post, dev

    @property
    def is_pre(self) -> bool:
        """Whether it is a pre-release or a development release."""
        return self.pre is not None or self.dev is not None

    @property
    def is_plain(self) -> bool:
        """Whether it is an epoch and a release and nothing else."""
        return not self.is_pre and self.post is None and not self.local


def parse_version(text: str) -> Version | None:
    """The parts of a version; `None` if it has none of the forms that PEP 440 knows."""
    text = text.strip()
    match = _VERSION.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return None
    epoch, release, pre, pre_number, post_dash, post, post_number, dev, dev_number, local = match.groups()
    if post_dash is not None:
        post_value: int | None = int(post_dash)
    else:
        post_value = int(post_number or 0) if post else None
    return Version(
        epoch=int(epoch or 0),
        release=tuple(int(part) for part in release.split(".")),
        pre=(_PRE[pre.lower()], int(pre_number or 0)) if pre else None,
        post=post_value,
        dev=int(dev_number or 0) if dev else None,
        local=(local or "").lower().replace("-", ".").replace("_", "."),
    )


def satisfies(version: str, specifiers: str) -> bool | None:
    """Whether a version is allowed by specifiers such as `>=2.0.0.dev0,<3`.

    Returns:
        `None` if the version or a specifier is in a form that is not understood.
    """
    parsed = parse_version(version)
    if parsed is None:
        return None
    allowed = True
    for raw in specifiers.split(","):
        clause = raw.strip()
        if not clause:
            continue
        match = _CLAUSE.fullmatch(clause)
        verdict = _holds(parsed, match[1], match[2]) if match else None
        if verdict is None:
            return None
        allowed = allowed and verdict
    return allowed


def _holds(version: Version, operator: str, text: str) -> bool | None:
    wild = text.endswith(".*")
    wanted = parse_version(text.removesuffix(".*"))
    if wanted is None:
        return None
    if operator in {"==", "!="}:
        if wild and not wanted.is_plain:
            return None
        equal = _matches(version, wanted) if wild else _equal(version, wanted)
        return equal is (operator == "==")
    return None if wild or wanted.local else _ORDERED[operator](version, wanted)


def _trimmed(release: tuple[int, ...]) -> tuple[int, ...]:
    end = len(release)
    while end > 1 and release[end - 1] == 0:
        end -= 1
    return release[:end]


def _equal(version: Version, wanted: Version) -> bool:
    return version.key == wanted.key and (not wanted.local or version.local == wanted.local)


def _matches(version: Version, prefix: Version) -> bool:
    length = len(prefix.release)
    padded = (version.release + (0,) * length)[:length]
    return version.epoch == prefix.epoch and padded == prefix.release


def _compatible(version: Version, wanted: Version) -> bool | None:
    if len(wanted.release) == 1:
        return None
    series = wanted._replace(release=wanted.release[:-1])
    return version.key >= wanted.key and _matches(version, series)


def _before(version: Version, wanted: Version) -> bool:
    """`<3` does not mean 3.0.dev1: the pre-releases of a final version count as that version."""
    bound = wanted if wanted.is_pre else wanted._replace(dev=0)
    return version.key < bound.key


def _after(version: Version, wanted: Version) -> bool:
    """`>3` does not mean 3.0.post1: the post-releases of a version count as that version."""
    epoch, release, pre, _post, dev = wanted.key
    bound = wanted.key if wanted.dev is not None or wanted.post is not None else (epoch, release, pre, _LAST, dev)
    return version.key > bound


_ORDERED: Mapping[str, Callable[[Version, Version], bool | None]] = {
    "~=": _compatible,
    ">=": lambda version, wanted: version.key >= wanted.key,
    "<=": lambda version, wanted: version.key <= wanted.key,
    "<": _before,
    ">": _after,
}
