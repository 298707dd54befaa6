"""`claif doctor`: everything that could be wrong on this machine, each with a remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .session import logging_options, session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..finding import Finding

EPILOG = """\
\b
Examples:
  claif doctor
  claif doctor --network
  claif doctor --json | jq -r '.findings[] | select(.state != "ok") | .remedy'

\b
States:
  ok    nothing to do
  warn  it works, and should be changed
  fail  something does not work, or is not safe, because of it

\b
Exit codes:
  0  no failures
  1  at least one failure
"""

_MARKS = {"ok": ("✓", "ok  "), "warn": ("!", "WARN"), "fail": ("✗", "FAIL")}
_COLORS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command(
    epilog=EPILOG,
    short_help="Find out what is wrong on this machine, and what helps.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--network", is_flag=True, help="Also ask each configured endpoint, and the default, for its models.")
@click.option("--deep", is_flag=True, help="Also check what takes long: the fingerprints of large files.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--no-plugins", is_flag=True, help="Leave out everything that is installed beside Claif.")
@logging_options()
@click.pass_context
def doctor(context: click.Context, /, network: bool, deep: bool, as_json: bool, no_plugins: bool) -> None:
    """Check Python, Claif, its files, configuration, plugins, providers, the terminal and the network settings.

    Without --network nothing is connected to. Plugins are loaded in another process, which may hang or die without
    harm. Keys and passwords are never shown, so that the report can be shown to others.
    """
    from ..doctor.examine import examine
    from ..doctor.machine import Machine
    from ..doctor.parts import Wishes

    state = session(context)
    off = no_plugins or state.no_plugins
    watcher = _Watcher(verbose=state.log_level is not None)
    try:
        findings = examine(Machine.here(), Wishes(network, deep, off), watcher.tell)
    finally:
        watcher.clear()
    failed = any(finding.state == "fail" for finding in findings)
    if as_json:
        from .jsonout import write_line

        write_line({"ok": not failed, "findings": [finding._asdict() for finding in findings]})
    else:
        _print(findings)
    context.exit(1 if failed else 0)


class _Watcher:
    """Says on a terminal what is looked at; this part must work even if everything else is broken, loguru included.

    Args:
        verbose: say it anywhere, a line each.
    """

    def __init__(self, *, verbose: bool) -> None:
        import sys

        from .style import is_dumb, is_terminal

        self._verbose = verbose
        self._stream = sys.stderr if not verbose and is_terminal(sys.stderr) and not is_dumb() else None

    def tell(self, what: str) -> None:
        """Show what is looked at next."""
        from .sanitize import one_line

        line = one_line(f"Looking at {what} …")
        if self._verbose:
            click.echo(line, err=True)
        elif self._stream is not None:
            self._stream.write(f"\r\x1b[K{line[:78]}")
            self._stream.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._stream is not None:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def _print(findings: Sequence[Finding]) -> None:
    import sys

    from .sanitize import one_line
    from .style import out_style

    unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    width = min(24, max((len(finding.name) for finding in findings), default=0))
    group = None
    for finding in findings:
        if finding.group != group:
            click.echo(("" if group is None else "\n") + out_style(finding.group, bold=True))
            group = finding.group
        mark = out_style(_MARKS[finding.state][0 if unicode else 1], fg=_COLORS[finding.state])
        click.echo(f"  {mark} {one_line(finding.name):{width}}  {one_line(finding.detail)}")
        if finding.remedy:
            arrow = "→" if unicode else "->"
            click.echo(out_style(f"    {arrow} {one_line(finding.remedy)}", dim=finding.state == "ok"))
    click.echo(f"\n{_summary(findings)}")


def _summary(findings: Sequence[Finding]) -> str:
    counts = {state: sum(finding.state == state for finding in findings) for state in ("fail", "warn")}
    if not any(counts.values()):
        return "Everything is well."
    words = {"fail": "failure", "warn": "warning"}
    return ", ".join([f"{count} {words[state]}{'s' * (count != 1)}" for state, count in counts.items() if count]) + "."
