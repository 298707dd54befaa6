"""`timestamp`: says in the metadata of each message when it was complete.

The text stays what the model wrote, so that programs which read it are not surprised, and goes on streaming.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..hookspecs import hookimpl, keeps_text

if TYPE_CHECKING:
    from ..models import Message


@hookimpl
@keeps_text
def claif_process_message(message: Message) -> Message:
    """Add `timestamp`, in ISO 8601 and UTC."""
    return message.with_metadata(timestamp=datetime.now(UTC).isoformat(timespec="seconds"))
