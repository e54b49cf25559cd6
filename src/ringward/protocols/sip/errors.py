"""What can be wrong with a message from the wire."""

from __future__ import annotations


class MalformedMessage(ValueError):
    """A message that cannot be understood.

    ``status`` is the response that a request deserves (RFC 3261 section 21.4), if it can be answered at all.
    """

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
