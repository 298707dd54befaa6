"""`claif config edit`: the loop of editing, checking and, if something is wrong, editing again."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from ..config.dotted import join
from ..config.draft import Draft
from ..config.merge import walk
from ..config.toml import parse_toml
from ..errors import ConfigurationError, InvalidConfigError
from .config_check import checked_by_plugins
from .config_file import secret_advice, user_file
from .editor import editor_command, run_editor
from .render.remarks import Remarks
from .report import say_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..config.dotted import Path
    from ..config.edit import Check
    from .session import Session


def edit_config(state: Session) -> None:
    """Let the user edit their file.

    Args:
        state: the switches of the command line.

    Raises:
        ClaifError: nothing was written; what the user had changed is kept, and the hint says where.
    """
    command = editor_command(os.environ)
    draft = Draft.of(user_file())
    remarks = Remarks()
    new: str | None = None
    try:
        new = _edit(draft, command, checked_by_plugins(state))
    except ConfigurationError as error:
        if draft.changed:
            error.hint = f"Nothing was written. Your text is kept in {draft.path}"
        raise
    except KeyboardInterrupt:
        if draft.changed:
            remarks.line(f"Nothing was written. Your text is kept in {draft.path}")
        raise
    finally:
        if new is not None or not draft.changed:
            draft.discard()
    if new is None:
        remarks.line("Nothing was changed.")
        return
    remarks.line(f"{draft.file} was written.")
    remarks.lines(_advice(draft.old or "", new))


def _edit(draft: Draft, command: list[str], check: Check) -> str | None:
    """Edit until all is well; the new text, if there was anything to write."""
    while True:
        run_editor(command, draft.path)
        if not draft.changed:
            return None
        try:
            return draft.commit(check)
        except InvalidConfigError as error:
            if not _again(error):
                raise


def _again(error: InvalidConfigError) -> bool:
    """Whether the user wants to mend it; programs are not asked."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    say_error(error.message, error.hint)
    try:
        return click.confirm("Edit it again?", default=True, err=True)
    except click.Abort:
        return False


def _advice(old: str, new: str) -> Iterator[str]:
    """What to tell somebody who has newly written secrets into the file in clear."""
    before: dict[Path, object] = {}
    with suppress(InvalidConfigError):
        before = dict(walk(parse_toml(old, "The old file")))
    for path, value in walk(parse_toml(new, "The new file")):
        if isinstance(value, str) and before.get(path) != value and (advice := secret_advice(join(path), value)):
            yield advice
