"""Fetching a wheel: from an index, from a folder; and every way in which it fails."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import pytest
import trio
from attrs import evolve

from claif.api import HTTP, DownloadFolder, InstallError, Wheel, WheelFetcher
from claif.downloads import wheels
from claif.downloads.wheels import is_offline
from downloads.loopback import Index, UseSources, holding

DATA = b"a wheel, as far as anybody looks" * 1000
SHA256 = hashlib.sha256(DATA).hexdigest()
WHEEL = Wheel(
    project="tiny-thing",
    version="1.0",
    file="tiny_thing-1.0-py3-none-any.whl",
    size=len(DATA),
    sha256=SHA256,
)


async def read(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()


async def fetch(
    folder: DownloadFolder,
    environ: Mapping[str, str] = {},
    seen: list[tuple[str, int, int | None]] | None = None,
    wheel: Wheel = WHEEL,
    take=read,
) -> bytes:
    steps = seen if seen is not None else []
    folder.open()
    async with HTTP() as http:
        fetcher = WheelFetcher(http, folder, lambda *step: steps.append(step), environ)
        return await fetcher.fetch(wheel, take, name="tiny", what="The thing", label="Getting it", remedy="Buy it.")


def offer(index: Index, data: bytes = DATA) -> None:
    index.offer(WHEEL.project, WHEEL.file, data)


def is_empty(folder: DownloadFolder) -> bool:
    return not list(folder.folder.iterdir())


async def test_it_comes_from_the_index_that_pip_is_configured_to_use(
    index: Index, folder: DownloadFolder, plain_environ: dict[str, str]
) -> None:
    offer(index)
    seen: list[tuple[str, int, int | None]] = []
    assert await fetch(folder, plain_environ | {"PIP_INDEX_URL": f"{index.url}/simple"}, seen) == DATA
    assert index.paths == [f"/simple/{WHEEL.project}/", f"/files/{WHEEL.file}"]
    assert "vnd.pypi.simple.v1+json" in index.asked[0][1]["accept"]
    assert seen[-1] == ("Getting it", len(DATA), len(DATA))
    assert is_empty(folder)


async def test_an_index_may_speak_json_and_keep_its_files_elsewhere(
    index: Index, elsewhere: Index, folder: DownloadFolder, use_sources: UseSources
) -> None:
    files = [{"filename": WHEEL.file, "url": f"{elsewhere.url}/ab/{WHEEL.file}", "hashes": {}}]
    index.json(f"/simple/{WHEEL.project}/", json.dumps({"name": WHEEL.project, "files": files}))
    elsewhere.file(f"/ab/{WHEEL.file}", DATA)
    use_sources(indexes=(index.url.replace("//", "//ada:pw@") + "/simple",))
    assert await fetch(folder) == DATA
    assert "authorization" in index.asked[0][1]
    assert "authorization" not in elsewhere.asked[0][1]


async def test_folders_of_wheels_are_looked_at_before_the_network(
    index: Index, folder: DownloadFolder, use_sources: UseSources, tmp_path: Path
) -> None:
    (tmp_path / WHEEL.file).write_bytes(DATA)
    use_sources(indexes=(f"{index.url}/simple",), links=(str(tmp_path),))
    assert await fetch(folder) == DATA
    assert index.asked == []


async def test_a_file_index_is_read(folder: DownloadFolder, use_sources: UseSources, tmp_path: Path) -> None:
    page = tmp_path / "simple" / WHEEL.project
    page.mkdir(parents=True)
    (page / "index.html").write_text(f'<a href="../../{WHEEL.file}">x</a>')
    (tmp_path / WHEEL.file).write_bytes(DATA)
    use_sources(indexes=(f"file://{tmp_path}/simple",))
    assert await fetch(folder) == DATA


async def test_the_next_place_is_looked_at_when_one_fails_or_has_another_file(
    index: Index, elsewhere: Index, folder: DownloadFolder, use_sources: UseSources, tmp_path: Path
) -> None:
    (tmp_path / WHEEL.file).write_bytes(DATA[:-1])
    offer(index, DATA[:-1] + b"!")
    offer(elsewhere)
    indexes = ("http://127.0.0.1:1/simple", f"{index.url}/simple", f"{elsewhere.url}/simple")
    use_sources(links=(str(tmp_path),), indexes=indexes)
    assert await fetch(folder) == DATA


async def test_the_next_place_is_looked_at_when_the_taker_refuses_the_file(
    index: Index, elsewhere: Index, folder: DownloadFolder, use_sources: UseSources
) -> None:
    offer(index, b"bad")
    offer(elsewhere, b"good")
    use_sources(indexes=(f"{index.url}/simple", f"{elsewhere.url}/simple"))

    async def take(file: BinaryIO) -> bytes:
        if (data := await read(file)) == b"bad":
            raise InstallError("It is bad.")
        return data

    assert await fetch(folder, wheel=evolve(WHEEL, sha256=None), take=take) == b"good"


async def test_a_wrong_fingerprint_is_told_and_nothing_is_kept(
    index: Index, folder: DownloadFolder, use_sources: UseSources
) -> None:
    offer(index, DATA[:-1] + b"!")
    use_sources(indexes=(f"{index.url}/simple",))
    taken: list[BinaryIO] = []

    async def take(file: BinaryIO) -> bytes:
        taken.append(file)
        return b""

    with pytest.raises(
        InstallError, match=f"fingerprint.* and not {WHEEL.sha256[:12]}" if WHEEL.sha256 else ""
    ) as caught:
        await fetch(folder, take=take)
    assert caught.value.hint == "Buy it."
    assert not taken
    assert is_empty(folder)


async def test_without_a_network_the_error_names_every_place_and_the_remedy(
    index: Index, folder: DownloadFolder, use_sources: UseSources
) -> None:
    use_sources(indexes=("http://ada:canary@127.0.0.1:1/simple", f"{index.url}/simple"))
    with pytest.raises(InstallError) as caught:
        await fetch(folder)
    message = caught.value.message
    assert message.startswith("The thing cannot be downloaded: ")
    assert f"http://127.0.0.1:1/simple/{WHEEL.project}/" in message
    assert f"{index.url}/simple/{WHEEL.project}/ does not exist" in message
    assert "canary" not in message
    assert caught.value.hint == "Buy it."


@pytest.mark.parametrize("folders", [0, 2])
async def test_folders_that_lack_the_file_are_named_only_if_nothing_else_can_be_said(
    folders: int, folder: DownloadFolder, use_sources: UseSources, tmp_path: Path
) -> None:
    places = tuple(f"{tmp_path}/{number}" for number in range(folders))
    use_sources(links=places)
    with pytest.raises(InstallError) as caught:
        await fetch(folder)
    lacking = "; ".join(f"{place} has no {WHEEL.file}" for place in places)
    assert caught.value.message.endswith(f"downloaded: {lacking or 'pip looks nowhere'}.")
    use_sources(links=places, indexes=("http://127.0.0.1:1/simple",))
    with pytest.raises(InstallError) as caught:
        await fetch(folder)
    assert str(tmp_path) not in caught.value.message


async def test_offline_nothing_is_asked_but_folders(
    index: Index, folder: DownloadFolder, use_sources: UseSources, tmp_path: Path
) -> None:
    offer(index)
    use_sources(indexes=(f"{index.url}/simple",))
    with pytest.raises(InstallError, match="CLAIF_OFFLINE is set"):
        await fetch(folder, {"CLAIF_OFFLINE": "1"})
    assert index.asked == []
    (tmp_path / WHEEL.file).write_bytes(DATA)
    use_sources(indexes=(f"{index.url}/simple",), links=(str(tmp_path),))
    assert await fetch(folder, {"CLAIF_OFFLINE": "1"}) == DATA
    assert index.asked == []


async def test_offline_a_folder_whose_page_leads_to_the_network_is_not_followed(
    folder: DownloadFolder, use_sources: UseSources, tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_text(f'<a href="https://files.example/{WHEEL.file}">x</a>')
    use_sources(links=(str(tmp_path),))
    with pytest.raises(InstallError, match="CLAIF_OFFLINE is set"):
        await fetch(folder, {"CLAIF_OFFLINE": "1"})


@pytest.mark.parametrize(
    ("value", "offline"), [("1", True), ("yes", True), ("", False), ("0", False), ("No", False), (None, False)]
)
def test_what_counts_as_offline(value: str | None, offline: bool) -> None:
    assert is_offline({} if value is None else {"CLAIF_OFFLINE": value}) is offline


async def test_a_file_without_end_is_given_up(index: Index, folder: DownloadFolder, use_sources: UseSources) -> None:
    offer(index, DATA * 20)
    use_sources(indexes=(f"{index.url}/simple",))
    with pytest.raises(InstallError, match="more than the wheel has"):
        await fetch(folder)
    assert is_empty(folder)


async def test_a_file_whose_size_is_not_known_has_a_limit_too(
    index: Index, folder: DownloadFolder, use_sources: UseSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(index)
    use_sources(indexes=(f"{index.url}/simple",))
    assert await fetch(folder, wheel=evolve(WHEEL, size=None)) == DATA
    monkeypatch.setattr(wheels, "MAX_WHEEL", len(DATA) - 1)
    with pytest.raises(InstallError, match="more than the wheel has"):
        await fetch(folder, wheel=evolve(WHEEL, size=None))


async def test_a_page_without_end_is_given_up(
    index: Index, folder: DownloadFolder, use_sources: UseSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wheels, "MAX_PAGE", 1000)
    index.html(f"/simple/{WHEEL.project}/", "x" * 1001)
    use_sources(indexes=(f"{index.url}/simple",))
    with pytest.raises(InstallError, match="is larger than"):
        await fetch(folder)


async def test_a_pip_that_cannot_be_asked_still_leads_to_the_remedy(
    folder: DownloadFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_environ: object) -> None:
        raise InstallError("no pip", hint="Install pip.")

    monkeypatch.setattr(wheels, "ask_pip", broken)
    with pytest.raises(InstallError) as caught:
        await fetch(folder)
    assert caught.value.hint == "Install pip. Or: Buy it."


async def test_a_cancelled_download_leaves_nothing(
    index: Index, folder: DownloadFolder, use_sources: UseSources
) -> None:
    offer(index)
    use_sources(indexes=(f"{index.url}/simple",))
    with holding(index, "/files/") as (reached, _release):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fetch, folder)
            assert await trio.to_thread.run_sync(reached.wait, 20)
            nursery.cancel_scope.cancel()
    assert is_empty(folder)
