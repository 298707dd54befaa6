"""Queries refuse what nobody could answer, and are built from what a caller has at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from claif.errors import InvalidQueryError
from claif.models import ImageBlock, Message, Options, Query, Role, TextBlock, ToolResultBlock
from claif.models.build import build_query


@pytest.mark.parametrize("prompt", ["", "  \n\t", Message.system("only instructions"), []])
def test_an_empty_prompt_is_refused(prompt: object) -> None:
    with pytest.raises(InvalidQueryError, match="empty"):
        Query(prompt).check()


def test_a_nul_is_refused_with_its_position_and_a_way_out() -> None:
    with pytest.raises(InvalidQueryError, match="position 2") as caught:
        Query("ab\0c").check()
    assert "-a FILE" in (caught.value.hint or "")


def test_a_lone_surrogate_is_refused_also_in_a_system_message() -> None:
    with pytest.raises(InvalidQueryError, match="surrogate"):
        Query([Message.system("a\ud800"), Message.user("hi")]).check()


def test_an_image_or_a_tool_result_alone_asks_something() -> None:
    Query([Message.user([ImageBlock(b"x", "image/png")])]).check()
    Query([Message(Role.TOOL, [ToolResultBlock("1", "42")])]).check()


def test_the_prompt_is_the_last_message_of_the_user() -> None:
    query = Query([Message.user("one"), Message.assistant("two"), Message.user("three"), Message.assistant("four")])
    assert query.prompt == "three"
    assert Query([Message.system("a"), Message.system("b"), Message.user("c")]).system == "a\n\nb"


@pytest.mark.parametrize("given", ["/a", Path("/a"), ["/a"], (Path("/a"),), iter(["/a"])])
def test_further_folders_are_paths_or_texts_one_or_several(given: object) -> None:
    assert Query("hi", add_dirs=given).add_dirs == ("/a",)
    assert build_query("hi", stream=True, add_dirs=["/b", Path("c")], worktree=True).add_dirs == ("/b", "c")
    assert Query("hi").add_dirs == ()
    assert not Query("hi").worktree


def test_options_and_query_fields_go_where_they_belong() -> None:
    query = build_query("hi", stream=True, provider="p", temperature=0.5, stop=["x"], system="be terse")
    assert (query.provider, query.stream) == ("p", True)
    assert query.options == Options(temperature=0.5, stop=("x",))
    assert [message.role for message in query.messages] == [Role.SYSTEM, Role.USER]


def test_attachments_go_before_the_text_of_the_last_message() -> None:
    image = ImageBlock(b"x", "image/png")
    query = build_query("what is it?", stream=False, attachments=[image])
    assert query.messages[-1].content == (image, TextBlock("what is it?"))


def test_what_is_given_wins_over_the_query_that_is_given() -> None:
    base = Query("hi", provider="a", options=Options(temperature=1.0, top_p=0.5))
    query = build_query(base, stream=False, provider="b", temperature=0.0)
    assert (query.provider, query.options.temperature, query.options.top_p) == ("b", 0.0, 0.5)


def test_a_misspelt_field_is_refused() -> None:
    with pytest.raises(TypeError, match="temprature"):
        build_query("hi", stream=False, temprature=1)
