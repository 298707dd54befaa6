"""What kind of file some bytes are, by what they begin with, then by the file's name."""

from __future__ import annotations

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS = {b"avif": "image/avif", b"heic": "image/heic", b"heix": "image/heic", b"M4A ": "audio/mp4"}
_OFFICE = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".epub": "application/epub+zip",
}
_TEXT = {".md": "text/markdown", ".csv": "text/csv", ".html": "text/html", ".json": "application/json"}

UNKNOWN = "application/octet-stream"

_PNG_HEADER, _GIF_HEADER = 24, 10
"""Bytes up to and with the size of the image."""
_MARKER = 0xFF
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG markers that begin a frame, which tells the size."""


def sniff(data: bytes, name: str = "") -> str:
    """The MIME type; `application/octet-stream` when neither the bytes nor the name tell."""
    suffix = "." + name.rpartition(".")[2].lower() if "." in name else ""
    for magic, mime_type in _MAGIC:
        if data.startswith(magic):
            return _OFFICE.get(suffix, mime_type) if mime_type == "application/zip" else mime_type
    if data[:4] == b"RIFF" and data[8:12] in _RIFF:
        return _RIFF[data[8:12]]
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], "video/mp4")
    if is_text(data):
        return guess(name, "text/plain")
    guessed = guess(name, UNKNOWN)
    # A name that promises text or an image does not make one of bytes that are neither.
    return UNKNOWN if guessed.startswith(("text/", "image/")) else guessed


def guess(name: str, default: str) -> str:
    """The MIME type that a file's name or a URL's path promises."""
    suffix = "." + name.rpartition(".")[2].lower() if "." in name else ""
    if suffix in _TEXT:
        return _TEXT[suffix]
    from mimetypes import guess_type

    return guess_type("x" + suffix)[0] or default


def is_text(data: bytes) -> bool:
    """Whether it is UTF-8 without NUL."""
    if b"\0" in data:
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG, GIF or JPEG image in pixels, read from its header; `None` when it does not tell."""
    if data.startswith(b"\x89PNG") and data[12:16] == b"IHDR" and len(data) >= _PNG_HEADER:
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    if data[:4] == b"GIF8" and len(data) >= _GIF_HEADER:
        return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    return _jpeg_size(data) if data[:2] == b"\xff\xd8" else None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Walk over the segments to the one that begins a frame."""
    position = 2
    while position + 9 <= len(data) and data[position] == _MARKER:
        marker = data[position + 1]
        if marker == _MARKER:
            position += 1
        elif marker in _FRAMES:
            height, width = data[position + 5 : position + 7], data[position + 7 : position + 9]
            return int.from_bytes(width, "big"), int.from_bytes(height, "big")
        else:
            position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return None
