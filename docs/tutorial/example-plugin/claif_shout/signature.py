"""The message processor: signs what was shouted."""

from __future__ import annotations

from claif.api import Message, hookimpl


@hookimpl
def claif_process_message(message: Message) -> Message:
    """Sign a message in capital letters; leave every other one as it is."""
    if not message.text.isupper():
        return message
    return message.replace_text(f"{message.text}\n\n-- shouted by claif-shout")
