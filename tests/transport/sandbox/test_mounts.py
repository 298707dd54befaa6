"""The order of mounts: what is further in comes later, so that nothing is covered that should be seen."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from claif.transport.sandbox.mounts import Kind, Mount, is_hidden, ordered, seen

NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(NAMES, max_size=4).map(lambda names: Path("/", *names))
MOUNTS = st.lists(st.tuples(PATHS, st.sampled_from(list(Kind))).map(lambda pair: Mount(*pair)), max_size=12)


@given(MOUNTS)
def test_no_mount_is_covered_by_a_later_one(mounts):
    order = ordered(mounts)
    for number, mount in enumerate(order):
        assert not any(mount.path.is_relative_to(later.path) for later in order[number + 1 :])


@given(MOUNTS, PATHS)
def test_a_place_is_seen_as_the_innermost_mount_says(mounts, path):
    order = ordered(mounts)
    last = None
    for mount in order:
        if path.is_relative_to(mount.path):
            last = mount
    found = seen(path, mounts)
    assert (found and found.path, found and found.kind) == (last and last.path, last and last.kind)
    assert is_hidden(path, mounts) == (last is not None and last.kind < Kind.READ)


@given(MOUNTS)
def test_of_two_mounts_of_one_place_what_shows_more_wins(mounts):
    for mount in ordered(mounts):
        assert mount.kind == max(other.kind for other in mounts if other.path == mount.path)
    assert {mount.path for mount in ordered(mounts)} == {mount.path for mount in mounts}
