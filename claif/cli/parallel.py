"""Runs `claif parallel`: asks several, shows their answers, and compares them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import trio
from attrs import frozen

from ..client.fanout import names_of
from ..client.outcome import Outcome
from .open_client import open_client
from .render.choose_board import choose_board
from .render.remarks import Remarks
from .render.status import Status
from .report import describe
from .run import run_interruptible

if TYPE_CHECKING:
    from ..client import Client
    from ..models import Query
    from .render.board import Board
    from .session import Session


@frozen
class Comparing:
    """How the user wants to see the answers.

    Args:
        as_json: for a program.
        columns: side by side, where there is room.
        table: a table of figures at the end.
        diff: the first answer, and how each other differs.
        quiet: no notices and no spinner.
    """

    as_json: bool = False
    columns: bool = False
    table: bool = False
    diff: bool = False
    quiet: bool = False


def run_parallel(
    query: Query, names: Sequence[str] | None, view: Comparing, state: Session, notes: Sequence[str] = ()
) -> int:
    """Ask all, show the answers, and tell the exit code: 0 if all have answered, else that of the first failure.

    Args:
        query: the question.
        names: whom to ask; all that are ready and no agents when `None`.
        view: how the answers are shown.
        state: the switches of the command line.
        notes: what the user should know first.

    Raises:
        ClaifError: nobody could be asked.
    """
    return run_interruptible(partial(_ask, query, names, view, state, notes))


async def _ask(query: Query, names: Sequence[str] | None, view: Comparing, state: Session, notes: Sequence[str]) -> int:
    status = Status(quiet=view.quiet)
    remarks = Remarks(quiet=view.quiet)
    remarks.lines(notes)
    async with open_client(state, progress=status.progress, remarks=remarks) as client:
        asked = names_of(names, client.providers)
        board = choose_board(
            asked,
            client.config.general.output,
            remarks,
            status,
            silent=view.as_json or view.diff,
            columns=view.columns,
        )
        client.plugins.on_warning(lambda plugin, message: board.remark(f"{plugin}: {message}"))
        outcomes = await _answers(client, query, asked, board)
    await _compare(outcomes, view, board)
    return next((describe(one.error)["exit_code"] for one in outcomes if one.error is not None), 0)


async def _answers(client: Client, query: Query, names: Sequence[str], board: Board) -> list[Outcome]:
    async with client.stream_all(query, names) as streams, trio.open_nursery() as nursery:
        nursery.start_soon(_tick, board)
        try:
            async for name, item in streams:
                if isinstance(item, Outcome):
                    await board.end(item)
                else:
                    await board.show(name, item)
        except trio.Cancelled:
            board.interrupt()
            raise
        nursery.cancel_scope.cancel()
    assert streams.outcomes is not None  # noqa: S101 - the iteration has ended
    board.close()
    return streams.outcomes


async def _tick(board: Board) -> None:
    while board.interval is not None:
        await trio.sleep(board.interval)
        board.tick()


async def _compare(outcomes: Sequence[Outcome], view: Comparing, board: Board) -> None:
    from .render.comparison import comparison_table, differences, to_data

    if view.as_json:
        from .jsonout import write_line

        write_line(to_data(outcomes, diff=view.diff))
        return
    if view.diff:
        await board.write(differences(outcomes))
    if view.table:
        await board.write(f"{comparison_table(outcomes)}\n")
    sys.stdout.flush()
