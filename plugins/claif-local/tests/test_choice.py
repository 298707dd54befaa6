"""Which model is meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from claif_local.choice import Choice, choose, own_model
from claif_local.settings import LocalSettings
from claif_local.weights import SMOLLM2

from claif.api import InvalidConfigError, ModelNotFoundError

FOLDER = Path("/models")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "mine.gguf"
    path.write_bytes(b"GGUF and more")
    return path


@pytest.mark.parametrize("wanted", [None, "smollm2", "SmolLM2-135M-Instruct"])
def test_without_a_file_of_the_user_it_is_the_model_that_claif_knows(wanted: str | None) -> None:
    assert choose(wanted, None, FOLDER) == Choice(SMOLLM2.name, FOLDER / SMOLLM2.file, SMOLLM2)


@pytest.mark.parametrize("wanted", [None, "mine", "mine.gguf"])
def test_the_users_file_comes_first_and_answers_to_its_name(wanted: str | None, own: Path) -> None:
    assert choose(wanted, own, FOLDER) == Choice("mine", own)
    assert choose(str(own), own, FOLDER) == Choice("mine", own)


def test_the_known_model_can_be_asked_beside_the_users_file(own: Path) -> None:
    assert choose("smollm2", own, FOLDER).weights is SMOLLM2


def test_other_names_are_refused_and_the_right_ones_named(own: Path) -> None:
    with pytest.raises(ModelNotFoundError, match=r"there is mine, SmolLM2-135M-Instruct") as caught:
        choose("gpt-5", own, FOLDER)
    assert caught.value.model == "gpt-5"


@pytest.mark.parametrize(
    ("content", "problem"), [(b"PK", "no GGUF file"), (b"", "no GGUF file"), (None, "No such file")]
)
def test_a_file_of_the_user_that_is_no_model_is_named(tmp_path: Path, content: bytes | None, problem: str) -> None:
    path = tmp_path / "mine.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidConfigError, match=problem) as caught:
        choose(None, path, FOLDER)
    assert caught.value.problems[0].startswith("providers.local.path: ")


def test_a_home_sign_in_the_path_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert own_model("~/mine.gguf") == Path("/home/ada/mine.gguf")
    assert own_model(None) is None


def test_threads_are_what_is_set_or_the_cores_but_few() -> None:
    assert LocalSettings(threads=7).cores == 7
    assert 1 <= LocalSettings().cores <= 4


@pytest.mark.parametrize(
    "table", [{"threads": 0}, {"context": 0}, {"start_timeout": 0}, {"start_timeout": float("nan")}]
)
def test_numbers_that_make_no_sense_are_refused(table: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        LocalSettings(**table)
