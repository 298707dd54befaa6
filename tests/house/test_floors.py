"""Calls go down the floors: a module imports only from lower floors or from its own, and nothing goes in a circle."""

from __future__ import annotations

from house.tree import LAZY, PACKAGE, imports, module_name, sources

FLOORS = (
    ("errors", "_lazy", "_version", "_json", "finding", "system", "children"),
    ("models",),
    ("codec", "config", "logs"),
    ("pipeline", "provider", "permission"),
    ("hookspecs", "plugin"),
    ("transport", "protocols"),
    (
        "middleware",
        "processors",
        "routing",
        "cache",
        "database",
        "costs",
        "ledger",
        "remote",
        "downloads",
        "agents",
        "worktree",
    ),
    ("client", "portal", "blocking", "aio"),
    ("history", "batch", "server", "install", "broker", "scaffold", "doctor"),
    ("cli", "__main__"),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
ATTIC = "testing"
"""The test kit may use every floor; nothing uses it."""


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def edges() -> list[tuple[str, str, int]]:
    modules = {module_name(path) for path in sources(PACKAGE)}
    found = []
    for path in sources(PACKAGE):
        name = module_name(path)
        for target, line in imports(path):
            known = target if target in modules else target.rpartition(".")[0]
            if known in modules and known != name:
                found.append((name, known, line))
    return found


def test_every_room_is_on_a_floor() -> None:
    rooms = {room(module_name(path)) for path in sources(PACKAGE)} - {"", "api"}
    assert rooms - {ATTIC} <= set(FLOOR), "say in FLOORS where the new room is"


def test_a_module_imports_only_from_its_own_and_lower_floors() -> None:
    wrong = [
        f"{source}:{line} imports {target}"
        for source, target, line in edges()
        if source not in LAZY
        and room(source) != ATTIC
        and (room(target) == ATTIC or (target != "claif" and FLOOR.get(room(target), 99) > FLOOR[room(source)]))
    ]
    assert not wrong, "\n".join(wrong)


def test_no_module_imports_itself_through_others() -> None:
    graph: dict[str, set[str]] = {}
    for source, target, _ in edges():
        if source not in LAZY and target not in LAZY:
            graph.setdefault(source, set()).add(target)
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module not in done:
            for target in sorted(graph.get(module, ())):
                visit(target, (*path, module))
            done.add(module)

    for module in sorted(graph):
        visit(module, ())
