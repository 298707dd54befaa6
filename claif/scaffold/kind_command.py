"""Templates of a command."""

from __future__ import annotations

SUMMARY = "A command for Claif: {{name}}"

REQUIREMENTS = """\
    claif>=2.0.0.dev0,<3
    click>=8.2
    trio>=0.30"""

ENTRY_POINTS = """\
claif.commands =
    {{name}} = {{package}}.command:command"""

USE = """\
```console
$ pip install .
$ claif {{name}} "Why is the sky blue?" -p openai -p local
```"""

COMMAND = '''\
"""The command: asks providers the same question and says how long each takes."""

from __future__ import annotations

from collections.abc import Sequence

import click
import trio
from claif.api import Client


@click.command("{{name}}")
@click.argument("prompt")
@click.option("-p", "--provider", "providers", multiple=True, help="Whom to ask; several are asked one after another.")
def command(prompt: str, providers: Sequence[str]) -> None:
    """Measure how long providers take to answer PROMPT; without -p, the default one."""
    for name, seconds in trio.run(measure_all, prompt, providers):
        click.echo(f"{name}: {seconds:.2f} s")


async def measure_all(prompt: str, providers: Sequence[str]) -> list[tuple[str, float]]:
    """The seconds that each provider takes. What goes wrong is raised: `claif` tells the user."""
    async with Client() as client:
        names = providers or [client.default_provider().name]
        return [(name, await measure(client, prompt, name)) for name in names]


async def measure(client: Client, prompt: str, provider: str) -> float:
    """The seconds that a provider takes to answer."""
    began = trio.current_time()
    await client.query(prompt, provider=provider)
    return trio.current_time() - began
'''

COMMAND_TEST = '''\
"""What the command measures."""

from __future__ import annotations

import pytest
from claif.api import Client
from claif.testing import FakeProvider, Pause
from click.testing import CliRunner

from {{package}}.command import command, measure


@pytest.mark.mock_clock
async def test_the_time_is_that_of_the_whole_answer() -> None:
    """Measured on a clock that jumps, so that the test takes no time."""
    slow = FakeProvider.scripted(["one ", Pause(2), "two"])
    async with Client({}, providers={"slow": slow}) as client:
        assert await measure(client, "hi", "slow") == pytest.approx(2)


def test_help_says_what_it_is_for() -> None:
    """`claif {{name}} --help` shows the same."""
    done = CliRunner().invoke(command, ["--help"])
    assert done.exit_code == 0
    assert "Measure how long providers take" in done.output
'''

FILES = {"{{package}}/command.py": COMMAND, "tests/test_command.py": COMMAND_TEST}
