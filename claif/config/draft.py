"""A private copy of the user's file, which an editor may change before it takes the file's place."""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from attrs import frozen

from ..errors import ConfigurationError, InvalidConfigError
from .edit import Check, replace_text
from .files import make_private_folder, read_text, refuse_link, write_private

TEMPLATE = """\
# Claif's configuration. Remove the # in front of what you want to set;
# `claif config show` tells all settings that have a value, and `claif providers list` who can be asked.

# [general]
# default_provider = "openai"
# timeout = 600  # seconds for a whole query

# [providers.openai]
# api_key = "${OPENAI_API_KEY}"
# model = "gpt-5-mini"
"""


@frozen
class Draft:
    """A copy that only its owner can read, in a folder of its own, where editors may also put their backups.

    Args:
        file: the user's file.
        path: the copy.
        old: the text that the file had when it was copied; `None` if there was no file.
    """

    file: Path
    path: Path
    old: str | None

    @classmethod
    def of(cls, file: Path) -> Draft:
        """Copy a file; if there is none, the copy explains what can be written.

        Raises:
            InvalidConfigError: the file cannot be read, or is not safe to be used.
            ConfigurationError: it could not be replaced, or no copy can be made.
        """
        refuse_link(file)
        found = read_text(file, private=True)
        make_private_folder(file.parent)
        old = None if found is None else found.text
        folder: str | None = None
        try:
            folder = mkdtemp(prefix=".edit-", dir=file.parent)
            draft = cls(file, Path(folder) / file.name, old)
            write_private(draft.path, draft.beginning)
        except (OSError, ConfigurationError) as error:
            if folder:
                rmtree(folder, ignore_errors=True)
            why = error.strerror if isinstance(error, OSError) else error
            raise ConfigurationError(
                f"No copy of {file} can be made ({why}).",
                hint="Check the permissions and the space left, or set CLAIF_HOME.",
            ) from None
        return draft

    @property
    def beginning(self) -> str:
        """The text that the editor is given."""
        return TEMPLATE if self.old is None else self.old

    def text(self) -> str:
        """The text of the copy.

        Raises:
            InvalidConfigError: it is gone, too large, or no text.
        """
        found = read_text(self.path)
        if found is None:
            raise InvalidConfigError(f"The copy {self.path} is gone.", hint="Nothing was written.")
        return found.text

    @property
    def changed(self) -> bool:
        """Whether there is anything in the copy that was not there before."""
        try:
            return self.text() != self.beginning
        except InvalidConfigError:
            return self.path.exists()

    def commit(self, check: Check) -> str:
        """Put the copy in the file's place, after it was checked; its text.

        Args:
            check: what else must be right.

        Raises:
            InvalidConfigError: the file would have a problem that it does not have now.
            ConfigurationError: the file was changed meanwhile, or cannot be written.
        """
        new = self.text()
        replace_text(self.file, self.old, new, check)
        return new

    def discard(self) -> None:
        """Remove the copy, and what the editor left beside it."""
        rmtree(self.path.parent, ignore_errors=True)
