"""`claif embed`: texts as vectors, for programs and to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .cache_modes import cache_options
from .complete.values import values
from .session import logging_options, session

if TYPE_CHECKING:
    from ..models import Embeddings

EPILOG = """\
\b
Examples:
  claif embed "The cat sleeps." "A kitten naps." --json
  claif embed -f notes.txt --lines --similar "What did we say about money?"
  claif embed -f 'docs/*.md' -p google --dimensions 768 --json > docs.jsonl
  cut -f2 table.tsv | claif embed --lines -p openai --json | jq .vector

\b
What a vector is for:
  A model turns a text into a list of numbers, such that texts of like meaning
  get like numbers. The cosine of the angle between two vectors tells how alike
  two texts are: 1 is the same. Only vectors of one model and one number of
  dimensions can be compared, so keep both with what you store.

\b
Which texts:
  Each TEXT is a text of its own, and so is each file and all of standard
  input; with --lines each line of files and input is one, and blank lines are
  left out. Standard input is read if nothing else is given, or with -f -.
  Equal texts are sent once, many texts in several requests.

\b
Which model:
  -m, or else `embedding_model` of the provider's table, or else the usual one
  of the provider. `claif providers status` has `embeddings` among the
  capabilities of those that can.

\b
Output:
  --json prints a line for each text, in their order:
  {"index": 0, "text": "...", "vector": [...]}; with --similar, most alike
  first, {"index": 3, "text": "...", "similarity": 0.83}.
"""


@click.command(
    epilog=EPILOG,
    short_help="Turn texts into vectors, or rank them by likeness.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.argument("texts", metavar="[TEXT]...", nargs=-1)
@click.option(
    "-p",
    "--provider",
    metavar="NAME",
    shell_complete=values("providers"),
    help="Who makes the vectors: a provider, an alias, or PROVIDER/MODEL.",
)
@click.option(
    "-m", "--model", metavar="NAME", shell_complete=values("models"), help="Which of its models; see `Which model`."
)
@click.option("--dimensions", metavar="N", type=int, help="Numbers of a vector, where the model can give fewer.")
@click.option(
    "-f",
    "--file",
    "patterns",
    metavar="FILE|-",
    multiple=True,
    shell_complete=values("attachments"),
    help="Take texts from a file, from those that match a pattern, or from standard input (-). Repeatable.",
)
@click.option("--lines", is_flag=True, help="Each line of files and standard input is a text.")
@click.option("--similar", metavar="TEXT", help="Rank the texts by how alike they are to this one.")
@click.option("--timeout", metavar="SECONDS", type=float, help="The most time that everything may take.")
@cache_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
@logging_options()
@click.pass_context
def embed(context: click.Context, /, texts: tuple[str, ...], **given: Any) -> None:
    """Turn texts into vectors of numbers, or rank them by likeness to one of them."""
    from .embed_texts import collect
    from .embed_view import show
    from .open_client import open_client
    from .options import check_name, parse_options
    from .work import Progress, run_work

    how = {
        "provider": check_name(given["provider"], "provider"),
        "model": check_name(given["model"], "model"),
        "dimensions": given["dimensions"],
        "cache": given["cache"],
        "timeout": parse_options((), timeout=given["timeout"]).timeout,
    }
    found = collect(texts, given["patterns"], lines=given["lines"])
    similar = given["similar"]
    asked = found if similar is None else [similar, *found]

    async def work(progress: Progress) -> Embeddings:
        async with open_client(session(context), progress=progress) as client:
            return await client.embed(asked, **how)

    show(found, run_work(work), ranked=similar is not None, as_json=given["as_json"])
