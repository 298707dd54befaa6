"""The strategies make what they promise."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from claif.models import Event, Message, Query, Reply
from claif.testing import strategies


@given(strategies.queries())
def test_queries_can_be_asked(query: Query) -> None:
    query.check()


@given(strategies.json_objects())
def test_json_is_json(data: dict[str, Any]) -> None:
    assert json.loads(json.dumps(data, allow_nan=False)) == data


@given(st.data(), st.binary(max_size=40))
def test_pieces_join_to_the_whole(data: st.DataObject, whole: bytes) -> None:
    assert b"".join(data.draw(strategies.chunked_bytes(whole))) == whole


@given(strategies.events(), strategies.messages(), strategies.replies())
def test_events_messages_and_replies_are_of_their_kinds(event: Event, message: Message, reply: Reply) -> None:
    assert isinstance(event, Event)
    assert isinstance(message, Message)
    assert isinstance(reply, Reply)
