"""The three clients are one: what `claif.Client` offers, the faces offer likewise, or it is said here why not."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

import claif
from claif.blocking import query
from claif.client import Streams

FACES = [claif.blocking.Client, claif.aio.Client]
STREAMS = [
    *((claif.blocking.Stream, claif.Stream, {"reply"}), (claif.aio.Stream, claif.Stream, {"reply"})),
    *((claif.blocking.Streams, Streams, {"outcomes"}), (claif.aio.Streams, Streams, {"outcomes"})),
]

NOT_OFFERED = {
    "run": "calls `emit` in the caller's own trio task; `stream` is for everybody else",
    "provider": "gives out what lives in the portal's thread",
    "chain": "gives out layers, which live in the portal's thread",
    "state": "is where layers keep what lives in the portal's thread",
    "standard_layers": "is for the hooks, which are called in the portal's thread",
}
"""Public methods of `Client` that the faces leave out, and why. A new method is offered by the faces or listed here."""

TAKEN_OTHERWISE = {claif.blocking.Client: {"approver"}}
"""Arguments that a face takes in another form: where nothing is async, what decides is a plain function."""

OWN = {claif.blocking.Client: {"close"}, claif.aio.Client: {"aclose"}}
"""What a face has beyond `Client`: it can be closed without having been entered by `with`."""


def public(cls: type) -> dict[str, Callable[..., Any]]:
    """Its methods, and those of the classes that it is put together from."""
    found = {name: member for base in reversed(cls.__mro__[:-1]) for name, member in vars(base).items()}
    return {name: member for name, member in found.items() if not name.startswith("_") and callable(member)}


def parameters(function: Callable[..., Any]) -> list[tuple[str, str, object, object]]:
    """Names, kinds, defaults and annotations as they are written."""
    return [
        (one.name, one.kind.name, one.default, one.annotation)
        for one in inspect.signature(function).parameters.values()
    ]


def result(function: Callable[..., Any]) -> str:
    """The annotation of what is returned, without the differences between async and not, and of a block's making."""
    written = str(inspect.signature(function).return_annotation).replace("Async", "")
    return written.replace("AbstractContextManager[", "Iterator[")


def summary(item: object) -> str:
    return (inspect.getdoc(item) or "").split("\n")[0]


OFFERED = sorted(set(public(claif.Client)) - set(NOT_OFFERED))


def test_what_is_not_offered_exists() -> None:
    assert set(NOT_OFFERED) <= set(public(claif.Client))


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.__module__)
def test_a_face_has_the_methods_of_the_client_and_its_own(face: type) -> None:
    assert set(public(face)) == set(OFFERED) | OWN[face]


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.__module__)
def test_a_face_is_constructed_like_the_client(face: type) -> None:
    ours, core = parameters(face.__init__), parameters(claif.Client.__init__)
    assert [one[:3] for one in ours] == [one[:3] for one in core]
    assert {one[0] for one, other in zip(ours, core, strict=True) if one != other} == TAKEN_OTHERWISE.get(face, set())


@pytest.mark.parametrize("name", OFFERED)
@pytest.mark.parametrize("face", FACES, ids=lambda face: face.__module__)
def test_a_method_takes_gives_and_means_the_same(face: type, name: str) -> None:
    ours, core = getattr(face, name), getattr(claif.Client, name)
    assert parameters(ours) == parameters(core)
    assert result(ours) == result(core)
    assert summary(ours) == summary(core)
    assert ours.__doc__ == core.__doc__


@pytest.mark.parametrize("name", OFFERED)
def test_what_crosses_to_the_other_thread_is_awaited_under_asyncio_only(name: str) -> None:
    def asynchronous(cls: type) -> bool:
        function = inspect.unwrap(getattr(cls, name))
        return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)

    assert asynchronous(claif.aio.Client)
    assert not asynchronous(claif.blocking.Client)


@pytest.mark.parametrize(("stream", "core", "has"), STREAMS)
def test_a_stream_has_the_events_and_the_reply(stream: type, core: type, has: set[str]) -> None:
    assert summary(stream) == summary(core)
    assert {name for name in vars(stream) if not name.startswith("_")} == has
    assert hasattr(stream, "__iter__") != hasattr(stream, "__aiter__")


def test_the_one_line_form_is_asked_like_a_client() -> None:
    core = claif.Client.query
    assert parameters(query) == parameters(core)[1:]
    assert result(query) == result(core)
    assert summary(query).startswith(summary(core).rstrip("."))


def test_the_package_exports_the_faces() -> None:
    assert claif.query is claif.blocking.query
    assert {"aio", "blocking", "query"} <= set(claif.__all__) & set(dir(claif))
