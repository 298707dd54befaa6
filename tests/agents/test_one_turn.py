"""Programs that are given one prompt: as one text, in which files are and images cannot be."""

from __future__ import annotations

import pytest

from claif.agents.one_turn import one_text
from claif.errors import InvalidQueryError
from claif.models import ContentBlock, FileBlock, ImageBlock, Message, Query, TextBlock


def text_of(*blocks: ContentBlock, before: tuple[Message, ...] = ()) -> str:
    query = Query([*before, Message.user(blocks)])
    return one_text(query, agent="The agent", command="agent exec", hint="Use another one.")


def test_texts_and_files_are_one_text_after_what_was_said_before() -> None:
    before = (Message.system("Be terse."), Message.user("one"), Message.assistant("two"))
    text = text_of(TextBlock("-x"), FileBlock(b"data", "text/plain", "a"), before=before)
    assert text == "What was said before:\n\nUser: one\n\nAssistant: two\n\n-x\n\nThe file a:\n\ndata"


def test_what_is_no_text_is_refused_and_the_hint_says_what_else_to_do() -> None:
    with pytest.raises(InvalidQueryError, match="`agent exec` takes no images") as caught:
        text_of(ImageBlock(b"x", "image/png"), TextBlock("?"))
    assert caught.value.hint == "Use another one."
    with pytest.raises(InvalidQueryError, match="The agent cannot be given the file a"):
        text_of(FileBlock(b"\xff", "application/pdf", "a"), TextBlock("?"))
