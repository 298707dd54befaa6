"""`claif plugins check`: tries all parts of installed plugins and says what is wrong with each plugin."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import PluginError
from .scan import normalize, scan
from .trial import Trial, try_parts

if TYPE_CHECKING:
    from .manager import PluginManager
    from .report import PluginReport


class Audit(NamedTuple):
    """What is known about one plugin after its parts were tried.

    Args:
        name: the distribution.
        version: its version.
        problems: what is wrong with the plugin as a whole.
        hint: what to do about that.
        parts: its trials; none if it cannot be used here at all.
    """

    name: str
    version: str
    problems: tuple[str, ...]
    hint: str
    parts: tuple[Trial, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems and not any(part.problems for part in self.parts)

    def to_dict(self) -> dict[str, Any]:
        """The audit as JSON data."""
        return {**self._asdict(), "ok": self.ok, "parts": [part._asdict() for part in self.parts]}


async def audit(
    manager: PluginManager,
    names: Collection[str] = (),
    *,
    timeout: float,
    taken: Collection[str] = (),
    path: Sequence[str] | None = None,
) -> list[Audit]:
    """Try the plugins.

    Args:
        manager: knows which are switched off; nothing is loaded into this process.
        names: those to try, also if they are switched off; all that are on when empty.
        timeout: seconds for each import.
        taken: names of commands that plugins cannot have.
        path: folders to look into; those of this process when `None`.

    Raises:
        PluginError: a name is not that of an installed plugin.
    """
    reports = _choose(manager.reports(taken=taken), names)
    installed = {distribution.name: distribution for distribution in scan(path)}
    usable = {report.name: installed[report.name].entry_points for report in reports if report.state != "incompatible"}
    trials = await try_parts(
        [point for points in usable.values() for point in points], timeout=timeout, path=path or ()
    )
    audits = []
    for report in reports:
        count = len(usable.get(report.name, ()))
        parts, trials = tuple(trials[:count]), trials[count:]
        wrong = report.state in {"incompatible", "conflict"}
        problems = (report.detail,) if wrong else ()
        audits.append(Audit(report.name, report.version, problems, report.hint if wrong else "", parts))
    return audits


def _choose(reports: Sequence[PluginReport], names: Collection[str]) -> list[PluginReport]:
    if not names:
        return [report for report in reports if report.state != "disabled"]
    known = {report.name: report for report in reports}
    chosen: dict[str, PluginReport] = {}
    for name in names:
        report = known.get(normalize(name))
        if report is None:
            from difflib import get_close_matches

            near = get_close_matches(normalize(name), known, n=1)
            hint = f"Did you mean {near[0]}?" if near else "See what is installed with `claif plugins list`."
            raise PluginError(f"No plugin {name!r} is installed.", hint=hint)
        chosen[report.name] = report
    return list(chosen.values())
