"""Waits for a module: calls a function in the moment in which anybody has imported it, before they can use it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


def when_imported(name: str, then: Callable[[], None]) -> None:
    """Call `then` now if the module is there, else right after it has been imported, if that ever happens.

    Args:
        name: a module without a dot.
        then: what is to be done; a later call with the same name takes its place.
    """
    for finder in [found for found in sys.meta_path if isinstance(found, _Finder) and found.name == name]:
        sys.meta_path.remove(finder)
    if name in sys.modules:
        then()
    else:
        sys.meta_path.insert(0, _Finder(name, then))


class _Finder:
    """Stands before the other finders until the module is imported, and has them find it."""

    def __init__(self, name: str, then: Callable[[], None]) -> None:
        self.name = name
        self._then = then

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != self.name:
            return None
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            found: ModuleSpec | None = None if find is None else find(name, path, target)
            if found is not None:
                if found.loader is not None:
                    found.loader = _Loader(self, found.loader, self._then)  # type: ignore[assignment] # it does the same
                return found
        return None


class _Loader:
    """Loads as the real one does, and gives its place back to it."""

    def __init__(self, finder: _Finder, loader: Any, then: Callable[[], None]) -> None:
        self._finder = finder
        self._loader = loader
        self._then = then

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        made: ModuleType | None = self._loader.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        self._then()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)
