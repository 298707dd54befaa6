"""Messages and blocks are values."""

from __future__ import annotations

import pytest
from attrs.exceptions import FrozenInstanceError

from claif.models import ImageBlock, Message, Role, TextBlock, ToolUseBlock


def test_a_string_becomes_one_text_block() -> None:
    assert Message.user("hi").content == (TextBlock("hi"),)
    assert Message("assistant", ["x"] and [TextBlock("a"), TextBlock("b")]).text == "ab"


def test_equality_is_structural_and_messages_cannot_change() -> None:
    assert Message.user("hi") == Message(Role.USER, [TextBlock("hi")])
    with pytest.raises(FrozenInstanceError):
        Message.user("hi").role = Role.SYSTEM


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(ValueError, match="nobody"):
        Message("nobody", "hi")


def test_replacing_the_text_keeps_the_other_blocks_in_their_places() -> None:
    tool = ToolUseBlock("1", "t")
    message = Message.assistant([TextBlock("a"), tool, TextBlock("b")])
    assert message.replace_text("new").content == (TextBlock("new"), tool)
    assert Message.assistant([tool]).replace_text("new").content == (tool, TextBlock("new"))


def test_metadata_is_added_to_a_copy() -> None:
    message = Message.user("hi")
    assert message.with_metadata(a=1).with_metadata(b=2).metadata == {"a": 1, "b": 2}
    assert message.metadata == {}


def test_the_repr_of_an_attachment_does_not_print_its_bytes() -> None:
    assert "<3 bytes>" in repr(ImageBlock(b"abc", "image/png"))
