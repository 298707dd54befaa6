"""What the plugin promises."""

from __future__ import annotations

import pytest

from claif.api import Client, InvalidQueryError


async def test_the_answer_is_shouted_and_signed() -> None:
    """The provider answers, and the processor signs."""
    async with Client({}) as client:
        reply = await client.query("hello there", provider="shout")
    assert reply.text == "HELLO THERE!\n\n-- shouted by claif-shout"


async def test_a_password_is_refused() -> None:
    """Whoever is asked."""
    async with Client({}) as client:
        with pytest.raises(InvalidQueryError):
            await client.query("my password is 1234", provider="megaphone")
