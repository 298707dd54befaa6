"""The layer that keeps Claif's own keys out of answers: a server that repeats its key, a tool that read the keys file.

Only what is known to be a secret of this process is masked, exactly; text that merely looks like a key may be what the
user asked for. A delta that cannot have the beginning of a secret in it, which is nearly every one, is handed on as it
is and costs one search.
"""

from __future__ import annotations

from ..config.redact import StreamRedactor, matcher, redact, redact_known
from ..models import Event, Notice, UsageReport
from ..pipeline.rewrite import rewriting_events
from ..pipeline.types import Layer, Slot


def _redactor() -> StreamRedactor:
    # Not before the answer comes: by then the provider has found its key.
    return StreamRedactor(matcher())


def _redacted(event: Event) -> Event:
    if isinstance(event, UsageReport):
        return event
    if isinstance(event, Notice):
        event = Notice(event.kind, redact(event.text), event.data)
    return redact_known(event)


def redact_layer() -> Layer:
    """Mask the keys that this process knows wherever they stand in an answer."""
    # A key of which the two halves stand in one thought, with a piece of the answer between them, is a key.
    wrap = rewriting_events(_redactor, _redacted, interrupted_thoughts=True)
    return Layer(slot=Slot.REDACT, wrap=wrap, name="redact", distribution="claif")
