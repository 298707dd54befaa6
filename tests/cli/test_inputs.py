"""Words, standard input and attachments become messages."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from claif.cli import attach, pipes, stdin
from claif.cli.inputs import SILENT_STDIN, build_messages, join_prompt
from claif.errors import InvalidQueryError
from claif.models import FileBlock, ImageBlock, Role, TextBlock

from .test_mime import PNG


@contextmanager
def piped(monkeypatch: pytest.MonkeyPatch, data: bytes | None, *, close: bool = True) -> Iterator[None]:
    """Standard input is a pipe with this data; open and silent when it is not closed."""
    read, write = os.pipe()
    if data:
        os.write(write, data)
    if close:
        os.close(write)
    with os.fdopen(read) as file, monkeypatch.context() as patch:
        patch.setattr(sys, "stdin", file)
        yield
    if not close:
        os.close(write)


def texts(messages):
    return [block.text for message in messages for block in message.content if isinstance(block, TextBlock)]


@pytest.mark.parametrize(
    ("text", "prompt", "joined"),
    [
        *(("notes\n", "Summarise", "notes\n\nSummarise"), ("", "hi", "hi"), ("\n \n", "hi", "hi")),
        *(("only this\n", "", "only this\n"), ("a\n\n\n", "b", "a\n\nb"), ("", "", "")),
    ],
)
def test_standard_input_comes_first_and_the_prompt_after_a_blank_line(text, prompt, joined):
    assert join_prompt(text, prompt) == joined


def test_piped_text_joins_the_prompt(monkeypatch):
    with piped(monkeypatch, b"\xef\xbb\xbfnotes\n"):
        messages, remarks = build_messages(["Summarise", "this"], system="Be terse")
    assert [message.role for message in messages] == [Role.SYSTEM, Role.USER]
    assert texts(messages) == ["Be terse", "notes\n\nSummarise this"]
    assert remarks == []


def test_piped_text_alone_is_the_prompt(monkeypatch):
    with piped(monkeypatch, "hé".encode("utf-16")):
        messages, _ = build_messages([])
    assert texts(messages) == ["hé"]


def test_an_open_silent_pipe_is_not_waited_for_when_there_is_a_prompt(monkeypatch):
    monkeypatch.setattr(stdin, "PATIENCE", 0.01)
    with piped(monkeypatch, None, close=False):
        messages, remarks = build_messages(["hi"])
    assert texts(messages) == ["hi"]
    assert remarks == [SILENT_STDIN]


def test_a_writer_that_writes_and_ends_while_it_is_looked_for_is_heard(monkeypatch):
    read, write = os.pipe()

    def late(descriptor: int) -> bool:
        os.write(write, b"late")
        os.close(write)
        return False

    monkeypatch.setattr(stdin, "PATIENCE", 0.01)
    monkeypatch.setattr(pipes, "has_writer", late)
    with os.fdopen(read) as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert stdin.read_text(optional=True) == ("late", False)


def test_a_closed_standard_input_is_none(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    messages, _ = build_messages(["hi"])
    assert texts(messages) == ["hi"]


def test_an_empty_prompt_is_refused(monkeypatch):
    for data in (b"", b" \n"):
        with piped(monkeypatch, data), pytest.raises(InvalidQueryError, match="empty"):
            build_messages([" "])


def test_bytes_that_are_no_text_are_refused_with_what_helps(monkeypatch):
    with piped(monkeypatch, b"ab\xff\xfe"), pytest.raises(InvalidQueryError, match="byte 2") as caught:
        build_messages(["hi"])
    assert "-a -" in caught.value.hint


def test_text_beyond_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(stdin, "LIMIT", 10)
    with piped(monkeypatch, b"x" * 11), pytest.raises(InvalidQueryError, match="Standard input has more than"):
        build_messages(["hi"])


def test_standard_input_can_be_an_attachment(monkeypatch):
    with piped(monkeypatch, PNG):
        messages, _ = build_messages(["What is it?"], attachments=["-"])
    assert messages[0].content == (ImageBlock(PNG, "image/png"), TextBlock("What is it?"))


def test_standard_input_cannot_be_attached_twice(monkeypatch):
    with piped(monkeypatch, PNG), pytest.raises(InvalidQueryError, match="only once"):
        build_messages(["hi"], attachments=["-", "-"])


def test_a_file_is_attached_by_its_path(tmp_path):
    path = tmp_path / "notes.md"
    path.write_bytes(b"# Notes")
    assert attach.load_attachment(str(path)) == FileBlock(b"# Notes", "text/markdown", "notes.md")


@pytest.mark.parametrize(
    ("url", "block"),
    [
        ("https://example.com/a.png?x=1", ImageBlock(mime_type="image/png", url="https://example.com/a.png?x=1")),
        ("http://example.com/photo", ImageBlock(mime_type="image/*", url="http://example.com/photo")),
        ("https://x/a.pdf", FileBlock(mime_type="application/pdf", name="a.pdf", url="https://x/a.pdf")),
    ],
)
def test_a_url_is_handed_over_and_not_fetched(url, block):
    assert attach.load_attachment(url) == block


def test_attachments_that_cannot_be_read_are_refused(tmp_path):
    empty = tmp_path / "empty"
    empty.touch()
    for path, reason in (
        (tmp_path / "absent", "No such file"),
        (tmp_path, "Is a directory"),
        ("a\0b", "null"),
        (empty, "empty"),
        ("file:///etc/passwd", "No such file"),
    ):
        with pytest.raises(InvalidQueryError, match=reason):
            attach.load_attachment(str(path))


def test_attachments_that_are_too_large_are_refused(monkeypatch):
    monkeypatch.setattr(attach, "LIMIT", 1000)
    with pytest.raises(InvalidQueryError, match="has more than"):
        attach.load_attachment("/dev/zero")


def test_a_picture_that_would_unpack_to_gigabytes_is_refused(tmp_path):
    path = tmp_path / "bomb.png"
    path.write_bytes(PNG[:16] + (30_000).to_bytes(4, "big") * 2 + PNG[24:])
    with pytest.raises(InvalidQueryError, match="30000 x 30000 pixels"):
        attach.load_attachment(str(path))


def test_a_file_is_its_text_or_else_an_attachment(tmp_path):
    text, photo, empty = tmp_path / "a.md", tmp_path / "b.png", tmp_path / "c.md"
    text.write_bytes(b"\xef\xbb\xbfh\xc3\xa9")
    photo.write_bytes(PNG)
    empty.write_bytes(b"")
    assert attach.load_file(str(text)) == TextBlock("hé")
    assert attach.load_file(str(photo)) == ImageBlock(PNG, "image/png")
    with pytest.raises(InvalidQueryError, match="is empty"):
        attach.load_file(str(empty))
    with pytest.raises(InvalidQueryError, match="cannot be read"):
        attach.load_file(str(tmp_path))
