"""Rows about starting: the command's help, a whole query, the import, and what gets installed."""

from __future__ import annotations

from pathlib import Path

from environments import HERE, bin_of, child_environment, footprint
from measure import Sample, alternate, cpu_of, ratios, repeated, write
from report import Check, Row, spread
from server import Server

QUESTION = "hi"
ANSWER = "".join(f" tok{i}" for i in range(20)).strip()
SCRIPTS = {"httpx2": "query_httpx2.py", "httpx2 on trio": "query_httpx2_trio.py"}


def command(rounds: int, window: float) -> Row:
    """`--version` and `--help` with twenty plugins."""
    ours, hello = str(bin_of("claif-20") / "claif"), str(bin_of("hello") / "hello")
    assert_plugins_shown(ours)
    samples: dict[str, Sample] = {}
    for option, shown in (("--version", "1.0"), ("--help", "greet")):
        samples[f"hello {option}"] = repeated(lambda o=option, s=shown: cpu_of([hello, o], s), window * 1000)
    for option, shown in (("--version", "2.0"), ("--help", "bench20")):
        samples[f"claif {option}"] = repeated(lambda o=option, s=shown: cpu_of([ours, o], s), window * 1000)
    found = alternate(samples, rounds, "command")
    checks = [
        Check("`claif --version`", ratios(found["claif --version"], found["hello --version"]), 1.15),
        Check("`claif --help`", ratios(found["claif --help"], found["hello --help"]), 1.25),
    ]
    figures = {name: spread(values, "ms CPU") for name, values in found.items()}
    return Row("command", "20 plugins installed, CPU to a click hello-world", checks, figures)


def assert_plugins_shown(ours: str) -> None:
    """Warm up, and be sure that the plugins are there."""
    for number in (1, 20):
        cpu_of([ours, "--help"], f"bench{number:02}")


def query(rounds: int, window: float) -> Row:
    """`claif query` from its start to its end."""
    home = Path(child_environment()["HOME"])
    with Server() as server:
        url = f"{server.url}/v1"
        write(
            home / "claif" / "config.toml",
            '[general]\ndefault_provider = "fake"\n\n[providers.fake]\ntype = "openai"\n'
            f'base_url = "{url}"\napi_key = "sk-test"\nmodel = "m"\n',
        )
        write(home / "llm" / "extra-openai-models.yaml", f"- model_id: bench\n  model_name: m\n  api_base: {url}\n")
        write(home / "llm" / "keys.json", '{"openai": "sk-test"}\n')
        python = str(bin_of("httpx2") / "python")
        commands = {
            "claif query": [str(bin_of("claif") / "claif"), "query", QUESTION],
            "llm": [str(bin_of("llm") / "llm"), "-m", "bench", "--no-log", QUESTION],
            **{name: [python, str(HERE / "clients" / script), url, QUESTION] for name, script in SCRIPTS.items()},
        }
        samples = {name: repeated(lambda c=words: cpu_of(c, ANSWER), window * 1000) for name, words in commands.items()}
        for words in commands.values():
            cpu_of(words, ANSWER)
        found = alternate(samples, rounds, "query")
    ours = found["claif query"]
    checks = [
        Check("to `llm`", ratios(ours, found["llm"]), 1 / 3.5),
        Check("to a bare httpx2 script on trio", ratios(ours, found["httpx2 on trio"]), 1.1),
        Check("to a bare httpx2 script, synchronous", ratios(ours, found["httpx2"])),
    ]
    figures = {name: spread(values, "ms CPU") for name, values in found.items()}
    return Row("query", "`claif query` to a loopback endpoint, whole process, CPU", checks, figures)


CLIENT = """
import trio, claif
async def main():
    async with claif.Client({"general": {"default_provider": "fake"}}): pass
trio.run(main)
"""

IMPORTS = {
    "bare Python": ("claif", "pass"),
    "import claif and its models": (
        "claif",
        "import claif; claif.Message; claif.Query; claif.TextDelta; claif.ClaifError",
    ),
    "claif, a client opened": ("claif", CLIENT),
    "openai, a client made": ("openai", "import openai; openai.AsyncOpenAI(api_key='sk-test')"),
    "litellm": ("litellm", "import litellm"),
}


def imports(rounds: int, window: float) -> Row:
    """`import claif` and a client, beside its peers."""
    samples = {
        name: repeated(lambda e=home, c=code: cpu_of([str(bin_of(e) / "python"), "-c", c]), window * 1000)
        for name, (home, code) in IMPORTS.items()
    }
    for home, code in IMPORTS.values():
        cpu_of([str(bin_of(home) / "python"), "-c", code])
    found = alternate(samples, rounds, "imports")
    models, opened = found["import claif and its models"], found["claif, a client opened"]
    checks = [
        Check("the models only, to openai", ratios(models, found["openai, a client made"])),
        Check("with an open client, to openai", ratios(opened, found["openai, a client made"]), 1 / 3),
        Check("with an open client, to litellm", ratios(opened, found["litellm"]), 1 / 10),
    ]
    return Row("imports", "Import, CPU", checks, {name: spread(values, "ms CPU") for name, values in found.items()})


def installed(_rounds: int, _window: float) -> Row:
    """How much gets installed."""
    sizes = {name: footprint(name) for name in ("claif", "claif-local", "httpx2", "llm", "openai", "litellm")}
    packages, size = sizes["claif"]
    checks = [
        Check("packages, claif and claif-openai", [packages], 21, unit=""),
        Check("without bytecode, claif and claif-openai", [size], 15, unit="MB"),
    ]
    return Row(
        "installed", "Installed", checks, {name: f"{n} packages, {mb:.1f} MB" for name, (n, mb) in sizes.items()}
    )
