"""Lazy exports for packages (PEP 562), so that importing a package costs nothing until a name is used."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping


def lazy_exports(
    module: str,
    names: Mapping[str, str],
    *,
    package: str | None = None,
    attributes: Mapping[str, str] | None = None,
    modules: Collection[str] = (),
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Build `__getattr__` and `__dir__` of a module.

    Args:
        module: the `__name__` of the module.
        names: exported name -> module that defines it, relative to `package` (`".models"`).
        package: what the modules are relative to; the module itself when not given.
        attributes: exported name -> its name where it is defined, for those that differ.
        modules: modules of the package that are themselves exported.

    Returns:
        The two functions to assign in the package's `__init__.py`.
    """

    def __getattr__(name: str) -> object:
        if name in modules:
            return importlib.import_module(f".{name}", package or module)
        source = names.get(name)
        if source is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        value: object = getattr(importlib.import_module(source, package or module), (attributes or {}).get(name, name))
        setattr(sys.modules[module], name, value)
        return value

    def __dir__() -> list[str]:
        return sorted({*names, *modules})

    return __getattr__, __dir__
