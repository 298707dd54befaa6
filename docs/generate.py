"""Writes `docs/reference/` from what the code says: commands, hooks, configuration, errors and the API.

`python docs/generate.py` writes the pages, `python docs/generate.py --check` fails if one of them is out of date.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

import attrs
import click
from claif_anthropic.provider import AnthropicSettings
from claif_local.settings import LocalSettings
from claif_openai.provider import OpenAISettings

import claif.api
from claif import errors, hookspecs
from claif.cli.root import root
from claif.config import cost_schema, keep_going, route_schema, schema
from claif.doctor.configuration import VARIABLES
from claif.processors import extract_code, redact_pii, save_code

PAGES = Path(__file__).parent / "reference"
NOTE = "<!-- Written by docs/generate.py from the code; do not edit. -->\n\n"


def commands_page() -> str:
    """Every command with its `--help`."""
    parts = ["# Commands\n"]
    for path, command in _walk("claif", root):
        context = click.Context(command, info_name=path, terminal_width=100, max_content_width=100)
        parts.append(f"\n## `{path}`\n\n```text\n{command.get_help(context).rstrip()}\n```\n")
    return "".join(parts)


def _walk(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        names = getattr(command, "commands_table", None) or command.commands
        context = click.Context(command)
        for name in names:
            child = command.get_command(context, name)
            assert child is not None, f"the command {path} {name} cannot be loaded"
            yield from _walk(f"{path} {name}", child)


def hooks_page() -> str:
    """Every hook with its signature and contract."""
    parts = [
        "# Hooks\n\n",
        "A plugin implements hooks in a module of the entry point group `claif` and marks them with `@hookimpl`.\n",
    ]
    for name, hook in vars(hookspecs).items():
        if name.startswith("claif_"):
            parts.append(f"\n## `{name}{str(inspect.signature(hook)).replace(chr(39), '')}`\n\n{_docstring(hook)}\n")
    return "".join(parts)


def configuration_page() -> str:
    """Every table of the configuration file with its keys, types, defaults and meanings, and the variables."""
    parts = [
        "# Configuration\n\n",
        "The file is `~/.claif/config.toml`; `CLAIF_HOME` moves its folder. `claif config set` and `claif config\n",
        "edit` change it, `claif config show --origin` tells what holds and where it was said.\n",
    ]
    tables = {
        **schema.SECTIONS,
        "breaker": keep_going.BreakerSettings,
        "budget": cost_schema.BudgetSettings,
        "budget.tags.NAME": cost_schema.BudgetLimits,
        "ledger": cost_schema.LedgerSettings,
        'prices."MODEL"': cost_schema.PriceSettings,
        "limits.NAME": keep_going.LimitSettings,
        "retry": keep_going.RetrySettings,
        "routes.NAME": route_schema.Route,
        "processors.extract-code": extract_code.Settings,
        "processors.redact-pii": redact_pii.Settings,
        "processors.save-code": save_code.Settings,
        "providers.NAME": schema.ProviderSettings,
    }
    for name, cls in sorted(tables.items()):
        parts.append(f"\n## `[{name}]`\n\n{_introduction(cls)}\n\n{_keys(cls)}")
    common = {attribute.name for attribute in attrs.fields(schema.ProviderSettings)}
    for name, cls in (("openai", OpenAISettings), ("anthropic", AnthropicSettings), ("local", LocalSettings)):
        parts.append(f"\n### Also, for providers of the type `{name}` (claif-{name})\n\n{_keys(cls, common)}")
    parts += [
        "\n## Environment variables\n\n",
        "Every key is also a variable, with two underscores for each dot: `CLAIF_GENERAL__TIMEOUT=60`,\n",
        "`CLAIF_PROVIDERS__OPENAI__MODEL=gpt-5`. These have a meaning of their own:\n\n",
        "| variable | what it says |\n|---|---|\n",
        *[f"| `{name}` | {meaning} |\n" for name, meaning in VARIABLES.items()],
    ]
    return "".join(parts)


def _introduction(cls: type) -> str:
    """A class's docstring up to its arguments."""
    return (inspect.getdoc(cls) or "").partition("\nArgs:")[0].rstrip()


def _keys(cls: type, without: Collection[str] = ()) -> str:
    """A table of an attrs class's fields; what each says comes from the docstring."""
    meanings = dict(_arguments(cls))
    rows = ["| key | what it takes | default | what it says |\n|---|---|---|---|\n"]
    for attribute in attrs.fields(cls):
        if attribute.name in without:
            continue
        default: object = attribute.default
        if isinstance(default, attrs.Factory):  # type: ignore[arg-type] # a function at run time is a class in stubs
            default = default.factory()
        cells = (f"`{attribute.name}`", _kind(attribute.type), _toml(default), meanings[attribute.name])
        rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n")
    return "".join(rows)


def _arguments(cls: type) -> Iterator[tuple[str, str]]:
    """Name and text of each argument in a docstring."""
    text = (inspect.getdoc(cls) or "").partition("\nArgs:\n")[2]
    for entry in re.split(r"\n(?=    \w)", text.partition("\n\n")[0]):
        name, _, meaning = entry.strip().partition(": ")
        yield name, " ".join(meaning.split())


KINDS = {
    "str": "text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "Secret": "a key",
    "float | str": "a number or a text",
    "tuple[str, ...]": "a list of texts",
    "tuple[Any, ...]": "a list",
    "Mapping[str, str]": "a table of texts",
    "Mapping[str, Any]": "a table",
}
"""Types in the words of the configuration file."""


