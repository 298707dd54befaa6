"""Runs `claif query -f`: asks once for each file, a few at a time, and keeps what is done."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import trio
from attrs import evolve, frozen

from ...errors import (
    AuthenticationError,
    ClaifError,
    ConfigurationError,
    InstallError,
    ProviderInitError,
    ProviderNotFoundError,
)
from ...models import TextBlock
from ..attach import load_file
from ..inputs import join_prompt
from ..open_client import open_client
from ..render.output import Output
from ..render.remarks import Remarks
from ..render.status import Status
from ..report import describe
from ..run import run_interruptible
from ..sanitize import one_line, sanitize
from ..style import err_style, out_style
from .journal import Journal, question_key

if TYPE_CHECKING:
    from ...client import Client
    from ...client.outcome import Outcome
    from ...models import Query
    from ..session import Session

HOPELESS = (AuthenticationError, ConfigurationError, InstallError, ProviderInitError, ProviderNotFoundError)
"""Failures that every other file would have too: no more are asked."""


@frozen
class Batch:
    """What is done with the answers.

    Args:
        places: the path of the answer for each file.
        out: the folder that the paths are in; the answers are printed when `None`.
        as_json: whole replies instead of texts.
        concurrency: files that are asked about at the same time.
        quiet: no progress bar.
    """

    places: Mapping[str, str]
    out: str | None
    as_json: bool
    concurrency: int
    quiet: bool


def run_batch(query: Query, batch: Batch, state: Session) -> int:
    """Ask for each file, and tell the exit code: 0 if all were answered, else that of the first failure.

    Args:
        query: the question without a file.
        batch: the files, and what is done with the answers.
        state: the switches of the command line.

    Raises:
        ClaifError: nothing could be asked.
    """
    return run_interruptible(partial(_run, query, batch, state))


async def _run(query: Query, batch: Batch, state: Session) -> int:
    status = Status(quiet=batch.quiet)
    remarks = Remarks(quiet=batch.quiet)
    async with open_client(state, progress=status.progress, remarks=remarks) as client:
        work = _Work(query, batch, status, None if batch.out is None else Journal(batch.out))

        def warn(plugin: str, message: str) -> None:
            status.clear()
            remarks.line(f"{plugin}: {message}")

        client.plugins.on_warning(warn)
        try:
            await work.run(client)
        finally:
            status.clear()
            work.tell(remarks)
    return work.exit_code


class _Work:
    """The files, and what became of each."""

    def __init__(self, query: Query, batch: Batch, status: Status, journal: Journal | None) -> None:
        self._query, self._batch, self._status, self._journal = query, batch, status, journal
        self._asked: list[tuple[str, str]] = []
        """The file and the key of each prompt that was taken."""
        self._failures: dict[str, Exception] = {}
        self._untold: list[str] = []
        """The files that failed, of which no line was printed yet."""
        self._passed = self._answered = 0
        self._output = Output(sys.stdout)

    async def run(self, client: Client) -> None:
        """Ask for all."""
        self._progress()
        files = list(self._batch.places)
        if self._journal is not None:
            files = [file for file in files if not await self._was_done(self._journal, file)]
        gathering = client.gather(
            self._queries(files), concurrency=self._batch.concurrency, ordered=self._journal is None
        )
        async with gathering as outcomes:
            async for outcome in outcomes:
                file, key = self._asked[outcome.index]
                await self._print_failures()
                try:
                    await self._take(file, key, outcome)
                except ClaifError as error:  # the folder is full, or gone
                    self._failures[file] = error
                    return
                self._progress()
                if isinstance(outcome.error, HOPELESS):
                    break
        await self._print_failures()

    async def _was_done(self, journal: Journal, file: str) -> bool:
        """Whether the answer for a file is there already; of thousands it takes long to tell, and can be stopped."""
        if not journal.knows(self._batch.places[file]):
            return False

        def look() -> bool:
            try:
                return journal.has(self._batch.places[file], question_key(_with_file(self._query, file)))
            except ClaifError:  # it cannot be read, which is told when it is its turn
                return False

        done = await trio.to_thread.run_sync(look)
        self._passed += done
        self._progress()
        return done

    def _queries(self, files: Iterable[str]) -> Iterator[Query]:
        """The query for each file; one that cannot be read is a failure of its own."""
        for file in files:
            try:
                query = _with_file(self._query, file)
                query.check()
            except ClaifError as error:
                self._failures[file] = error
                self._untold.append(file)
                self._progress()
                continue
            self._asked.append((file, "" if self._journal is None else question_key(query)))
            yield query

    async def _take(self, file: str, key: str, outcome: Outcome) -> None:
        """Write or print an answer, or note why there is none."""
        if outcome.error is not None:
            self._failures[file] = outcome.error
            self._untold.append(file)
            await self._print_failures()
            return
        text = self._text(file, outcome)
        if self._journal is None:
            await self._print(text)
        else:
            await trio.to_thread.run_sync(self._journal.write, self._batch.places[file], key, text)
        self._answered += 1

    async def _print_failures(self) -> None:
        """Print the failures that were not printed yet, for programs."""
        files, self._untold = self._untold, []
        if self._journal is None and self._batch.as_json:
            for file in files:
                await self._print(self._line({"file": file, **describe(self._failures[file])}))

    def _text(self, file: str, outcome: Outcome) -> str:
        reply = outcome.reply
        assert reply is not None  # noqa: S101 - it has no error
        if self._batch.as_json:
            from ...codec import dump

            return self._line({"file": file, "type": "reply", "text": reply.text, **dump(reply)})
        text = sanitize(reply.text).rstrip("\n") + "\n"
        if self._journal is not None:
            return text
        return f"{out_style(f'== {one_line(file, 1000)} ==', bold=True)}\n{text}\n"

    @staticmethod
    def _line(data: dict[str, Any]) -> str:
        from ..jsonout import to_json

        return to_json(data) + "\n"

    async def _print(self, text: str) -> None:
        self._status.clear()
        await self._output.write(text)

    def _progress(self) -> None:
        done = self._passed + self._answered + len(self._failures)
        self._status.count("files", done, len(self._batch.places))

    def tell(self, remarks: Remarks) -> None:
        """Tell what is done, and list the failures."""
        total = len(self._batch.places)
        left = total - self._passed - self._answered - len(self._failures)
        if self._journal is not None:
            passed = f", {self._passed} were answered before" if self._passed else ""
            remarks.line(f"{self._answered} of {total} files answered in {self._batch.out}{passed}.")
        if left:
            goes_on = "; the same command goes on with them" if self._journal is not None else ""
            remarks.line(f"{left} files were not asked about{goes_on}.")
        if self._failures:
            sys.stderr.write(f"{err_style('claif:', fg='red', bold=True)} {len(self._failures)} of {total} failed:\n")
            for file in self._failed():
                message = describe(self._failures[file])["message"]
                sys.stderr.write(f"  {one_line(file, 1000)}: {one_line(str(message))}\n")
            sys.stderr.flush()

    def _failed(self) -> list[str]:
        """The files that failed, in order."""
        return [file for file in self._batch.places if file in self._failures]

    @property
    def exit_code(self) -> int:
        """That of the first failure."""
        return next((int(describe(self._failures[file])["exit_code"]) for file in self._failed()), 0)


def _with_file(query: Query, file: str) -> Query:
    """The query with a file: its text before the prompt, or it as an attachment.

    Raises:
        InvalidQueryError: it cannot be read.
    """
    block = load_file(file)
    *before, last = query.messages
    *attached, prompt = last.content
    if isinstance(block, TextBlock) and isinstance(prompt, TextBlock):
        content = (*attached, TextBlock(join_prompt(block.text, prompt.text)))
    else:
        content = (block, *last.content)
    return evolve(query, messages=(*before, evolve(last, content=content)))
