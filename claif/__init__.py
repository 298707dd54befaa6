"""Claif: one interface to every LLM you can reach.

Example:
    import claif, trio

    async def main():
        async with claif.Client() as client:
            reply = await client.query("Name three primary colors.")
            print(reply.text)

    trio.run(main)

`claif.aio.Client` is the same under asyncio, `claif.blocking.Client` in code that is not async, and
`claif.query("…")` is all of it in one line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._lazy import lazy_exports
from ._version import __version__

if TYPE_CHECKING:
    from . import aio as aio
    from . import blocking as blocking
    from .blocking import query as query
    from .client import Client as Client
    from .client import Stream as Stream
    from .client.outcome import Outcome as Outcome
    from .errors import ClaifError as ClaifError
    from .models import Decision as Decision
    from .models import FileBlock as FileBlock
    from .models import ImageBlock as ImageBlock
    from .models import Message as Message
    from .models import Options as Options
    from .models import PermissionRequest as PermissionRequest
    from .models import Query as Query
    from .models import Reply as Reply
    from .models import Role as Role
    from .models import TextBlock as TextBlock
    from .models import TextDelta as TextDelta

__all__ = [
    "ClaifError",
    "Client",
    "Decision",
    "FileBlock",
    "ImageBlock",
    "Message",
    "Options",
    "Outcome",
    "PermissionRequest",
    "Query",
    "Reply",
    "Role",
    "Stream",
    "TextBlock",
    "TextDelta",
    "__version__",
    "aio",
    "blocking",
    "query",
]

_MODELS = (
    *("Decision", "FileBlock", "ImageBlock", "Message", "Options", "PermissionRequest", "Query", "Reply", "Role"),
    *("TextBlock", "TextDelta"),
)

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "Client": ".client",
        "Outcome": ".client.outcome",
        "Stream": ".client",
        "ClaifError": ".errors",
        "query": ".blocking",
        **dict.fromkeys(_MODELS, ".models"),
    },
    modules=("aio", "blocking"),
)
