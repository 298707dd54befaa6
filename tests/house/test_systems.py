"""What only some systems have lies in one place for each kind; `docs/explanation/platforms.md` lists them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from house.tree import PACKAGE, PLUGINS, ROOT, sources

LOCAL = "plugins/claif-local/claif_local"
PROCESS = "claif/transport/process"
BROKER = "claif/transport/broker"
SANDBOX = "claif/transport/sandbox"
PLACES = {
    "locks between processes": {"claif/system.py", "claif/downloads/lock.py"},
    "owners of files": {"claif/system.py", f"{BROKER}/place.py"},
    "descriptors of folders": {"claif/config/files.py", f"{BROKER}/place.py", f"{SANDBOX}/view.py"},
    "pipes and other processes": {
        *("claif/cli/pipes.py", f"{PROCESS}/tree.py", f"{PROCESS}/supervisor.py", f"{BROKER}/place.py"),
        *(f"{SANDBOX}/confine.py", f"{SANDBOX}/layout.py", f"{SANDBOX}/levels.py", f"{SANDBOX}/order.py"),
    },
    "waiting for a pipe": {"claif/cli/render/output.py", f"{PROCESS}/supervisor.py", f"{BROKER}/child.py"},
    "signals": {"claif/cli/signals.py", "claif/cli/editor.py", f"{PROCESS}/supervisor.py"},
    "forks": {"claif/portal/process.py", f"{PROCESS}/supervisor.py", f"{SANDBOX}/relay.py"},
    "groups of processes": {
        *("claif/children.py", "claif/cli/complete/install.py"),
        *(f"{PROCESS}/child.py", f"{BROKER}/spawn.py"),
    },
    "limits of processes": {"claif/plugin/trial_child.py", f"{SANDBOX}/confine.py"},
    "UNIX sockets": {
        *("claif/transport/network.py", f"{LOCAL}/server.py", f"{SANDBOX}/relay.py", f"{BROKER}/place.py"),
    },
    "terminals": {"claif/cli/ask/tty.py"},
    "modes of new folders": {"claif/scaffold/write.py"},
    "processors": {f"{LOCAL}/settings.py"},
}
NAMES = {
    "fcntl": "locks between processes",
    "msvcrt": "locks between processes",
    "geteuid": "owners of files",
    "getuid": "owners of files",
    "O_DIRECTORY": "descriptors of folders",
    "supports_dir_fd": "descriptors of folders",
    "/proc": "pipes and other processes",
    "ctypes": "pipes and other processes",
    "poll": "waiting for a pipe",
    "SIGHUP": "signals",
    "SIGBREAK": "signals",
    "fork": "forks",
    "register_at_fork": "forks",
    "killpg": "groups of processes",
    "start_new_session": "groups of processes",
    "process_group": "groups of processes",
    "creationflags": "groups of processes",
    "CREATE_NEW_PROCESS_GROUP": "groups of processes",
    "resource": "limits of processes",
    "AF_UNIX": "UNIX sockets",
    "open_unix_socket": "UNIX sockets",
    "termios": "terminals",
    "tcgetpgrp": "terminals",
    "getpgrp": "terminals",
    "umask": "modes of new folders",
    "sched_getaffinity": "processors",
}
"""What is only on some systems -> its kind."""

_SPACES = {"os", "signal", "socket", "subprocess", "trio", "select"}


def names(path: Path) -> Iterator[str]:
    """Names of modules, attributes, arguments and paths that not every system has."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in _SPACES:
            yield node.attr
        elif isinstance(node, ast.keyword):
            yield node.arg or ""
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield "/proc" if node.value.startswith("/proc") else ""


def found() -> dict[str, set[str]]:
    kinds: dict[str, set[str]] = {}
    for path in [*sources(PACKAGE), *sources(PLUGINS)]:
        name = path.relative_to(ROOT).as_posix()
        if "testing" in path.parts:
            continue
        for kind in {NAMES[word] for word in names(path) if word in NAMES}:
            kinds.setdefault(kind, set()).add(name)
    return kinds


def test_each_kind_is_where_it_is_said_to_be() -> None:
    wrong = {kind: places - PLACES[kind] for kind, places in found().items() if places - PLACES[kind]}
    assert not wrong, "move it into the place that is there for it, or say in PLACES why there is another one"


def test_the_page_about_platforms_names_every_place() -> None:
    text = (ROOT / "docs" / "explanation" / "platforms.md").read_text(encoding="utf-8")
    for places in PLACES.values():
        for place in places:
            assert place in text, place
