"""What no code here may do: start a shell, run what it was told, unpickle, or take a text of others for a template."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from house.tree import PACKAGE, PLUGINS, ROOT, sources

FILES = [*sources(PACKAGE), *sources(PLUGINS)]
MODULES = {"pickle", "cPickle", "marshal", "shelve", "dill", "imp", "commands", "pty", "telnetlib", "xmlrpc"}
CALLS = {
    *("eval", "exec", "compile", "__import__", "execfile", "input"),
    *(
        "os.system",
        "os.popen",
        "os.execl",
        "os.execlp",
        "os.execv",
        "os.execvp",
        "os.spawnl",
        "os.spawnv",
        "os.startfile",
    ),
    *("subprocess.getoutput", "subprocess.getstatusoutput", "asyncio.create_subprocess_shell"),
    *("yaml.load", "yaml.unsafe_load", "tempfile.mktemp", "shutil.unpack_archive"),
}


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def offences(source: str) -> Iterator[str]:
    """What a module does that it may not."""
    for node in ast.walk(ast.parse(source)):
        found: Iterator[str] = iter(())
        if isinstance(node, ast.Import):
            found = (f"import {alias.name}" for alias in node.names if alias.name.split(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found = (f"import {name}" for name in names if name in CALLS or name.split(".")[0] in MODULES)
        elif isinstance(node, ast.Call):
            found = calls(node)
        for what in found:
            yield f"line {node.lineno}: {what}"


def calls(node: ast.Call) -> Iterator[str]:
    """What is wrong with a call."""
    if dotted(node.func) in CALLS:
        yield f"{dotted(node.func)}()"
    for keyword in node.keywords:
        harmless = isinstance(keyword.value, ast.Constant) and keyword.value.value is False
        if keyword.arg == "shell" and not harmless:
            yield "shell="
    if isinstance(node.func, ast.Attribute) and node.func.attr in {"format", "format_map"}:
        template = node.func.value
        if not (isinstance(template, ast.Constant) and isinstance(template.value, str)):
            yield f".{node.func.attr}() on what is no literal"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_does_nothing_that_is_banned(path) -> None:
    assert not list(offences(path.read_text()))


@pytest.mark.parametrize(
    "line",
    [
        "subprocess.run('x', shell=True)",
        "subprocess.run('x', shell=flag)",
        "os.system('x')",
        "from os import system",
        "import pickle",
        "from marshal import loads",
        "import shelve",
        "yaml.load(x)",
        "eval(x)",
        "exec(x)",
        "text.format(x=1)",
        "f'{a}'.format()",
        "query.system.format_map({})",
    ],
)
def test_attack_51_and_04_what_is_banned_is_seen(line: str) -> None:
    assert list(offences(line))


@pytest.mark.parametrize(
    "line", ["'{} {}'.format(1, 2)", "run(x, shell=False)", "re.compile('x')", "from .pickle import x"]
)
def test_what_is_harmless_is_not(line: str) -> None:
    assert not list(offences(line))
