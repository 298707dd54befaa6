"""Answers a shell: what can stand where the cursor is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar

from click.shell_completion import ShellComplete, add_completion_class, shell_complete, split_arg_string
from click.shell_completion import ZshComplete as ClickZshComplete

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

VARIABLE = "_CLAIF_COMPLETE"
"""The environment variable in which a shell's script tells what it wants."""

_BASH = """\
%(complete_func)s() {
    local type value
    COMPREPLY=()
    while IFS=, read -r type value; do
        case $type in
            dir) compopt -o dirnames 2>/dev/null ;;
            file) compopt -o default 2>/dev/null ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <(COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORD="${COMP_WORDS[COMP_CWORD]}" \\
        %(complete_var)s=bash_complete "${1/#\\~/$HOME}" 2>/dev/null)
    case ${COMPREPLY[0]} in
        *=) compopt -o nospace 2>/dev/null ;;
    esac
}
complete -o nosort -F %(complete_func)s %(prog_name)s 2>/dev/null || complete -F %(complete_func)s %(prog_name)s
"""

_ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local -a response plain open described
    local kind value help
    response=("${(@f)$(COMP_WORDS="${words[1,CURRENT]}" COMP_CWORD=$((CURRENT - 1)) \\
        %(complete_var)s=zsh_complete ${~words[1]} 2>/dev/null)}")
    [[ $PREFIX == --*=* ]] && compset -P '*='
    for kind value help in $response; do
        case $kind:$value:$help in
            dir:*) _files -/ ;;
            file:*) _files ;;
            plain:*=:_) open+=("$value") ;;
            plain:*:_) plain+=("$value") ;;
            plain:*) described+=("$value:$help") ;;
        esac
    done
    (( $#described )) && _describe -V %(prog_name)s described
    (( $#plain )) && compadd -V plain -a plain
    (( $#open )) && compadd -V open -S '' -a open
    return 0
}

if [[ $funcstack[1] == _%(prog_name)s ]]; then
    %(complete_func)s
else
    compdef %(complete_func)s %(prog_name)s
fi
"""


class BashComplete(ShellComplete):
    """Completion for bash that also completes words with colons, as names of models have them.

    bash takes a colon for the end of a word and replaces only what comes after it, so that the part of a value before
    must not be answered again. It reads the line itself instead of bash's words, which these colons have torn apart.
    """

    name: ClassVar[str] = "bash"
    source_template: ClassVar[str] = _BASH

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type] # handed on as they come
        self._before = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the cursor, and the one at it."""
        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)
        incomplete = words.pop() if line and not line[-1].isspace() and words else ""
        words, incomplete = apart(words, incomplete)
        self._before = torn_off(incomplete, os.environ.get("COMP_WORD", ""))
        return words[1:], incomplete

    def format_completion(self, item: CompletionItem) -> str:
        """The line for a value, without what bash leaves as it is."""
        return f"{item.type},{item.value.removeprefix(self._before)}"


class ZshComplete(ClickZshComplete):
    """Completion for zsh, by a script that can be loaded from a folder of functions as well as read by a shell.

    click's own decides which of both it is by how it is called for the first time, and fails the second time.
    """

    source_template: ClassVar[str] = _ZSH

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the cursor, and the one at it."""
        return apart(*super().get_completion_args())


def apart(words: list[str], incomplete: str) -> tuple[list[str], str]:
    """The words before the cursor, and the one at it; of `--option=value` the option belongs to those before.

    click does the same, but only after it has decided on the command: it would take it for an option of the root.
    """
    if incomplete.startswith("--") and "=" in incomplete:
        option, _, incomplete = incomplete.partition("=")
        words = [*words, option]
    return words, incomplete


def register() -> None:
    """Have click use our classes."""
    add_completion_class(BashComplete)
    add_completion_class(ZshComplete)


def torn_off(value: str, word: str) -> str:
    """The part of the value at the cursor that bash does not replace.

    Args:
        value: the value, as far as it was typed.
        word: what bash takes for the word at the cursor.
    """
    if ":" not in value or ":" in word.lstrip(":"):
        return ""
    return value[: value.rindex(":") + 1]


def answer(root: click.Command, instruction: str) -> int:
    """Write the answer for a shell's script to standard output.

    Args:
        root: the root command.
        instruction: what the script wants, such as `bash_complete`.

    Returns:
        The exit code. Nothing is ever written to standard error: it would tear the line that the user is typing.
    """
    register()
    try:
        return shell_complete(root, {}, "claif", VARIABLE, instruction)
    except Exception:
        return 1
