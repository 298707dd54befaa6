"""Whether a plugin was made for this version of Claif, by what its metadata requires."""

from __future__ import annotations

from typing import NamedTuple

from .._version import __version__
from .metadata import read_headers, requirement
from .versions import satisfies


class Compatibility(NamedTuple):
    """`problem` says why the plugin cannot be used here; `note` says what could not be told."""

    problem: str = ""
    note: str = ""


def check_compatibility(folder: str, version: str = __version__) -> Compatibility:
    """Judge a distribution by its `Requires-Dist: claif…` lines; one that does not say fits.

    Args:
        folder: its metadata folder.
        version: the version of Claif.
    """
    headers = read_headers(folder)
    if not headers:
        return Compatibility(note="It has no metadata that says which version of Claif it needs.")
    note = ""
    for name, value in headers:
        if name != "requires-dist":
            continue
        needs = requirement(value)
        if needs.name != "claif" or "extra" in needs.marker or needs.specifiers.startswith("@"):
            continue
        verdict = None if needs.marker else satisfies(version, needs.specifiers)
        if verdict is False:
            return Compatibility(f"It needs claif {needs.specifiers}, and this is {version}.")
        if verdict is None:
            note = f"Whether {value!r} allows claif {version} could not be told."
    return Compatibility(note=note)
