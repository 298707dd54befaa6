"""Rows about a warm client: one call, many in flight, streamed events, and the cost of a layer."""

from __future__ import annotations

from functools import partial
from typing import Any

from comparison import Comparison
from contenders import CONTENDERS, OWN_WIRE
from measure import alternate, client, ratios
from reading import spread
from report import Check, Row
from server import Server


def compare(rounds: int, what: str, *arguments: object) -> tuple[dict[str, list[dict[str, Any]]], float]:
    """Run each contender once a round; also the greatest share of a core that the server was busy for."""
    share = 0.0
    with Server() as server:

        def sample(name: str) -> dict[str, Any]:
            nonlocal share
            before = server.cpu(), server.stats()["requests"]
            found = client(*CONTENDERS[name], *arguments, "--url", server.url)
            requests = server.stats()["requests"] - before[1]
            share = max(share, (server.cpu() - before[0]) / requests * found["per_second"])
            return found

        return alternate({name: partial(sample, name) for name in CONTENDERS}, rounds, what), share


def column(found: dict[str, list[dict[str, Any]]], field: str, scale: float = 1.0) -> dict[str, list[float]]:
    """One field of all results, by contender."""
    return {name: [result[field] * scale for result in results] for name, results in found.items()}


def call(rounds: int, window: float) -> Row:
    """One call after the other."""
    found, share = compare(rounds, "call", "call", "--window", window)
    cpu = column(found, "cpu_ms")
    checks = [
        Check("to raw httpx2 on trio", ratios(cpu["claif"], cpu["httpx2 on trio"]), 0.9),
        Check("to openai", ratios(cpu["claif"], cpu["openai"]), 1 / 4),
        Check("to litellm", ratios(cpu["claif"], cpu["litellm"]), 1 / 10),
    ]
    figures = {name: spread(values, "ms CPU a call") for name, values in cpu.items()}
    memory = column(found, "rss")
    figures |= {f"{name}, memory": spread(values, "MB") for name, values in memory.items()}
    compared = [
        Comparison("call", "One call in a warm client", "ms CPU a call", cpu, note=OWN_WIRE),
        Comparison("memory", "Memory of a process that calls", "MB", memory),
    ]
    return Row("call", "One call in a warm client, CPU", checks, figures | busy_share(share), compared)


def flight(rounds: int, window: float) -> Row:
    """256 calls at once."""
    arguments = ("call", "--in-flight", 256, "--window", 2 * window)
    found, share = compare(rounds, "flight", *arguments)
    rate = column(found, "per_second")
    checks = [
        Check("to one raw httpx2 client on trio", ratios(rate["claif"], rate["httpx2 on trio"]), 2, at_least=True),
        Check("to openai", ratios(rate["claif"], rate["openai"]), 4.5, at_least=True),
        Check("to litellm", ratios(rate["claif"], rate["litellm"]), 7, at_least=True),
    ]
    cpu = column(found, "cpu_ms")
    peers = ("httpx2 on trio", "openai", "litellm")
    checks += [Check(f"the same by CPU, to {name}", ratios(cpu[name], cpu["claif"])) for name in peers]
    figures = {name: spread(values, "calls a second") for name, values in rate.items()}
    figures |= {f"{name}, CPU": spread(values, "ms a call") for name, values in cpu.items()}
    compared = [Comparison("flight", "256 calls in flight", "calls a second", rate, at_least=True, note=OWN_WIRE)]
    return Row("flight", "256 calls in flight, calls per second", checks, figures | busy_share(share), compared)


def stream(rounds: int, window: float) -> Row:
    """Events of a long answer."""
    arguments = ("stream", "--tokens", 500, "--window", 1.5 * window)
    found, share = compare(rounds, "stream", *arguments)
    cpu = column(found, "cpu_ms", 2)
    checks = [
        Check("to raw httpx2 reading lines", ratios(cpu["claif"], cpu["httpx2 on trio"]), 1.1),
        Check("to openai", ratios(cpu["claif"], cpu["openai"]), 0.25),
        Check("to litellm", ratios(cpu["claif"], cpu["litellm"])),
    ]
    figures = {name: spread(values, "ms CPU for 1,000 events") for name, values in cpu.items()}
    compared = [Comparison("stream", "1,000 streamed events", "ms CPU", cpu, note=OWN_WIRE)]
    return Row("stream", "1,000 streamed events, typed, CPU", checks, figures | busy_share(share), compared)


def layer(rounds: int, window: float) -> Row:
    """What a layer that does nothing costs a call."""
    found = alternate({"claif": lambda: client("claif", "claif_layer", "--window", window)}, rounds, "layer")["claif"]
    checks = [Check("a layer that does nothing", [result["layer_us"] for result in found], 5, unit="µs a call")]
    figures = {
        "a plugin whose hook gives one such layer": spread([result["plugin_us"] for result in found], "µs CPU a call"),
        "a call of a provider that answers at once": spread([result["call_us"] for result in found], "µs CPU"),
    }
    return Row("layer", "Layers", checks, figures)


def busy_share(share: float) -> dict[str, str]:
    """Whether the server kept up."""
    return {"server, at most": f"{share * 100:.0f} % of one core"}
