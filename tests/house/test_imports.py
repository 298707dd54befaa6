"""What the start of a command costs is what it loads; these are the modules that must not be loaded."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SLOW = {
    "trio",
    "attrs",
    "attr",
    "cattrs",
    "loguru",
    "httpcore2",
    "rich",
    "asyncio",
    "tomlkit",
    "pluggy",
    "difflib",
    "ssl",
}


def loaded(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after `code`."""
    script = f"{code}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return set(json.loads(run.stdout.splitlines()[-1]))


def command(*arguments: str) -> str:
    return (
        "import sys, contextlib, io\n"
        f"sys.argv = ['claif', *{arguments!r}]\n"
        "from claif.cli import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()): main()\n"
    )


@pytest.mark.parametrize("arguments", [("--version",), ("--help",)])
def test_version_and_help_load_no_slow_module(arguments: tuple[str, ...]) -> None:
    assert not loaded(command(*arguments)) & SLOW


def test_importing_claif_and_its_api_loads_nothing() -> None:
    assert {name for name in loaded("import claif, claif.api") if name.startswith("claif")} == {
        "claif",
        "claif.api",
        "claif._lazy",
        "claif._version",
    }


def test_importing_the_client_loads_neither_the_codec_nor_logging_nor_rendering() -> None:
    modules = loaded("from claif import Client")
    assert "trio" in modules
    assert not modules & {"cattrs", "loguru", "rich", "tomlkit", "click", "asyncio"}


ASK = """
import trio
from claif import Client
from claif.testing import FakeProvider
async def main():
    async with Client({tables}, providers={{"fake": FakeProvider}}) as client:
        await client.query("hi", provider="fake")
trio.run(main)
"""


def test_a_query_of_a_client_that_counts_no_costs_loads_neither_a_database_nor_prices() -> None:
    assert not loaded(ASK.format(tables={})) & {"sqlite3", "genai_prices", "claif.ledger.ledger", "claif.config.costs"}


def test_a_query_whose_costs_nobody_can_know_loads_no_data_set_of_prices() -> None:
    modules = loaded(ASK.format(tables={"budget": {"day": 1}}))
    assert "sqlite3" in modules
    assert "genai_prices" not in modules