def _kind(kind: object) -> str:
    name = str(kind).removesuffix(" | None")
    if name.startswith("Literal["):
        return " or ".join([f"`{choice}`" for choice in re.findall(r"'(\w+)'", name)])
    return KINDS[name]


def _toml(default: object) -> str:
    """A default as one would write it in the file."""
    if default is None or default is attrs.NOTHING or default in ((), {}):
        return ""
    if isinstance(default, tuple):
        return f"`[{', '.join(json.dumps(item) for item in default)}]`"
    if isinstance(default, float) and default.is_integer():
        default = int(default)
    return f"`{json.dumps(default)}`"


def errors_page() -> str:
    """The tree of errors with exit codes."""
    parts = [
        "# Errors\n\n",
        "Every error has `message`, `hint`, `retryable`, `provider`, `model`, `status`, `code`, `request_id`,\n",
        "`query_id` (what marks its records in the log), `retry_after` (seconds) and `partial` (the message that had\n",
        "arrived).\n\n",
        "| error | exit code | retryable | meaning |\n|---|---|---|---|\n",
    ]

    def walk(cls: type[errors.ClaifError], depth: int) -> Iterator[str]:
        meaning = (inspect.getdoc(cls) or "").split("\n")[0]
        name = "&nbsp;" * 4 * depth + f"`{cls.__name__}`"
        yield f"| {name} | {cls.exit_code} | {'yes' if cls.default_retryable else 'no'} | {meaning} |\n"
        for child in cls.__subclasses__():
            if child.__module__ == errors.__name__:
                yield from walk(child, depth + 1)

    return "".join([*parts, *walk(errors.ClaifError, 0)]) + (
        "\nWrong usage of the command line exits with 2, Ctrl-C with 130, SIGTERM with 143.\n"
    )


def api_page() -> str:
    """What a plugin may import."""
    parts = ["# `claif.api`\n\nWhat a plugin may import, and what stays.\n\n| name | what it is |\n|---|---|\n"]
    for name in sorted(set(claif.api.__all__) - {"__version__"}):
        value = getattr(claif.api, name)
        summary = (inspect.getdoc(value) or "").split("\n")[0] if callable(value) or inspect.isclass(value) else ""
        parts.append(f"| `{name}` | {summary} |\n".replace("  |", " |"))
    return "".join(parts)


_SECTION = re.compile(r"(Args|Attributes|Called|Example|Ordering|Raises|Raising|Returns):")


def agent_failures_page() -> str:
    """What becomes of a query when an agent's API fails; the tests of the real agents hold each cell."""
    sys.path.insert(0, str(PAGES.parents[1] / "tests"))
    from agents.failures import CAUSES, MATRIX, Outcome

    def cell(outcome: Outcome) -> str:
        if outcome.kind is None:
            return "answered all the same"
        status = f" ({outcome.status})" if outcome.status else ""
        return f"`{outcome.kind.__name__}`{status}{', at the deadline' if outcome.deadline else ''}"

    rows = [["when its API …", *MATRIX], ["---"] * (len(MATRIX) + 1)]
    rows += [[what, *[cell(MATRIX[name][cause]) for name in MATRIX]] for cause, (what, _) in CAUSES.items()]
    table = "\n".join(["| " + " | ".join(row) + " |" for row in rows])
    return (
        "# Agents whose API fails\n\n"
        "What a query ends with, with `max_retries = 0`. In brackets is `error.status`, where the agent tells one. *At "
        "the deadline* means that the agent asks again, or waits, for longer than anybody, and that the query's "
        "`timeout` or its provider's `idle_timeout` ends it. In every case nothing of the agent is left. The tests ask "
        "the real agents for each cell.\n\n"
        f"{table}\n"
    )


def _docstring(item: object) -> str:
    """A docstring in Google's style as Markdown: sections become bold words, arguments a list, examples code."""
    out: list[str] = []
    section = ""
    for line in (inspect.getdoc(item) or "").splitlines():
        if found := _SECTION.fullmatch(line):
            section = found[1]
            out += [f"**{section}**", ""] + (["```python"] if section == "Example" else [])
        elif section and line and not line.startswith(" "):
            section = _close(section, out)
            out.append(line)
        elif section in {"Args", "Attributes", "Raises"} and re.match(r"    [\w*]+: ", line):
            name, _, text = line.strip().partition(": ")
            out.append(f"- `{name}`: {text}")
        else:
            out.append(line[4:] if section else line)
    _close(section, out)
    return "\n".join(out).rstrip()


def _close(section: str, out: list[str]) -> str:
    if section == "Example":
        while not out[-1]:
            out.pop()
        out += ["```", ""]
    return ""


PAGES_BY_NAME = {
    "agent-failures.md": agent_failures_page,
    "commands.md": commands_page,
    "hooks.md": hooks_page,
    "configuration.md": configuration_page,
    "errors.md": errors_page,
    "api.md": api_page,
}


def main(arguments: list[str]) -> int:
    """Write the pages, or say which are out of date."""
    stale = []
    for name, page in PAGES_BY_NAME.items():
        path, text = PAGES / name, NOTE + page()
        if not path.exists() or path.read_text() != text:
            stale.append(name)
            if "--check" not in arguments:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
    if stale:
        print(("out of date: " if "--check" in arguments else "written: ") + ", ".join(stale))
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
