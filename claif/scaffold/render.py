"""Renders the files of a new plugin from the templates of its kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from .project import PROJECT

if TYPE_CHECKING:
    from .names import Names

_FIELD = re.compile(r"\{\{(\w+)\}\}")


def render(template: str, values: Mapping[str, str]) -> str:
    """Put a value for each `{{field}}`, and for nothing else: what stands in a value is not looked at again.

    Raises:
        KeyError: there is no value for a field.
    """
    return _FIELD.sub(lambda field: values[field[1]], template)


def project_files(kind: str, names: Names) -> dict[str, str]:
    """The files of a new plugin: path inside the project -> text.

    Args:
        kind: `provider`, `processor`, `middleware`, `config` or `command`.
        names: the plugin's names.
    """
    templates = import_module(f".kind_{kind}", __package__)
    values = names._asdict() | {"kind": kind}
    # What a kind says about itself has fields too.
    for part in ("SUMMARY", "ENTRY_POINTS", "REQUIREMENTS", "USE"):
        values[part.lower()] = render(getattr(templates, part), values)
    files: dict[str, str] = PROJECT | templates.FILES
    return {render(path, values): render(text, values) for path, text in sorted(files.items())}
