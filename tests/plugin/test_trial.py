"""Parts of plugins are imported on trial: whatever they do is told, and nothing of it remains."""

from __future__ import annotations

import os

import pytest
import trio
from patience import jump, on_slow_clock, until
from processes import gone

from claif.plugin.entry_points import COMMANDS, HOOKS, PROVIDERS, EntryPoint
from claif.plugin.trial import Trial, try_part, try_parts

from .sites import Site

HOOK = "from claif.api import hookimpl\n@hookimpl\ndef claif_query_finished(record): pass\n"


async def trial(site: Site, source: str, group: str = HOOKS, attribute: str = "", timeout: float = 60) -> Trial:
    site.module("claif_a_part", source)
    value = f"claif_a_part:{attribute}" if attribute else "claif_a_part"
    return await try_part(EntryPoint(group, "a", value), timeout=timeout, path=[str(site.folder)])


async def test_a_good_hook_module_has_its_hooks_and_its_cost_told(site: Site) -> None:
    site.module("claif_a_helper", "")
    found = await trial(site, f"import claif_a_helper\n{HOOK}")
    assert found.problems == ()
    assert found.hooks == ("claif_query_finished",)
    assert found.seconds > 0
    assert found.packages == ("claif_a_helper", "claif_a_part")
    assert found.modules >= 2


async def test_what_claif_needs_itself_is_not_the_parts_cost(site: Site) -> None:
    source = (
        "from claif.api import Layer, Message, Provider, Slot, hookimpl\n"
        "@hookimpl\ndef claif_query(query, config, client): pass\n"
    )
    found = await trial(site, source)
    assert found.problems == ()
    assert found.packages == ("claif_a_part",)


async def test_a_heavy_import_of_a_hook_module_is_a_problem_also_through_others(site: Site) -> None:
    site.module("claif_a_helper", "import trio, cattrs")
    (problem,) = (await trial(site, f"import claif_a_helper\n{HOOK}")).problems
    assert "imports cattrs, trio" in problem


async def test_a_provider_may_import_what_it_needs(site: Site) -> None:
    source = (
        "import trio\nfrom claif.api import Provider\n"
        "class Mine(Provider):\n    async def query(self, query, emit): pass\n"
    )
    assert (await trial(site, source, PROVIDERS, "Mine")).problems == ()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise ValueError('boom')", "ValueError: boom"),
        ("def oops(:", "SyntaxError"),
        ("import sys; sys.exit(3)", "sys.exit(3)"),
        ("import os; os._exit(0)", "ended the process with exit code 0"),
        ("import os; os._exit(7)", "ended the process with exit code 7"),
        ("import ctypes; ctypes.string_at(0)", "killed the process (SIGSEGV)"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "SIGTERM"),
        ("raise KeyboardInterrupt", "SIGINT"),
    ],
)
async def test_an_import_that_ends_badly_is_named(site: Site, source: str, reason: str) -> None:
    found = await trial(site, source)
    assert reason in " ".join(found.problems)
    assert found.hooks == ()


@on_slow_clock
async def test_an_import_that_hangs_is_killed_with_all_that_it_started(site: Site) -> None:
    pid_file = site.folder / "pid"
    source = (
        "import subprocess, sys, threading, pathlib\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(child.pid))\n"
        "threading.Event().wait()\n"
    )
    async with trio.open_nursery() as nursery:

        async def hang() -> None:
            found = await trial(site, source, timeout=60)
            assert found.problems == ("Its import takes longer than 60 s.",)

        nursery.start_soon(hang)
        await until(lambda: pid_file.exists() and pid_file.read_text())
        jump(60)
    assert gone(int(pid_file.read_text()))


async def test_what_escapes_into_a_session_of_its_own_does_not_hold_the_trial_up(site: Site) -> None:
    pid_file = site.folder / "pid"
    source = (
        "import subprocess, sys, pathlib\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.alarm(60); signal.pause()'],\n"
        "    start_new_session=True)\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(child.pid))\n{HOOK}"
    )
    with trio.fail_after(25):
        found = await trial(site, source)
    os.kill(int(pid_file.read_text()), 9)
    assert found.hooks == ("claif_query_finished",)


