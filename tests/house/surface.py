"""The surface of `claif.api` as text: what a plugin may call, with which arguments, and what data has which fields.

`python tests/house/surface.py` records it in `api_surface.txt`. Do that when a change of the surface is meant.
"""

from __future__ import annotations

import enum
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import attrs

import claif.api
from claif.models.build import How

MADE_BY_CLAIF = frozenset({"Endpoint", "Stream"})
"""Classes that nobody else constructs."""

RECORD = Path(__file__).with_name("api_surface.txt")


def surface() -> str:
    """Every name of `claif.api` with its parts, one a line, sorted by name; at the end what the client's `**how` is."""
    lines = []
    for name in sorted(set(claif.api.__all__) - {"__version__"}):
        lines += describe(name, getattr(claif.api, name))
    lines += [
        f"How.{name}: {getattr(kind, '__forward_arg__', kind)}" for name, kind in sorted(How.__annotations__.items())
    ]
    return "\n".join(lines) + "\n"


def describe(name: str, value: object) -> Iterator[str]:
    """The lines of one name."""
    if inspect.isclass(value):
        bases = [base.__name__ for base in value.__mro__[1:] if _is_ours(base)]
        yield f"{name}({', '.join(bases)})"
        yield from (f"{name}.{line}" for line in sorted(_members(value)))
    elif inspect.isroutine(value):
        yield f"{name}{_signature(value)}"
    else:
        yield f"{name} = {_plain(repr(value))}"


def _members(cls: type) -> Iterator[str]:
    if issubclass(cls, enum.Enum):
        yield from (f"{member.name} = {member.value!r}" for member in cls)
        return
    fields = attrs.fields(cls) if attrs.has(cls) else ()
    for field in fields:
        if not field.name.startswith("_"):
            kind = field.type if isinstance(field.type, str) else getattr(field.type, "__name__", field.type)
            yield f"{field.name}: {kind}{'' if field.default is attrs.NOTHING else ' = …'}"
    own = [base for base in cls.__mro__ if base is cls or (_is_ours(base) and base not in _exported())]
    for name in dir(cls):
        owner = next((base for base in cls.__mro__ if name in vars(base)), None)
        if owner not in own or name in {field.name for field in fields}:
            continue
        made = attrs.has(cls) or getattr(cls, "_is_protocol", False) or cls.__name__ in MADE_BY_CLAIF
        if name == "__init__" and not made:
            yield f"__init__{_signature(cls.__init__)}"
        elif not name.startswith("_"):
            yield from _attribute(cls, name)


@cache
def _exported() -> frozenset[type]:
    """The classes of the API; what they have stands with them and not again with their subclasses."""
    values = [getattr(claif.api, name) for name in claif.api.__all__]
    return frozenset([value for value in values if inspect.isclass(value)])


def _attribute(cls: type, name: str) -> Iterator[str]:
    raw = inspect.getattr_static(cls, name)
    if isinstance(raw, property):
        yield f"{name} (property)"
    elif isinstance(raw, classmethod | staticmethod):
        yield f"{name}{_signature(getattr(cls, name))} ({type(raw).__name__})"
    elif inspect.isroutine(raw):
        kind = "async " if inspect.iscoroutinefunction(inspect.unwrap(raw)) else ""
        yield f"{kind}{name}{_signature(raw)}"
    elif inspect.ismemberdescriptor(raw) or type(raw).__name__ == "_tuplegetter" or isinstance(raw, str | None):
        yield name
    else:
        yield f"{name} = {_plain(repr(raw))}"


def _signature(function: object) -> str:
    try:
        return _plain(str(inspect.signature(function)).replace("'", ""))
    except (TypeError, ValueError):
        return "(…)"


def _is_ours(cls: type) -> bool:
    return cls.__module__.partition(".")[0] == "claif"


def _plain(text: str) -> str:
    """Without addresses, module names and orders that differ from run to run."""
    text = re.sub(r"frozenset\(\{(.*?)\}\)", lambda found: f"{{{', '.join(sorted(found[1].split(', ')))}}}", text)
    text = re.sub(r" at 0x[0-9a-f]+", "", text)
    return re.sub(r"\b(?:[a-z_]\w*\.)+(?=[A-Za-z_])", "", text)


def fresh_surface() -> str:
    """The surface as a fresh process sees it: in this one cattrs may have put classes where the annotations were."""
    return subprocess.run(
        [sys.executable, __file__, "--show"], check=True, capture_output=True, text=True, encoding="utf-8", timeout=120
    ).stdout


if __name__ == "__main__":
    if "--show" in sys.argv:
        sys.stdout.reconfigure(encoding="utf-8")
        sys.stdout.write(surface())
    else:
        RECORD.write_text(surface(), encoding="utf-8")
