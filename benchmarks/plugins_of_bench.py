"""Distributions made up for the benchmark: twenty plugins of Claif with commands, and a click hello-world."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

PLUGINS = 20

PLUGIN = """
import click
from claif.api import Provider


class Echo(Provider):
    name = "bench{n:02}"
    capabilities = frozenset({{"text"}})


@click.command(help="Command number {n} of the benchmark.")
def command() -> None:
    click.echo("{n}")
"""

HOOKS = """
from claif.api import hookimpl


@hookimpl
def claif_process_message(message, query):
    return message
"""

ENTRY_POINTS = """[claif]
bench{n:02} = bench_plugin_{n:02}.hooks

[claif.commands]
bench{n:02} = bench_plugin_{n:02}:command

[claif.providers]
bench{n:02} = bench_plugin_{n:02}:Echo
"""

METADATA = """Metadata-Version: 2.1
Name: bench-plugin-{n:02}
Version: 1.0
Requires-Dist: claif>=2.0.0.dev0,<3
Requires-Dist: click>=8
"""

HELLO = '''
import click


@click.group()
@click.version_option("1.0", prog_name="hello")
def main() -> None:
    """Says hello."""


@main.command()
@click.argument("name", default="world")
@click.option("--count", default=1, help="How often.")
def greet(name: str, count: int) -> None:
    """Greets NAME."""
    for _ in range(count):
        click.echo(f"Hello, {name}!")
'''

HELLO_SETUP = """[project]
name = "bench-hello"
version = "1.0"
scripts = {hello = "bench_hello:main"}

[tool.setuptools]
py-modules = ["bench_hello"]
"""


def install_plugins(folder: Path) -> None:
    """Write twenty installed plugins into an environment."""
    site = next((folder / "lib").glob("python*/site-packages"))
    for n in range(1, PLUGINS + 1):
        package, info = site / f"bench_plugin_{n:02}", site / f"bench_plugin_{n:02}-1.0.dist-info"
        package.mkdir(exist_ok=True)
        info.mkdir(exist_ok=True)
        (package / "__init__.py").write_text(PLUGIN.format(n=n))
        (package / "hooks.py").write_text(HOOKS)
        (info / "METADATA").write_text(METADATA.format(n=n))
        (info / "entry_points.txt").write_text(ENTRY_POINTS.format(n=n))
        (info / "RECORD").write_text("")
        (info / "INSTALLER").write_text("pip\n")
    subprocess.run([str(folder / "bin" / "python"), "-m", "compileall", "-q", str(site)], check=True)


def install_hello(folder: Path) -> None:
    """Install the hello-world as pip installs any command."""
    with tempfile.TemporaryDirectory() as name:
        Path(name, "bench_hello.py").write_text(HELLO)
        Path(name, "pyproject.toml").write_text(HELLO_SETUP)
        subprocess.run(
            [str(folder / "bin" / "pip"), "install", "-q", "--no-deps", "--force-reinstall", name], check=True
        )
