"""What no code here may do: start a shell, run what it was told, unpickle, or take a text of others for a template."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from house.tree import PACKAGE, PLUGINS, ROOT, sources

FILES = [path for path in [*sources(PACKAGE), *sources(PLUGINS)] if "tests" not in path.relative_to(ROOT).parts]
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
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
            for alias in node.names:
                if f"{node.module}.{alias.name}" in CALLS:
                    yield f"line {node.lineno}: {node.module}.{alias.name}"
        for name in names:
            if name.split(".")[0] in MODULES:
                yield f"line {node.lineno}: import {name}"
        if not isinstance(node, ast.Call):
            continue
        if dotted(node.func) in CALLS:
            yield f"line {node.lineno}: {dotted(node.func)}()"
        for keyword in node.keywords:
            if keyword.arg == "shell" and not (
                isinstance(keyword.value, ast.Constant) and keyword.value.value is False
            ):
                yield f"line {node.lineno}: shell="
        if isinstance(node.func, ast.Attribute) and node.func.attr in {"format", "format_map"}:
            template = node.func.value
            if not (isinstance(template, ast.Constant) and isinstance(template.value, str)):
                yield f"line {node.lineno}: .{node.func.attr}() on what is no literal"


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
