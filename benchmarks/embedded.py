"""The row about the embedded model: what Claif adds to the bare runtime."""

from __future__ import annotations

import subprocess
from pathlib import Path

from environments import PEERS, bin_of, child_environment, say
from measure import alternate, client, ratios
from reading import spread
from report import Check, Row

CONTEXT = 4096


def weights() -> Path:
    """The weights that `claif models pull` brings, pulled on first use."""
    folder = PEERS / "home" / "claif" / "models"
    if not (found := list(folder.glob("*.gguf"))):
        say("pulling the weights of the embedded model")
        subprocess.run([str(bin_of("claif-local") / "claif"), "models", "pull"], check=True, env=child_environment())
        found = list(folder.glob("*.gguf"))
    return found[0]


def embedded(rounds: int, _window: float) -> Row:
    """First token of a model that runs already."""
    bin_of("claif-local")
    model = weights()
    samples = {
        "claif": lambda: client("claif-local", "claif_embedded"),
        "bare runtime": lambda: client("claif-local", "raw_embedded", model, CONTEXT),
    }
    found = alternate(samples, rounds, "embedded")
    first = {name: [result["first_ms"] for result in results] for name, results in found.items()}
    memory = {name: [result["rss"] for result in results] for name, results in found.items()}
    checks = [
        Check("first token to the bare runtime", ratios(first["claif"], first["bare runtime"]), 1.1),
        Check("Claif's own process", memory["claif"], 60, unit="MB"),
    ]
    figures = {f"first token, {name}": spread(values, "ms") for name, values in first.items()}
    figures |= {f"memory of the asking process, {name}": spread(values, "MB") for name, values in memory.items()}
    return Row("embedded", "Embedded model after warm start", checks, figures)
