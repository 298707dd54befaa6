"""What a file is, is told by its bytes first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claif.cli.mime import guess, image_size, sniff

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (640).to_bytes(4, "big") + (480).to_bytes(4, "big") + b"\x08\x06\0\0\0"
JPEG = (
    b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
    b"\xff\xff\xc0\0\x11\x08" + (300).to_bytes(2, "big") + (200).to_bytes(2, "big") + b"\x03"
)
GIF = b"GIF89a" + (7).to_bytes(2, "little") + (9).to_bytes(2, "little")


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (PNG, "holiday.txt", "image/png"),
        (JPEG, "", "image/jpeg"),
        (GIF, "", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "", "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "", "audio/wav"),
        (b"\0\0\0\x20ftypavif", "", "image/avif"),
        (b"\0\0\0\x20ftypisom", "", "video/mp4"),
        (b"%PDF-1.7", "x", "application/pdf"),
        (b"PK\x03\x04", "report.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"PK\x03\x04", "files.zip", "application/zip"),
        (b"# Hello", "notes.md", "text/markdown"),
        (b"hello", "", "text/plain"),
        (b"print(1)", "a.py", "text/x-python"),
        ("grün".encode("latin-1"), "a.txt", "application/octet-stream"),
        (b"\0\1\2", "fake.png", "application/octet-stream"),
        (b"\0\1\2", "", "application/octet-stream"),
        (b"\0\1\2", "x.sqlite.gz", "application/octet-stream"),
    ],
)
def test_the_bytes_tell_then_the_name(data, name, expected):
    assert sniff(data, name) == expected


def test_a_url_has_only_its_name():
    assert guess("photo.JPG", "image/*") == "image/jpeg"
    assert guess("photo", "image/*") == "image/*"


def test_the_header_tells_the_size_of_an_image():
    assert image_size(PNG) == (640, 480)
    assert image_size(JPEG) == (200, 300)
    assert image_size(GIF) == (7, 9)


@pytest.mark.parametrize("data", [b"", PNG[:20], JPEG[:25], GIF[:8], b"\xff\xd8\xff\xe0\0\0", b"BM123", b"\xff\xd8\0"])
def test_a_header_that_is_cut_tells_nothing(data):
    assert image_size(data) is None


@given(
    st.binary(max_size=64), st.sampled_from([b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"GIF89a"]), st.text(max_size=8)
)
def test_no_bytes_and_no_name_are_too_much(data, magic, name):
    image_size(magic + data)
    assert "/" in sniff(magic + data, name)
