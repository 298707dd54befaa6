"""With what Gemini CLI is started: by which protocol, in which home, and when ahead."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from claif_gemini.provider import GeminiProvider

from claif import Client
from claif.config import ConfigLoader
from claif.errors import InvalidQueryError
from claif.models import ImageBlock, Message, Options, Query, TextBlock
from claif.testing import FakeCLI

CONVERSATION = "0b5f7c1e-1111-4222-8333-123456789abc"


@asynccontextmanager
async def opened(folder: Path, fake: FakeCLI, **settings: Any) -> AsyncIterator[tuple[Client, GeminiProvider]]:
    """A client whose default provider is the fake, and that provider."""
    table = {"path": str(fake.program), "directory": str(folder), "api_key": "sk-x", **settings}
    config = {"general": {"default_provider": "gemini"}, "providers": {"gemini": table}, "sandbox": {"level": "off"}}
    (folder / "home").mkdir(mode=0o700)
    async with Client(ConfigLoader.from_mapping(config, home=folder / "home")) as client:
        provider = client.provider("gemini")
        assert isinstance(provider, GeminiProvider)
        yield client, provider


async def test_the_home_of_a_limit_of_turns_is_all_that_its_tools_may_write_and_governs(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeCLI.gemini(tmp_path / "bin")) as (_, provider):
        usual, limited = (
            provider.job(Query([Message.system("Be terse."), Message.user("hi")], options=Options(extra=extra)))
            for extra in ({}, {"max_turns": 2})
        )
    for job in (usual, limited):
        home = Path(str(job.command.environment["GEMINI_CLI_HOME"]))
        instructions = Path(str(job.command.environment["GEMINI_SYSTEM_MD"]))
        assert os.stat(home).st_mode & 0o777 == 0o700
        assert job.policy.state == (home,)
        assert home / ".gemini" / "settings.json" in job.policy.governing
        assert instructions.parent in job.policy.governing
        assert instructions.is_relative_to(home)
    assert not set(limited.policy.governing) & set(usual.policy.governing)
    for governing in limited.policy.governing:
        assert not governing.is_relative_to(usual.policy.state[0])


@pytest.mark.parametrize(
    ("protocol", "conversation", "ahead"),
    [("acp", None, 1), ("acp", CONVERSATION, 0), ("stream-json", None, 0), ("stream-json", CONVERSATION, 0)],
)
async def test_only_a_process_that_speaks_acp_is_started_ahead(
    tmp_path: Path, protocol: str, conversation: str | None, ahead: int
) -> None:
    fake = FakeCLI.gemini(tmp_path / "bin", conversations=[CONVERSATION])
    async with opened(tmp_path, fake, protocol=protocol) as (client, provider):
        pool = provider.context.processes.pool
        provider.prewarm(Query("warm", conversation=conversation))
        assert pool.stats("gemini").idle == ahead
        assert (await client.query("hi", conversation=conversation)).text == "hi"
        assert (pool.stats("gemini").started, pool.stats("gemini").reused) == (1, ahead)


@pytest.mark.parametrize(
    ("words", "by_acp", "by_stream"),
    [
        ([], ["--acp"], []),
        (["--acp"], ["--acp"], []),
        (["--experimental-acp"], ["--experimental-acp"], []),
        (["--debug", "--acp=true"], ["--debug", "--acp=true"], ["--debug"]),
    ],
)
async def test_the_words_of_a_command_are_its_own_except_those_of_the_other_protocol(
    tmp_path: Path, words: list[str], by_acp: list[str], by_stream: list[str]
) -> None:
    fake = FakeCLI.gemini(tmp_path / "bin")
    async with opened(tmp_path, fake, command=[str(fake.program), *words]) as (_, provider):
        one = provider.job(Query("hi", model="m")).command.arguments
        other = provider.job(Query("hi", model="m", conversation=CONVERSATION)).command.arguments
    assert list(one) == [*by_acp, "-m", "m"]
    assert list(other) == [
        *by_stream,
        *("-m", "m", "--output-format=stream-json", "--approval-mode=default", f"--resume={CONVERSATION}"),
    ]


SERVERS = {"calc": {"command": "python3"}}
IMAGE = Message.user([ImageBlock(b"x", "image/png"), TextBlock("?")])


@pytest.mark.parametrize(("settings", "prompt"), [({"mcp_servers": SERVERS}, "hi"), ({}, IMAGE)])
@pytest.mark.parametrize(
    ("protocol", "how", "hint"),
    [
        ("stream-json", {}, "Use the protocol acp."),
        ("acp", {"conversation": CONVERSATION}, "begin a new one, by the protocol acp"),
        ("stream-json", {"conversation": CONVERSATION}, "begin a new one, by the protocol acp"),
    ],
)
async def test_what_its_stream_does_not_take_is_refused_with_a_hint_that_helps(
    tmp_path: Path, settings: dict[str, Any], prompt: str | Message, protocol: str, how: dict[str, str], hint: str
) -> None:
    fake = FakeCLI.gemini(tmp_path / "bin")
    async with opened(tmp_path, fake, protocol=protocol, **settings) as (client, _):
        with pytest.raises(InvalidQueryError, match="gemini -o stream-json") as caught:
            await client.query(prompt, **how)  # type: ignore[arg-type] # a conversation
    assert hint in (caught.value.hint or "")
