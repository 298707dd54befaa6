"""What is complete passes a rewriter: the blocks of a message stay what they are, and none hides a text from it."""

from __future__ import annotations

from pipeline.support import Secret

from claif.models import (
    ContentBlock,
    Message,
    TextBlock,
    ThinkingBlock,
    ToolUseBlock,
    UnknownBlock,
)
from claif.pipeline.rewritten import rewritten_message


def test_the_blocks_of_a_message_stay_what_they_are() -> None:
    before = Message.assistant(
        [
            ThinkingBlock("ab", "signed"),
            TextBlock("xab"),
            ToolUseBlock("1", "t", {"x": "ab"}),
            TextBlock("y"),
            UnknownBlock({"x": "ab"}),
        ]
    ).with_metadata(id="ab")
    after = rewritten_message(before, Secret)
    tool = ToolUseBlock("1", "t", {"x": "*"})
    blocks: list[ContentBlock] = [ThinkingBlock("*"), TextBlock("x*"), tool, TextBlock("y"), UnknownBlock({"x": "*"})]
    assert after == Message.assistant(blocks).with_metadata(id="ab")


def test_a_thought_that_did_not_change_keeps_its_signature() -> None:
    message = Message.assistant([ThinkingBlock("fine", "signed")])
    assert rewritten_message(message, Secret) == message


def test_what_is_spread_over_blocks_is_found() -> None:
    blocks: list[ContentBlock] = [TextBlock("xa"), ToolUseBlock("1", "t"), TextBlock("by")]
    assert rewritten_message(Message.assistant(blocks), Secret).text == "x*y"


def test_of_the_blocks_of_a_message_that_was_cut_only_the_last_was() -> None:
    blocks: list[ContentBlock] = [TextBlock("a"), ToolUseBlock("1", "t"), TextBlock("a")]
    cut = rewritten_message(Message.assistant(blocks), Secret, cut=True)
    assert [block.text for block in cut.content if isinstance(block, TextBlock)] == ["a", "?"]


def test_a_message_without_anything_to_rewrite_is_the_same_object() -> None:
    message = Message.assistant([TextBlock("x"), ToolUseBlock("1", "t", {"x": ["y"]}), UnknownBlock({"x": "y"})])
    assert rewritten_message(message, Secret) is message
