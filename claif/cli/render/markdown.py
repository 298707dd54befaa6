"""Renders one block of Markdown as lines for a terminal, with rich."""

from __future__ import annotations

import re
from io import StringIO

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown
from rich.syntax import Syntax
from rich.theme import Theme

from .blocks import parser, split

_THEME = Theme({"markdown.code": "cyan", "markdown.link_url": "blue underline", "markdown.hr": "dim"})
"""Without backgrounds: they fit either light or dark terminals."""

_SGR = re.compile(r"\x1b\[[0-9;]*m")
_TRAILING_SPACE = re.compile(r"(?<! ) +((?:\x1b\[[0-9;]*m)*)$")


class _Heading(Heading):
    """A heading at the left, without a box."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        text = self.text.copy()
        text.justify = "left"
        yield text


class _CodeBlock(CodeBlock):
    """Code without a background, so that it looks right on light and dark terminals and can be copied."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        code = str(self.text).rstrip()
        yield Syntax(
            code, self.lexer_name, theme="ansi_dark", background_color="default", word_wrap=True, padding=(0, 2)
        )


class _Markdown(Markdown):
    elements = {
        **Markdown.elements,
        "heading_open": _Heading,
        "fence": _CodeBlock,
        "code_block": _CodeBlock,
    }

    def __init__(self, text: str) -> None:
        super().__init__("", hyperlinks=False)
        self.markup = text
        self.parsed = parser().parse(text)


class BlockRenderer:
    """Renders blocks for the terminal that rich finds; NO_COLOR is honoured by rich."""

    def __init__(self) -> None:
        terminal = Console(highlight=False)
        self._colors = terminal.color_system
        self._no_color = terminal.no_color

    split = staticmethod(split)

    def lines(self, block: str, width: int) -> list[str]:
        """The lines of a block, none wider than `width` columns; own SGR sequences are the only control characters."""
        console = Console(
            file=StringIO(),
            force_terminal=True,
            color_system=self._colors,  # type: ignore[arg-type] # rich reads and takes different types here
            no_color=self._no_color,
            width=max(width, 4),
            theme=_THEME,
            legacy_windows=False,
            highlight=False,
            emoji=False,
            markup=False,
        )
        if not block.strip():
            return []
        with console.capture() as captured:
            console.print(_Markdown(block))
        lines = [_TRAILING_SPACE.sub(r"\1", line) for line in captured.get().split("\n")]
        while lines and not plain(lines[-1]).strip():
            lines.pop()
        while lines and not plain(lines[0]).strip():
            lines.pop(0)
        return lines


def plain(line: str) -> str:
    """The line without styles."""
    return _SGR.sub("", line)
