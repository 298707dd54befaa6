"""Rows about the command: its help, and a whole query, from the start of the process to its end."""

from __future__ import annotations

from pathlib import Path

from comparison import Comparison
from environments import HERE, bin_of, child_environment
from measure import Sample, alternate, cpu_of, ratios, repeated, write
from reading import spread
from report import Check, Row
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
    bars = {"claif": ours} | {name: values for name, values in found.items() if name != "claif query"}
    compared = Comparison("query", "One question on the command line", "ms CPU", bars)
    return Row("query", "`claif query` to a loopback endpoint, whole process, CPU", checks, figures, [compared])
