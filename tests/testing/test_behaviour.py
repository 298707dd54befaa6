"""The path of a URL says how the scripted server behaves."""

from __future__ import annotations

import pytest
from attrs import asdict, fields
from hypothesis import given
from hypothesis import strategies as st

from claif.testing import Behaviour
from claif.testing.behaviour import from_path, to_path

VALUES = {
    "str": st.text(st.characters(exclude_categories=["Cs"])),
    "int": st.integers(),
    "float": st.floats(allow_nan=False),
    "bool": st.booleans(),
}


@given(st.fixed_dictionaries({}, optional={field.name: VALUES[field.type] for field in fields(Behaviour)}))
def test_every_behaviour_survives_the_way_through_a_path(wanted: dict[str, object]) -> None:
    behaviour, rest = from_path(to_path(**wanted) + "/chat/completions")
    assert asdict(behaviour) == asdict(Behaviour(**wanted))
    assert rest == "/chat/completions"


def test_the_path_reads_like_a_sentence() -> None:
    assert to_path(error=429, retry_after=2, drop=True) == "/error=429/retry-after=2/drop=yes/v1"


def test_a_misspelt_behaviour_is_refused_where_it_is_written() -> None:
    with pytest.raises(TypeError, match="eror"):
        to_path(eror=429)


@pytest.mark.parametrize("path", ["/eror=429/v1/models", "/error=many/v1", "/drop=perhaps/v1", "/error/v1"])
def test_a_misspelt_behaviour_is_refused_by_the_server(path: str) -> None:
    with pytest.raises(ValueError, match="no behaviour"):
        from_path(path)
