"""In a real Jupyter kernel: plain cells with the blocking face, top-level `await` with the asyncio face, interrupts."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from faces.scripts import HEAD
from faces.support import GUARD

from claif.testing import ServerProcess

os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")  # or jupyter_core warns

pytestmark = pytest.mark.leaks("the kernel's client opens sockets when it needs them, and closes them at its end")


class Kernel:
    """A running kernel; `run` executes a cell."""

    def __init__(self, folder: Path, home: Path) -> None:
        from jupyter_client.kernelspec import KernelSpec
        from jupyter_client.manager import KernelManager

        names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
        environment = {**os.environ, **{name: str(folder / name) for name in names}, "CLAIF_HOME": str(home)}
        self.manager = KernelManager(
            transport="ipc", ip=str(folder / "k"), connection_file=str(folder / "kernel.json"), shutdown_wait_time=GUARD
        )
        self.manager._kernel_spec = KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="tests",
            language="python",
        )
        self.manager.start_kernel(env=environment)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=GUARD)

    def run(self, code: str, on_output: Callable[[str], None] | None = None) -> tuple[str, str]:
        """Run a cell.

        Returns:
            What it printed, and the name of its error, if any.
        """
        printed: list[str] = []

        def output(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream":
                printed.append(message["content"]["text"])
                if on_output is not None:
                    on_output(message["content"]["text"])

        reply = self.client.execute_interactive(code, timeout=GUARD, output_hook=output, allow_stdin=False)
        return "".join(printed), reply["content"].get("ename", "")

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel()
        self.manager.cleanup_resources()


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    with tempfile.TemporaryDirectory() as name, ServerProcess() as server:
        home = Path(name) / "home"
        home.mkdir(mode=0o700)
        (home / "config.toml").write_text(
            '[general]\ndefault_provider = "office"\n'
            f'[providers.office]\ntype = "openai"\nbase_url = "{server.url(text="from the server")}"\nmodel = "m"\n'
        )
        (home / "config.toml").chmod(0o600)
        running = Kernel(Path(name), home)
        try:
            assert running.run(HEAD + WAITS) == ("", "")
            yield running
        finally:
            running.close()


WAITS = """
async def waits(query, emit, probe):
    say("asked")
    try:
        await trio.sleep_forever()
    finally:
        say("cancelled")
"""


def test_one_line_in_a_cell(kernel: Kernel) -> None:
    assert kernel.run('import claif\nprint(claif.query("hi").text)') == ("from the server\n", "")


def test_a_client_lives_from_cell_to_cell(kernel: Kernel) -> None:
    assert kernel.run("client = claif.blocking.Client(**answering('one', ['t', 'wo']))") == ("", "")
    assert kernel.run("print(client.query('hi').text)") == ("one\n", "")
    cell = "with client.stream('hi') as stream:\n  print(*[e.text for e in stream if isinstance(e, TextDelta)])"
    assert kernel.run(cell) == ("t wo\n", "")


def test_await_at_the_top_of_a_cell(kernel: Kernel) -> None:
    assert kernel.run("client = claif.aio.Client(**answering('one', ['t', 'wo']))") == ("", "")
    assert kernel.run("print((await client.query('hi')).text)") == ("one\n", "")
    cell = "async with client.stream('hi') as stream:\n  async for e in stream:\n    print(type(e).__name__)"
    assert kernel.run(cell)[0].split() == ["Started", "TextDelta", "TextDelta", "Message", "Finished"]


@pytest.mark.parametrize(
    ("face", "cell"),
    [
        ("blocking", "client.query('hi')"),
        ("blocking", "with client.stream('hi') as stream: list(stream)"),
        ("aio", "await client.query('hi')"),
        ("aio", "async with client.stream('hi') as stream: [event async for event in stream]"),
    ],
)
def test_interrupting_a_cell_cancels_the_provider_and_the_client_works_on(kernel: Kernel, face: str, cell: str) -> None:
    def interrupt(text: str) -> None:
        if "asked" in text:
            kernel.manager.interrupt_kernel()

    assert kernel.run(f"probe = Probe(waits)\nclient = claif.{face}.Client(**given(probe))") == ("", "")
    printed, error = kernel.run(cell, interrupt)
    assert error in {"KeyboardInterrupt", "CancelledError"}
    assert printed.split() == ["asked", "cancelled"]
    assert kernel.run("print(probe.running, probe.cancelled)") == ("0 1\n", "")
    asked_again = "print(len(client.providers()))" if face == "blocking" else "print(len(await client.providers()))"
    assert kernel.run(asked_again) == ("1\n", "")


def test_the_end_of_the_kernel_disconnects_providers(kernel: Kernel, tmp_path: Path) -> None:
    file = tmp_path / "gone"
    code = f"""
probe = Saying(echo)
probe.gone.set = lambda: open({str(file)!r}, "w").close()
last = claif.blocking.Client(**given(probe))
print(last.query("hi").text)
"""
    assert kernel.run(code) == ("hi\n", "")
    kernel.manager.restart_kernel(now=False)
    kernel.client.wait_for_ready(timeout=GUARD)
    assert file.exists()
