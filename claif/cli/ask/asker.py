"""Asks one question at a time; what else would be shown waits until it is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from typing import TYPE_CHECKING

import trio

from ...models import Decision
from ...permission import NOBODY

if TYPE_CHECKING:
    from ...models import Event, PermissionRequest
    from ..render.base import Renderer
    from .answer import Answer
    from .tty import Tty

SETTLE = 0.25
"""Seconds after which a key is an answer of its own, and not the beginning of a word."""


class Asker:
    """Decides what an agent asks to do by asking the person at the terminal."""

    def __init__(self) -> None:
        self.renderer: Renderer | None = None
        """What shows the answer, once it is known."""
        self._turn = trio.Lock()
        self._over: trio.Event | None = None
        self._waiting: list[Callable[[], object]] = []

    @property
    def busy(self) -> bool:
        """Whether a question is open."""
        return self._over is not None

    async def show(self, event: Event) -> None:
        """Show an event of the answer, when no question is open."""
        while self._over is not None:
            await self._over.wait()
        if self.renderer is not None:
            await self.renderer.show(event)

    def when_free(self, act: Callable[[], object]) -> None:
        """Do something when no question is open."""
        if self._over is None:
            act()
        else:
            self._waiting.append(act)

    async def ask(self, request: PermissionRequest) -> Decision:
        """Ask whether it may be done; no, where there is no terminal."""
        async with self._turn:
            self._over = trio.Event()
            try:
                if self.renderer is not None:
                    await self.renderer.pause()
                return await _ask(request)
            finally:
                self._over.set()
                self._over = None
                waiting, self._waiting = self._waiting, []
                for act in waiting:
                    act()


async def _ask(request: PermissionRequest) -> Decision:
    from .tty import terminal

    with terminal() as tty:
        if tty is None:
            return Decision(allowed=False, reason=NOBODY)
        try:
            said = await _put(tty, request)
        except OSError:  # the terminal has gone away meanwhile
            return Decision(allowed=False, reason=NOBODY)
    return Decision(allowed=said != "no", by="user", always=said == "always")


async def _put(tty: Tty, request: PermissionRequest) -> Answer:
    """Show the question, and again its prompt until it is answered."""
    import click

    from ..style import has_color
    from .question import Question

    bar = "│" if (tty.screen.encoding or "").lower().replace("-", "") == "utf8" else "|"
    question = Question(request, tty.columns, click.style if has_color(tty.screen) else _plain, bar)
    await tty.write(_lines(question.lines()))
    while True:
        said = await _answer(tty, question.prompt())
        if said == "more" and question.has_more:
            await tty.write(_lines(question.more()))
        elif said in {"yes", "no"} or (said == "always" and question.can_last):
            return said


async def _answer(tty: Tty, prompt: str) -> Answer:
    """What is typed after the prompt; a word is shown as it grows, and a key as the word that it stands for."""
    from .answer import answer, edited
    from .visible import visible

    await tty.write(prompt)
    typed = shown = ""
    said: Answer | None = None
    while said is None:
        try:
            new = await tty.read(SETTLE if typed else inf)
        except trio.Cancelled:
            tty.write_now("\n")
            raise
        typed += new
        line = edited(typed)
        said = answer(line, complete=not new)
        word = line.partition("\n")[0]
        if word != shown and (shown or len(word) > 1):
            grows = word.startswith(shown)
            await tty.write(visible(word[len(shown) :]) if grows else f"\n{prompt}{visible(word)}")
            shown = word
        if not new and not line:
            typed = ""
    await tty.write("\n" if shown else "?\n" if said == "unknown" else f"{said}\n")
    return said


def _lines(lines: Iterable[str]) -> str:
    return "".join([f"{line}\n" for line in lines])


def _plain(text: str, **_looks: object) -> str:
    return text
