"""The client's side of a conversation: one request, one reply."""

from __future__ import annotations

from ringward.protocols.ctl_provider.framing import Framer, frame
from ringward.protocols.ctl_provider.messages import MalformedMessage, Reply, Request, encode, parse_reply


class ClientConversation:
    """Writes requests and reads replies."""

    def __init__(self) -> None:
        self._framer = Framer()
        self._waiting = False

    def ask(self, request: Request) -> bytes:
        """The octets of a request; the reply to the one before must have come."""
        if self._waiting:
            raise RuntimeError("the request before is not answered yet")
        self._waiting = True
        return frame(encode(request))

    def receive(self, data: bytes) -> Reply | None:
        """Take octets; returns the reply once it is whole.

        Raises :class:`MalformedMessage` when the provider says what it should not; the conversation is then over.
        """
        self._framer.feed(data)
        replies = [parse_reply(content) for content in self._framer.frames()]
        if len(replies) > 1 or (replies and not self._waiting) or (data and not self._waiting):
            raise MalformedMessage("the provider says more than it was asked")
        if not replies:
            return None
        self._waiting = False
        return replies[0]
