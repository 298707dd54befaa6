"""Rows about the first use of a package: how much is installed, what its import costs, and its first query."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from comparison import Comparison
from contenders import CLAIF, CONTENDERS, OWN_WIRE
from environments import HERE, bin_of, footprint
from measure import Sample, alternate, cpu_of, ratios, repeated
from reading import spread
from report import Check, Row
from server import Server

ANSWER = "".join(f" tok{i}" for i in range(20))

CLIENT = """
import trio, claif
async def main():
    async with claif.Client({"general": {"default_provider": "fake"}}): pass
trio.run(main)
"""
PYDANTIC_AI = """
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
import pydantic_ai.direct
OpenAIChatModel("m", provider=OpenAIProvider(api_key="sk-test"))
"""
BARE, MODELS = "bare Python", "claif, its models only"
IMPORTS = {
    BARE: "pass",
    MODELS: "import claif; claif.Message; claif.Query; claif.TextDelta; claif.ClaifError",
    CLAIF: CLIENT,
    "httpcore2 on trio": "import trio, httpcore2; httpcore2.AsyncConnectionPool()",
    "httpx2 on trio": "import trio, httpx2; httpx2.AsyncClient()",
    "openai": "import openai; openai.AsyncOpenAI(api_key='sk-test')",
    "anthropic": "import anthropic; anthropic.AsyncAnthropic(api_key='sk-test')",
    "any-llm": "import any_llm; any_llm.AnyLLM.create('openai', api_key='sk-test')",
    "pydantic-ai": PYDANTIC_AI,
    "litellm": "import litellm",
    "llm": "import llm; llm.get_async_model('gpt-4o-mini')",
}
"""What makes a client, or for litellm, which has none, imports it."""


def environment_of(name: str) -> str:
    """Where a contender is installed; what is none runs where Claif is."""
    return CONTENDERS.get(name, CONTENDERS[CLAIF])[0]


def several(sample: Callable[[str], float], names: list[str], window: float, least: int) -> dict[str, Sample]:
    """For each name its sample, repeated for a window of time."""
    return {name: repeated(partial(sample, name), window * 1000, least) for name in names}


def imports(rounds: int, window: float) -> Row:
    """`import claif` and a client, beside its peers."""

    def sample(name: str) -> float:
        return cpu_of([str(bin_of(environment_of(name)) / "python"), "-c", IMPORTS[name]])

    for name in IMPORTS:
        sample(name)
    found = alternate(several(sample, list(IMPORTS), window, 3), rounds, "imports")
    checks = [
        Check("the models only, to openai", ratios(found[MODELS], found["openai"])),
        Check("with an open client, to openai", ratios(found[CLAIF], found["openai"]), 1 / 3),
        Check("with an open client, to litellm", ratios(found[CLAIF], found["litellm"]), 1 / 10),
    ]
    figures = {name: spread(values, "ms CPU") for name, values in found.items()}
    note = "litellm has no client to make: this is its import alone."
    return Row(
        "imports",
        "Import, CPU",
        checks,
        figures,
        [Comparison("imports", "Import, and a client made", "ms CPU", found, note=note)],
    )


def first(rounds: int, window: float) -> Row:
    """A fresh process that imports, makes a client, asks once and ends."""
    with Server() as server:

        def sample(name: str) -> float:
            environment, program = CONTENDERS[name]
            script = str(HERE / "clients" / f"{program}.py")
            return cpu_of([str(bin_of(environment) / "python"), script, "first", "--url", server.url], ANSWER)

        for name in CONTENDERS:
            sample(name)
        found = alternate(several(sample, list(CONTENDERS), window, 1), rounds, "first")
    peers = [name for name in CONTENDERS if name != CLAIF]
    checks = [Check(f"to {name}", ratios(found[CLAIF], found[name])) for name in peers]
    figures = {name: spread(values, "ms CPU") for name, values in found.items()}
    compared = Comparison("first", "First query of a fresh process", "ms CPU", found, note=OWN_WIRE)
    return Row("first", "First query by the Python API, whole process, CPU", checks, figures, [compared])


def installed(_rounds: int, _window: float) -> Row:
    """How much gets installed."""
    environments = [environment for environment, _ in CONTENDERS.values()]
    sizes = {name: footprint(name) for name in [*environments, "claif-local"]}
    packages, size = sizes["claif"]
    checks = [
        Check("packages, claif and claif-openai", [packages], 21, unit=""),
        Check("without bytecode, claif and claif-openai", [size], 15, unit="MB"),
    ]
    figures = {name: f"{n} packages, {mb:.1f} MB" for name, (n, mb) in sizes.items()}
    counts = {name: [float(sizes[environment][0])] for name, (environment, _) in CONTENDERS.items()}
    megabytes = {name: [sizes[environment][1]] for name, (environment, _) in CONTENDERS.items()}
    note = "With trio, where the package is used on it; claif with claif-openai."
    compared = [
        Comparison("packages", "Installed packages", "number", counts, note=note),
        Comparison("installed", "Installed size", "MB without bytecode", megabytes, note=note),
    ]
    return Row("installed", "Installed", checks, figures, compared)
