"""What is known about one plugin: from its metadata, from loading it, and from its failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..provider import State
    from .scan import Distribution

SLOW = 0.2
"""Seconds; an import that takes longer is reported."""

MOST_NOTES = 20


class Status(NamedTuple):
    """Whether something can be used, why not, and what to do about it."""

    state: State = "ready"
    detail: str = ""
    hint: str = ""


READY = Status()


class Plugin:
    """One distribution that extends Claif, and what has become of it.

    Args:
        distribution: what the scan found; registered objects have one without entry points.
        disabled: why it is switched off; empty if it is not.
        hint: how to switch it on again.
    """

    __slots__ = (
        "_compatibility",
        "_version",
        "disabled",
        "distribution",
        "failure",
        "hint",
        "hooks",
        "notes",
        "seconds",
    )

    def __init__(self, distribution: Distribution, disabled: str = "", hint: str = "") -> None:
        self.distribution = distribution
        self.disabled = disabled
        self.hint = hint
        self.failure = ""
        self.hooks: list[str] = []
        self.notes: list[str] = []
        self.seconds = 0.0
        self._compatibility: str | None = None
        self._version = distribution.version

    @property
    def name(self) -> str:
        """The normalized name of the distribution."""
        return self.distribution.name

    @property
    def version(self) -> str:
        """The distribution's version."""
        if not self._version and self.distribution.folder:
            from .metadata import read_headers

            self._version = dict(read_headers(self.distribution.folder)).get("version", "")
        return self._version

    @property
    def usable(self) -> Status:
        """Whether anything of it may be loaded; reads its metadata when first asked."""
        if self.disabled:
            return Status("disabled", self.disabled, self.hint)
        if self._compatibility is None:
            self._compatibility = self._problem()
        if self._compatibility:
            return Status("incompatible", self._compatibility, f"Upgrade it: pip install --upgrade {self.name}")
        return READY

    @property
    def status(self) -> Status:
        """Whether it can be used, and whether its hooks work if they have been loaded."""
        usable = self.usable
        if usable is READY and self.failure:
            return Status("broken", self.failure, self.remedy)
        return usable

    @property
    def remedy(self) -> str:
        """What helps against a plugin that does not work."""
        return f"Upgrade or uninstall it, or switch it off: CLAIF_DISABLE_PLUGINS={self.name}"

    def took(self, what: str, seconds: float) -> None:
        """Count the time that an import took, and report a long one."""
        self.seconds += seconds
        if seconds > SLOW:
            self.note(f"Importing {what} took {seconds * 1000:.0f} ms.")

    def note(self, text: str) -> None:
        """Remember something worth knowing, once; a plugin that fails in ever new ways is cut short."""
        if text not in self.notes and len(self.notes) < MOST_NOTES:
            self.notes.append(text)

    def _problem(self) -> str:
        if not self.distribution.folder or self.name == "claif":
            return ""
        from .compatibility import check_compatibility

        problem, note = check_compatibility(self.distribution.folder)
        if note:
            self.note(note)
        return problem
