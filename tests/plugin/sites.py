"""Distributions made on disk for the tests of plugins."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from claif.plugin.manager import PluginManager


class Site:
    """A folder like `site-packages` in which tests install distributions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def install(
        self,
        name: str,
        entry_points: Mapping[str, Mapping[str, str]] | None = None,
        *,
        version: str = "1.0",
        requires: Sequence[str] = ("claif>=2.0.0.dev0,<3",),
        modules: Mapping[str, str] | None = None,
    ) -> Path:
        """Write a distribution's metadata and modules."""
        info = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        needs = "".join(f"Requires-Dist: {line}\n" for line in requires)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{needs}\nLong text.\n"
        )
        lines = [
            f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in points.items())
            for group, points in (entry_points or {}).items()
        ]
        (info / "entry_points.txt").write_text("\n".join(lines))
        for module, source in (modules or {}).items():
            self.module(module, source)
        return info

    def module(self, name: str, source: str) -> None:
        """Write one module."""
        (self.folder / f"{name}.py").write_text(source)

    def hooks(self, name: str, source: str, **more: Any) -> None:
        """Install a distribution with one hook module."""
        module = f"{name.replace('-', '_')}_hooks"
        text = f"from claif.hookspecs import hookimpl, keeps_text\n{source}"
        self.install(name, {"claif": {"main": module}}, modules={module: text}, **more)

    def manager(self, **options: Any) -> PluginManager:
        """Find what is installed here."""
        return PluginManager.discover(path=[str(self.folder)], **options)


@contextmanager
def importable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An empty site whose modules can be imported, and are forgotten afterwards."""
    site = Site(folder)
    monkeypatch.syspath_prepend(str(folder))
    before = set(sys.modules)
    yield site
    for name in set(sys.modules) - before:
        origin = getattr(sys.modules[name], "__file__", None) or ""
        if origin.startswith(str(folder)):
            del sys.modules[name]
