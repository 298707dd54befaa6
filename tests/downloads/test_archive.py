"""Wheels that are whole, damaged or hostile."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.api import InstallError, WheelArchive
from downloads.loopback import wheel_of

DATA = bytes(range(256)) * 700
WHEEL = wheel_of(("a/thing", DATA), ("a/empty", b""))


def contents(data: bytes) -> dict[str, bytes]:
    with WheelArchive(io.BytesIO(data), "The thing", "Get another.") as archive:
        return {member.filename: b"".join(archive.chunks(member)) for member in archive.members}


def test_members_come_out_as_they_went_in() -> None:
    assert contents(WHEEL) == {"a/thing": DATA, "a/empty": b""}


@pytest.mark.parametrize("data", [b"", b"<html>sign in</html>", WHEEL[:-30]], ids=["nothing", "a page", "cut off"])
def test_what_is_no_wheel_is_told_with_the_remedy(data: bytes) -> None:
    with pytest.raises(InstallError, match=r"^The thing is no wheel \(") as caught:
        contents(data)
    assert caught.value.hint == "Get another."


def test_damage_inside_is_an_error_of_ours() -> None:
    data = bytearray(WHEEL)
    where = WHEEL.index(b"a/thing") + 200
    data[where : where + 40] = bytes(40)
    with pytest.raises(InstallError, match=r"^The thing is damaged"):
        contents(bytes(data))


def test_compressions_that_wheels_do_not_use_are_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as wheel:
        wheel.writestr("a/thing", DATA)
    with pytest.raises(InstallError, match="is damaged"):
        contents(buffer.getvalue())


@given(st.binary(max_size=200), st.integers(0, len(WHEEL)))
def test_any_bytes_anywhere_end_in_contents_or_an_error_of_ours(junk: bytes, at: int) -> None:
    with suppress(InstallError):
        contents(WHEEL[:at] + junk + WHEEL[at + len(junk) :])
