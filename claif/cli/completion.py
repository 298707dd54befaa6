"""`claif completion`: the tab key knows commands, options, providers, models and settings."""

from __future__ import annotations

import click

from .complete.install import SHELLS
from .session import logging_options

EPILOG = """\
\b
Examples:
  claif completion --install          for the shell that you use
  claif completion fish --install
  claif completion zsh > ~/.zfunc/_claif
  claif completion bash --uninstall

\b
Where --install writes:
  bash  ~/.local/share/bash-completion/completions/claif
  zsh   a folder of yours in $fpath, or ~/.local/share/zsh/site-functions
  fish  ~/.config/fish/completions/claif.fish

\b
Names of models are those in your configuration and those that `claif models
list` has shown; the tab key opens no connection.
"""


@click.command(
    epilog=EPILOG,
    short_help="Let the tab key complete commands, options and names.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.argument("shell", metavar="[bash|zsh|fish]", type=click.Choice(SHELLS), required=False)
@click.option("--install", "action", flag_value="install", help="Put the script where the shell looks for it.")
@click.option("--uninstall", "action", flag_value="uninstall", help="Remove it again.")
@logging_options()
def completion(shell: str | None, action: str | None) -> None:
    """Print the script that completes the command line of claif in a shell, or install it.

    Without a name it is for the shell that $SHELL names.
    """
    import os
    from pathlib import Path

    from .complete import install as scripts
    from .render.remarks import Remarks

    shell = shell or scripts.current_shell(os.environ)
    if shell is None:
        raise click.UsageError(f"$SHELL names none of {', '.join(SHELLS)}; say which one is meant.")
    if action is None:
        click.echo(scripts.script(shell), nl=False)
        return
    place = scripts.place(shell, os.environ, Path.home())
    say = Remarks().line
    if action == "uninstall":
        say("Removed." if scripts.uninstall(place.path) else "There was nothing to remove.")
    else:
        new = scripts.install(place.path, scripts.script(shell))
        say(place.advice or ("It works in every shell that you open from now on." if new else "It is up to date."))
    click.echo(place.path)
