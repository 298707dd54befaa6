"""Attacks 10 and 11: names that would be paths, and names that would be the same when they are put together.

There are no sessions and no cache yet. What has names today: keys that are stored, providers and models, and the files
and connection pools that are found by them.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.config import ConfigLoader, Secret
from claif.config.dotted import join, split
from claif.config.edit import set_value
from claif.config.keyfile import keys_path, store_key, stored_keys
from claif.errors import ConfigurationError, InvalidConfigError, ModelNotFoundError
from claif.transport.http import HTTP

HOSTILE = [
    "../../x",
    "a/b",
    "..",
    ".",
    "",
    "/etc/passwd",
    "a\\b",
    "a\0b",
    "x" * 5000,
    "\u202egnp.exe",
    "a\nb",
    "-rf",
    "~",
    "$(id)",
]


def everything_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:12]))
def test_attack_10_the_name_of_a_key_is_never_a_path(tmp_path: Path, name: str) -> None:
    home = tmp_path / "deep" / "home"
    with pytest.raises(InvalidConfigError, match="no name of a key"):
        store_key(home, name, Secret("sk-canary-4711"))
    assert everything_in(tmp_path) <= {"deep", "deep/home"}


def test_attack_10_names_that_differ_only_in_case_or_that_some_systems_reserve_are_themselves(tmp_path: Path) -> None:
    names = ["CON", "con", "Nul", "a.b", "a_b", "a-b"]
    for number, name in enumerate(names):
        store_key(tmp_path, name, Secret(f"key-number-{number}"))
    assert {name: key.reveal() for name, key in stored_keys(tmp_path).items()} == {
        name: f"key-number-{number}" for number, name in enumerate(names)
    }
    assert everything_in(tmp_path) == {keys_path(tmp_path).name}


@given(st.text(max_size=30))
def test_attack_10_no_name_of_a_model_leads_out_of_the_folder_of_models(name: str) -> None:
    from claif_local.choice import choose

    folder = Path("/nowhere/models")
    try:
        chosen = choose(name, None, folder)
    except ModelNotFoundError:
        return
    assert Path(os.path.normpath(chosen.path)).parent == folder


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:12]))
def test_attack_10_the_name_of_a_provider_is_never_a_path(tmp_path: Path, name: str) -> None:
    home = tmp_path / "home"
    with pytest.raises(ConfigurationError):
        set_value(home / "config.toml", f'providers."{name}".model', "m")
    assert everything_in(tmp_path) <= {"home"}


NAMES = st.text(st.characters(exclude_characters="\"'\\", codec="utf-8", categories=["L", "N", "P"]), max_size=8)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(tuple)


@given(PATHS, PATHS)
def test_attack_11_different_places_have_different_dotted_names(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert (join(one) == join(other)) is (one == other)
    assert split(join(one)) == one


def test_attack_11_a_dot_in_a_name_does_not_reach_into_another_table(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    set_value(file, 'providers."a.options".model', "theirs")
    set_value(file, "providers.a.options.model", "mine")
    config = ConfigLoader.read(home=tmp_path, environ={}, cwd=tmp_path).build()
    assert config.get('providers."a.options".model') == "theirs"
    assert config.get("providers.a.options.model") == "mine"


PARTS = st.sampled_from(["", "a", "ab", "b", "/a", "a/b", "None"])


@given(*(st.tuples(PARTS, st.one_of(st.none(), PARTS), st.one_of(st.none(), PARTS)) for _ in range(2)))
def test_attack_11_connections_are_shared_only_where_host_socket_and_trust_are_the_same(
    one: tuple[str, str | None, str | None], other: tuple[str, str | None, str | None]
) -> None:
    """However the three run into each other when they are written side by side."""
    http = HTTP()

    def pool(host: str, uds: str | None, ca_bundle: str | None) -> object:
        host = f"h{host.replace('/', '-')}.example"
        return http.endpoint(f"https://{host}", uds=uds or None, ca_bundle=ca_bundle or None)._pool

    same = (one[0].replace("/", "-"), one[1] or None, one[2] or None) == (
        other[0].replace("/", "-"),
        other[1] or None,
        other[2] or None,
    )
    assert (pool(*one) is pool(*other)) is same
