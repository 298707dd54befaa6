"""Every contender can be measured: it has a client, an environment of pinned versions, and an import."""

from __future__ import annotations

from pathlib import Path

import pytest
from contenders import CONTENDERS
from environments import ABOUT
from first_use import IMPORTS

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize("name", CONTENDERS)
def test_a_contender_has_all_that_it_takes(name: str) -> None:
    environment, program = CONTENDERS[name]
    assert (BENCHMARKS / "clients" / f"{program}.py").is_file()
    assert environment in ABOUT
    assert name in IMPORTS
    requirements = (BENCHMARKS / "peers" / f"{environment}.txt").read_text().split()
    assert requirements
    assert all("==" in requirement for requirement in requirements)


def test_the_peers_that_are_promised_are_there() -> None:
    promised = {
        "llm",
        "litellm",
        "any-llm",
        "pydantic-ai",
        "openai",
        "anthropic",
        "httpx2 on trio",
        "httpcore2 on trio",
    }
    assert promised == set(CONTENDERS) - {"claif"}
