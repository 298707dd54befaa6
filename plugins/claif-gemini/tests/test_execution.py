"""What `gemini -o stream-json` is started with and given: no prompt is an argument, a command or the name of a file."""

from __future__ import annotations

import pytest
from claif_gemini.execution import prompt_text, stream_arguments

from claif.errors import InvalidQueryError
from claif.models import FileBlock, ImageBlock, Message, PermissionMode, Query, TextBlock


def query(*blocks: object, **more: object) -> Query:
    return Query([Message.user(blocks)], **more)  # type: ignore[arg-type] # tests give what fits


def test_a_prompt_names_no_file_and_is_no_command() -> None:
    assert prompt_text(query(TextBlock("@/etc/passwd"))) == "@\u2060/etc/passwd"
    assert prompt_text(query(TextBlock(" /clear"))) == "\u2060 /clear"
    assert prompt_text(query(FileBlock(b"x", "text/plain", name="a"), TextBlock("b"))) == "The file a:\n\nx\n\nb"
    with pytest.raises(InvalidQueryError, match="images"):
        prompt_text(query(ImageBlock(b"x", "image/png"), TextBlock("b")))


def test_its_arguments_say_what_it_may_do_and_what_it_goes_on_with() -> None:
    conversation = "0b5f7c1e-1111-4222-8333-123456789abc"
    assert stream_arguments(query(TextBlock("x"), conversation=conversation), PermissionMode.PLAN) == [
        "--output-format=stream-json",
        "--approval-mode=plan",
        f"--resume={conversation}",
    ]
    with pytest.raises(InvalidQueryError):
        stream_arguments(query(TextBlock("x"), conversation="--yolo"), PermissionMode.ASK)
