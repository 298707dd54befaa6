"""Templates become files: every field is filled, nothing else is touched, and what comes out is Python."""

from __future__ import annotations

import ast
import configparser
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.cli.plugins import KINDS
from claif.scaffold.names import names_of
from claif.scaffold.render import project_files, render


def files(kind: str) -> dict[str, str]:
    return project_files(kind, names_of("acme-chat"))


@given(st.text())
def test_a_value_is_never_looked_at_again(value: str) -> None:
    assert render("<{{name}}>", {"name": value}) == f"<{value}>"


@pytest.mark.parametrize("text", ["{name}", "{0.__class__}", "{{ name }}", "%(name)s", "$name", "{{}}", "{{a-b}}"])
def test_only_a_field_is_a_field(text: str) -> None:
    assert render(text, {"name": "x"}) == text


def test_a_field_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        render("{{absent}}", {})


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_is_left(kind: str) -> None:
    for path, text in files(kind).items():
        assert "{{" not in path + text, path


@pytest.mark.parametrize("kind", KINDS)
def test_the_project_is_complete(kind: str) -> None:
    found = files(kind)
    assert {"setup.cfg", "pyproject.toml", "tox.ini", "README.md", "claif_acme_chat/__init__.py"} <= set(found)
    assert len([path for path in found if path.startswith("tests/test_")]) >= 2


@pytest.mark.parametrize("kind", KINDS)
def test_its_files_can_be_read_by_those_who_read_them(kind: str) -> None:
    found = files(kind)
    for path, text in found.items():
        assert not text or text.endswith("\n"), path
        assert max([len(line) for line in text.splitlines()], default=0) <= 120, path
        if path.endswith(".py"):
            assert ast.get_docstring(ast.parse(text)), path
    tomllib.loads(found["pyproject.toml"])
    metadata = configparser.ConfigParser()
    metadata.read_string(found["setup.cfg"])
    assert metadata["metadata"]["name"] == "claif-acme-chat"
    assert "claif>=2.0.0.dev0,<3" in metadata["options"]["install_requires"]


def test_what_is_imported_of_claif_is_what_plugins_may_import() -> None:
    for kind in KINDS:
        for path, text in files(kind).items():
            for node in ast.walk(ast.parse(text)) if path.endswith(".py") else ():
                if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "claif":
                    assert node.module == "claif.api" or (node.module == "claif.testing" and path.startswith("tests/"))
