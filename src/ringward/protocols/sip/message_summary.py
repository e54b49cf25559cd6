"""Message summaries: what a phone lights its message lamp by (RFC 3842)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ringward.protocols.sip.errors import MalformedMessage

PACKAGE = "message-summary"
"""The event package."""
CONTENT_TYPE = "application/simple-message-summary"
MAX_SUMMARY = 4_096
"""Longest summary that is read; ours have about a hundred characters."""
MOST = 10**6
"""More messages than that are as good as so many."""
_WAITING = re.compile(r"messages-waiting[ \t]*+:[ \t]*+(yes|no)[ \t]*+\Z", re.IGNORECASE | re.ASCII)
_VOICE = re.compile(
    r"voice-message[ \t]*+:[ \t]*+([0-9]{1,9})[ \t]*+/[ \t]*+([0-9]{1,9})(?![0-9])", re.IGNORECASE | re.ASCII
)


@dataclass(frozen=True, slots=True)
class MessageSummary:
    """Whether the lamp is on, and how many voice messages there are."""

    waiting: bool
    new: int = 0
    old: int = 0

    def encode(self, account: str) -> bytes:
        """The body of a NOTIFY; ``account`` is the URI of whoever the messages are for."""
        return (
            f"Messages-Waiting: {'yes' if self.waiting else 'no'}\r\n"
            f"Message-Account: {account}\r\n"
            f"Voice-Message: {min(self.new, MOST)}/{min(self.old, MOST)}\r\n"
        ).encode("utf-8", "surrogateescape")

    @classmethod
    def parse(cls, body: bytes) -> MessageSummary:
        """Read a summary; raises :class:`MalformedMessage`. Other kinds of messages are passed over."""
        if len(body) > MAX_SUMMARY:
            raise MalformedMessage("message summary too long")
        first, *others = body.decode("utf-8", "replace").split("\r\n")
        waiting = _WAITING.match(first)
        if waiting is None:
            raise MalformedMessage("a message summary begins with Messages-Waiting")
        voice = next((found for line in others if (found := _VOICE.match(line))), None)
        counts = (min(int(voice[1]), MOST), min(int(voice[2]), MOST)) if voice is not None else (0, 0)
        return cls(waiting[1].lower() == "yes", *counts)