async def test_a_thread_that_goes_on_does_not_keep_the_child(site: Site) -> None:
    source = f"import threading\nthreading.Thread(target=threading.Event().wait).start()\n{HOOK}"
    assert (await trial(site, source)).problems == ()


async def test_text_on_standard_output_is_a_problem_and_on_standard_error_a_note(site: Site) -> None:
    found = await trial(site, f"import sys\nprint('hello\\x1b[31m')\nprint('psst', file=sys.stderr)\n{HOOK}")
    assert found.problems == ("It writes to standard output, into every answer: 'hello [31m'.",)
    assert found.notes[:1] == ("It writes to standard error: 'psst'.",)


async def test_endless_output_is_neither_kept_nor_waited_for(site: Site) -> None:
    source = f"import os\nfor _ in range(200): os.write(1, b'x' * 65536)\n{HOOK}"
    found = await trial(site, source)
    assert found.hooks == ("claif_query_finished",)
    assert len(found.problems[0]) < 250


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("from claif.api import hookimpl\n@hookimpl\ndef claif_qery(query): pass", "Did you mean claif_query?"),
        ("from claif.api import hookimpl\n@hookimpl\nasync def claif_query(query): pass", "is async"),
        ("def claif_query(query): pass", "not marked with @hookimpl"),
        ("", "implements no hook"),
    ],
)
async def test_hooks_that_cannot_work_are_problems(site: Site, source: str, reason: str) -> None:
    assert reason in " ".join((await trial(site, source)).problems)


@pytest.mark.parametrize(
    ("group", "source", "reason"),
    [
        (PROVIDERS, "Mine = 3", "neither a class nor a function"),
        (PROVIDERS, "from claif.api import Provider\nclass Mine(Provider): pass", "does not define query()"),
        (PROVIDERS, "Other = 3", "AttributeError"),
        (COMMANDS, "def Mine(): pass", "no click command"),
    ],
)
async def test_what_is_no_provider_or_command_is_a_problem(site: Site, group: str, source: str, reason: str) -> None:
    assert reason in " ".join((await trial(site, source, group, "Mine")).problems)


async def test_a_command_is_imported(site: Site) -> None:
    assert (await trial(site, "import click\n@click.command()\ndef go(): pass", COMMANDS, "go")).problems == ()


async def test_what_lies_in_the_working_directory_is_not_imported(
    site: Site, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "claif_a_stray.py").write_text(HOOK)
    monkeypatch.chdir(tmp_path)
    found = await try_part(EntryPoint(HOOKS, "a", "claif_a_stray"), timeout=60)
    assert "ModuleNotFoundError" in " ".join(found.problems)


async def test_parts_come_back_in_order_and_two_run_at_a_time(site: Site) -> None:
    log = site.folder / "log"
    source = f"import os, time\nwith open({str(log)!r}, 'a') as f: f.write('+')\n"
    names = [f"claif_a_{number}" for number in range(5)]
    for name in names:
        site.module(name, f"{source}time.sleep(0.2)\nwith open({str(log)!r}, 'a') as f: f.write('-')\n{HOOK}")
    found = await try_parts([EntryPoint(HOOKS, name, name) for name in names], timeout=60, path=[str(site.folder)])
    assert [each.name for each in found] == names
    depth = highest = 0
    for step in log.read_text():
        depth += 1 if step == "+" else -1
        highest = max(highest, depth)
    assert highest <= 2


async def test_a_trial_that_is_cancelled_leaves_no_child(site: Site) -> None:
    site.module("claif_a_part", "import threading; threading.Event().wait()")
    with trio.move_on_after(0.5):
        await try_part(EntryPoint(HOOKS, "a", "claif_a_part"), timeout=60, path=[str(site.folder)])
