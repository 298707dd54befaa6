"""A click group whose commands are loaded when they are invoked, with a default command and the commands of plugins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from .session import session

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


_FLAGS = frozenset({"--debug", "--no-plugins", "--verbose"})
_OWN = frozenset({"--help", "-h", "--version"})


class RootGroup(click.Group):
    """The root of all commands.

    Args:
        commands_table: name -> (`module:attribute`, one line of help) of the built-in commands; they win over plugins'.
        default_command: the command that is meant when none is named.
    """

    def __init__(
        self, *args: Any, commands_table: Mapping[str, tuple[str, str]], default_command: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.commands_table = commands_table
        self.default_command = default_command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command where no command is named, unless there is nothing to ask at all."""
        flags = 0
        verbose = 0
        while flags < len(args) and (args[flags] in _FLAGS or _verbosity(args[flags])):
            verbose += _verbosity(args[flags])
            flags += 1
        rest = args[flags:]
        given = args[:flags]
        session(ctx).set(debug="--debug" in given, no_plugins="--no-plugins" in given, verbose=verbose)
        if rest and (rest[0] in _OWN or self._is_command(ctx, rest[0])):
            return super().parse_args(ctx, args)
        if not rest and not ctx.resilient_parsing:
            from .stdin import is_terminal

            if is_terminal():
                click.echo(self.get_help(ctx))
                ctx.exit()
        if not ctx.resilient_parsing:
            session(ctx).set(implicit="--" not in rest)
        if rest or not ctx.resilient_parsing:
            args = [*args[:flags], self.default_command, *rest]
        return super().parse_args(ctx, args)

    def _is_command(self, ctx: click.Context, name: str) -> bool:
        if name in self.commands_table:
            return True
        # A prompt or an option cannot be a command's name: spare the search among the plugins.
        if name.startswith("-") or any(character.isspace() for character in name):
            return False
        return name in self.plugin_commands(ctx)

    def plugin_commands(self, ctx: click.Context) -> Mapping[str, str]:
        """The commands of plugins that no built-in command hides: name -> distribution."""
        if session(ctx).no_plugins:
            return {}
        found: Mapping[str, str] | None = ctx.find_root().meta.get("claif.plugin_commands")
        if found is None:
            from .plugin_commands import find_commands

            found = find_commands(self.commands_table)
            ctx.find_root().meta["claif.plugin_commands"] = found
        return found

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Built-in commands in the order of the table, then those of plugins."""
        return [*self.commands_table, *self.plugin_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command."""
        if cmd_name in self.commands_table:
            from importlib import import_module

            module, _, attribute = self.commands_table[cmd_name][0].partition(":")
            command: click.Command = getattr(import_module(module), attribute)
            return command
        if cmd_name not in self.plugin_commands(ctx):
            return None
        from .plugin_commands import load_command

        return load_command(cmd_name, session(ctx))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_text) for name, (_, help_text) in self.commands_table.items()])
        if plugins := self.plugin_commands(ctx):
            with formatter.section("Commands of plugins"):
                formatter.write_dl([(name, f"(plugin {distribution})") for name, distribution in plugins.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the names of commands without loading any; else the options of the default command."""
        from click.shell_completion import CompletionItem

        helps = {name: help_text for name, (_, help_text) in self.commands_table.items()}
        helps.update({name: f"(plugin {plugin})" for name, plugin in self.plugin_commands(ctx).items()})
        found = [CompletionItem(name, help=text) for name, text in helps.items() if name.startswith(incomplete)]
        found += click.Command.shell_complete(self, ctx, incomplete)
        default = self.get_command(ctx, self.default_command) if incomplete.startswith("-") else None
        if default is not None:
            known = {item.value for item in found}
            inner = click.Context(default, parent=ctx, info_name=self.default_command, resilient_parsing=True)
            found += [item for item in default.shell_complete(inner, incomplete) if item.value not in known]
        return found


def _verbosity(argument: str) -> int:
    """How often `-v` is said: `-v`, `-vv`, …, `--verbose`."""
    if argument == "--verbose":
        return 1
    return len(argument) - 1 if argument.startswith("-v") and set(argument[1:]) == {"v"} else 0
