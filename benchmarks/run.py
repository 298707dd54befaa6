"""Measure Claif beside its peers: `python benchmarks/run.py [--only NAME] [--rounds N] [--quick] [--json FILE]`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import calling
import cancelling
import embedded
import first_use
import starting
from charts import write_charts
from environments import HERE, say, versions
from overview import overview
from reading import number
from report import Conditions, Row, goals, page
from section import other_sections
from server import Server

ROWS: dict[str, Callable[[int, float], Row]] = {
    "command": starting.command,
    "query": starting.query,
    "first": first_use.first,
    "call": calling.call,
    "flight": calling.flight,
    "stream": calling.stream,
    "cancel": cancelling.cancel,
    "growth": cancelling.growth,
    "embedded": embedded.embedded,
    "layer": calling.layer,
    "imports": first_use.imports,
    "installed": first_use.installed,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=list(ROWS), help="measure only this; may be given again")
    parser.add_argument("--rounds", type=int, help="alternating rounds, 7 unless told")
    parser.add_argument("--quick", action="store_true", help="3 rounds: enough to see a large change, nothing else")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every value there")
    parser.add_argument(
        "--to", type=Path, metavar="FOLDER", help="write the page and its charts there, whatever was measured"
    )
    options = parser.parse_args()
    rounds = options.rounds or (3 if options.quick else 7)
    load = os.getloadavg()[0]
    with Server() as server:
        ceiling = (
            f"one process in {server.kind}, answers {number(server.ceiling())} requests a second on one connection"
        )
    say(f"server: {ceiling}")
    window = 0.5 if options.quick else 1.0
    rows = [ROWS[name](rounds, window) for name in options.only or ROWS]
    comparisons = [comparison for row in rows for comparison in row.comparisons]
    print(goals(rows), overview(comparisons), sep="\n\n")
    if options.json:
        found = {"rounds": rounds, "cores": os.cpu_count(), "versions": versions()}
        options.json.write_text(json.dumps(found | {"rows": [row.as_json() for row in rows]}, indent=1) + "\n")
    folder = options.to or (HERE if not options.only and not options.quick else None)
    if folder:
        run = Conditions(f"python benchmarks/run.py --rounds {rounds}", load, ceiling)
        text = page(rows, versions(), run)
        (folder / "RESULTS.md").write_text(f"{text}\n{other_sections()}".rstrip() + "\n")
        write_charts(comparisons, folder)
    return 0 if all(check.met for row in rows for check in row.checks) else 1


if __name__ == "__main__":
    sys.exit(main())
