"""Messages and descriptors arrive as they were sent, orders mean what they meant, errors stay typed."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, fields
from hypothesis import given
from hypothesis import strategies as st

from claif import errors
from claif.config.secret import Secret
from claif.errors import InvalidQueryError, ProtocolError
from claif.transport.broker.wire import MOST, Wire, order_of, read_error, read_order, told
from claif.transport.process.command import Command
from claif.transport.sandbox.policy import Limits, Policy

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
PATHS = st.builds(lambda name: Path("/") / (name.replace("/", "") or "x"), TEXTS)
COUNTS = st.none() | st.integers(1, 2**40)
COMMANDS = st.builds(
    Command,
    program=PATHS,
    interpreter=st.none() | PATHS,
    arguments=st.lists(TEXTS, max_size=3),
    environment=st.dictionaries(TEXTS, TEXTS | TEXTS.map(Secret), max_size=3),
    directory=PATHS,
    leaf=st.booleans(),
)
POLICIES = st.builds(
    Policy,
    wish=st.sampled_from(("auto", "require", "off")),
    directory=PATHS,
    writable=st.booleans(),
    state=st.lists(PATHS, max_size=2),
    governing=st.lists(PATHS, max_size=2),
    more=st.lists(PATHS, max_size=2),
    readable=st.lists(PATHS, max_size=2),
    network=st.sampled_from(("open", "proxy", "none")),
    hosts=st.frozensets(TEXTS, max_size=3),
    nested=st.booleans(),
    limits=st.builds(Limits, memory=COUNTS, cpu=COUNTS, processes=COUNTS, file_size=COUNTS),
)


def pair() -> tuple[Wire, Wire]:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    return Wire(one), Wire(other)


def plain(command: Command) -> dict[str, str]:
    values = command.environment.items()
    return {name: value.reveal() if isinstance(value, Secret) else value for name, value in values}


@given(COMMANDS, POLICIES, st.dictionaries(TEXTS, TEXTS, max_size=3))
def test_an_order_means_the_same_at_the_other_end(command: Command, policy: Policy, inherited: dict[str, str]) -> None:
    found, same, theirs = read_order(order_of(command, policy, inherited))
    assert evolve(found, environment={}) == evolve(command, environment={})
    assert plain(found) == plain(command)
    assert all(isinstance(value, Secret) for value in found.environment.values())
    assert same == policy
    assert theirs == inherited


def test_every_field_goes_over_the_wire() -> None:
    order = order_of(Command(program=Path("/a"), directory=Path("/")), Policy(directory=Path("/")), {})
    names = {field.name for field in fields(Command)}
    assert names <= order.keys()
    assert order["policy"].keys() == {field.name for field in fields(Policy)} - {"limits"}
    assert order["limits"].keys() == {field.name for field in fields(Limits)}


async def test_messages_come_one_by_one_with_their_descriptors() -> None:
    ours, theirs = pair()
    file = os.open(os.devnull, os.O_RDONLY)
    await ours.send({"first": "ü" * 1000}, [file, file])
    os.close(file)
    await ours.send({"second": 2})
    message, fds = await theirs.receive() or ({}, [])
    assert message == {"first": "ü" * 1000}
    assert len(fds) == 2
    for descriptor in fds:
        assert not os.get_inheritable(descriptor)
        os.close(descriptor)
    assert await theirs.receive() == ({"second": 2}, [])
    ours.close()
    assert await theirs.receive() is None
    with pytest.raises(OSError, match="pipe"):
        await theirs.send({})
    theirs.close()


async def test_a_message_that_is_too_large_is_refused_before_it_is_sent() -> None:
    ours, theirs = pair()
    with pytest.raises(InvalidQueryError, match="too long"):
        await ours.send({"text": "x" * MOST})
    await ours.send({"text": "x" * (MOST - 20)})
    assert await theirs.receive()
    ours.close()
    theirs.close()


@pytest.mark.parametrize("data", [b"{", b"[1]", b"\xff", b"x" * (MOST + 1)])
async def test_what_is_no_message_is_an_error(data: bytes) -> None:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    wire = Wire(other)
    with one:
        one.send(data)
        with pytest.raises(ProtocolError):
            await wire.receive()
    wire.close()


@pytest.mark.parametrize(
    "kind", [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ClaifError)]
)
def test_an_error_stays_what_it_is(kind: type[errors.ClaifError]) -> None:
    found = read_error(told(kind("It is so.", hint="Do that.")))
    assert type(found) is kind
    assert (found.message, found.hint) == ("It is so.", "Do that.")


@pytest.mark.parametrize("name", ["ClaifError", "nosuch", "annotations", "__doc__"])
def test_an_unknown_error_is_an_error_of_claif(name: str) -> None:
    told: dict[str, Any] = {"class": name, "message": "What?", "hint": None}
    assert type(read_error(told)) is errors.ClaifError
